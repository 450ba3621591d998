/** Accounts in SQL. */
import { type CommonQueryMethods, sql } from 'slonik'
import { z } from 'zod'
import type { Account, AccountChange } from '#proto/people.ts'
import type { Accounts, AccountWithPassword, NewAccount, NewPasswordReset } from './accounts.ts'
import { changing } from './catalog-version.ts'
import { bytea, timeText } from './columns.ts'
import type { Database } from './database.ts'

const columns = {
  id: z.string(),
  email: z.string(),
  name: z.string(),
  administrator: z.boolean(),
  created_at_us: timeText,
  last_sign_in_at_us: timeText.nullable(),
  disabled_at_us: timeText.nullable(),
}
const accountRow = z.object(columns).transform(accountOf)
const passwordRow = z
  .object({ ...columns, password_hash: z.string() })
  .transform(({ password_hash: passwordHash, ...row }): AccountWithPassword => {
    return { account: accountOf(row), passwordHash }
  })
const ownerRow = z.object({ account_id: z.string() })

const ACCOUNT = sql.fragment`
  id, email, name, administrator, created_at_us, last_sign_in_at_us, disabled_at_us
`

export class SqlAccounts implements Accounts {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  list(): Promise<readonly Account[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(accountRow)`SELECT ${ACCOUNT} FROM accounts ORDER BY email`),
    )
  }

  find(id: string): Promise<Account | null> {
    return this.#database.repeatable(db =>
      db.maybeOne(sql.type(accountRow)`SELECT ${ACCOUNT} FROM accounts WHERE id = ${id}`),
    )
  }

  byEmail(email: string): Promise<AccountWithPassword | null> {
    return this.#database.repeatable(db =>
      db.maybeOne(sql.type(passwordRow)`
        SELECT ${ACCOUNT}, password_hash FROM accounts WHERE email = ${email}
      `),
    )
  }

  isEmpty(): Promise<boolean> {
    return this.#database.repeatable(isEmpty)
  }

  create(account: NewAccount, onlyFirst = false): Promise<'done' | 'taken' | 'not-first'> {
    const { id, email, name, passwordHash, createdAtUs } = account
    return changing(this.#database, async change => {
      const isFirst = await isEmpty(change)
      if (onlyFirst && !isFirst) return 'not-first'
      const { rowCount } = await change.query(sql.unsafe`
        INSERT INTO accounts (id, email, name, password_hash, administrator, created_at_us)
        VALUES (
          ${id}, ${email}, ${name}, ${passwordHash}, ${isFirst || account.administrator},
          ${createdAtUs}
        )
        ON CONFLICT (email) DO NOTHING
      `)
      return rowCount === 1 ? 'done' : 'taken'
    })
  }

  update(id: string, change: AccountChange, atUs: number): Promise<boolean> {
    const { name = null, administrator = null, disabled = null } = change
    return changing(this.#database, async transaction => {
      const { rowCount } = await transaction.query(sql.unsafe`
        UPDATE accounts SET
          name = coalesce(${name}::text, name),
          administrator = coalesce(${administrator}::boolean, administrator),
          disabled_at_us = CASE ${disabled}::boolean
            WHEN true THEN coalesce(disabled_at_us, ${atUs}::bigint)
            WHEN false THEN NULL
            ELSE disabled_at_us
          END
        WHERE id = ${id}
      `)
      if (disabled === true) await endSignIns(transaction, id)
      return rowCount === 1
    })
  }

  setPassword(id: string, passwordHash: string, kept?: string): Promise<boolean> {
    return changing(this.#database, change => setPassword(change, { id, passwordHash, kept }))
  }

  async rehash(id: string, from: string, to: string): Promise<void> {
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        UPDATE accounts SET password_hash = ${to} WHERE id = ${id} AND password_hash = ${from}
      `),
    )
  }

  async createReset(reset: NewPasswordReset): Promise<void> {
    const { tokenSha256, accountId, createdAtUs, expiresAtUs } = reset
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        INSERT INTO password_resets (token_sha256, account_id, expires_at_us)
        VALUES (${bytea(tokenSha256)}, ${accountId}, ${expiresAtUs})
        ON CONFLICT (token_sha256) DO NOTHING
      `),
    )
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`DELETE FROM password_resets WHERE expires_at_us < ${createdAtUs}`),
    )
  }

  resetOf(tokenSha256: Uint8Array, nowUs: number): Promise<string | null> {
    return this.#database.repeatable(db => resetOf(db, tokenSha256, nowUs))
  }

  async redeemReset(
    tokenSha256: Uint8Array,
    passwordHash: string,
    nowUs: number,
  ): Promise<string | null> {
    // Guesses change nothing, and wait for nobody.
    if ((await this.resetOf(tokenSha256, nowUs)) === null) return null
    return changing(this.#database, async change => {
      const id = await resetOf(change, tokenSha256, nowUs)
      if (id !== null) await setPassword(change, { id, passwordHash })
      return id
    })
  }
}

function resetOf(
  db: CommonQueryMethods,
  tokenSha256: Uint8Array,
  nowUs: number,
): Promise<string | null> {
  return db.maybeOneFirst(sql.type(ownerRow)`
    SELECT account_id FROM password_resets
    WHERE token_sha256 = ${bytea(tokenSha256)} AND expires_at_us > ${nowUs}
  `)
}

async function isEmpty(db: CommonQueryMethods): Promise<boolean> {
  return !(await db.exists(sql.unsafe`SELECT FROM accounts`))
}

interface NewPassword {
  readonly id: string
  readonly passwordHash: string
  readonly kept?: string | undefined
}

async function setPassword(
  change: CommonQueryMethods,
  { id, passwordHash, kept }: NewPassword,
): Promise<boolean> {
  const { rowCount } = await change.query(sql.unsafe`
    UPDATE accounts SET password_hash = ${passwordHash} WHERE id = ${id}
  `)
  await endSignIns(change, id, kept)
  await change.query(sql.unsafe`DELETE FROM password_resets WHERE account_id = ${id}`)
  return rowCount === 1
}

/** Of one account, within a transaction that raises the version; but for one that is `kept`. */
async function endSignIns(change: CommonQueryMethods, id: string, kept = ''): Promise<void> {
  await change.query(sql.unsafe`DELETE FROM sign_ins WHERE account_id = ${id} AND id <> ${kept}`)
}

interface AccountRow {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly administrator: boolean
  readonly created_at_us: string
  readonly last_sign_in_at_us: string | null
  readonly disabled_at_us: string | null
}

function accountOf(row: AccountRow): Account {
  const { created_at_us, last_sign_in_at_us, disabled_at_us, ...rest } = row
  return {
    ...rest,
    created_at: created_at_us,
    last_sign_in_at: last_sign_in_at_us,
    disabled_at: disabled_at_us,
  }
}
