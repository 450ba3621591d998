/** Sign-ins in SQL. */
import { type CommonQueryMethods, sql } from 'slonik'
import { z } from 'zod'
import { changing } from './catalog-version.ts'
import { int8 } from './columns.ts'
import type { Database } from './database.ts'
import { rotation, type SignIn, type SignIns } from './sign-ins.ts'

const signInRow = z
  .object({
    id: z.string(),
    account_id: z.string(),
    generation: z.number(),
    rotated_at_us: int8,
    created_at_us: int8,
    expires_at_us: int8,
  })
  .transform(
    (row): SignIn => ({
      id: row.id,
      accountId: row.account_id,
      generation: row.generation,
      rotatedAtUs: row.rotated_at_us,
      createdAtUs: row.created_at_us,
      expiresAtUs: row.expires_at_us,
    }),
  )

const SIGN_IN = sql.fragment`
  SELECT id, account_id, generation, rotated_at_us, created_at_us, expires_at_us FROM sign_ins
`

export class SqlSignIns implements SignIns {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async open(signIn: SignIn): Promise<void> {
    const { id, accountId, generation, rotatedAtUs, createdAtUs, expiresAtUs } = signIn
    await this.#database.once(async change => {
      await change.query(sql.unsafe`
        INSERT INTO sign_ins
          (id, account_id, generation, rotated_at_us, created_at_us, expires_at_us)
        VALUES (
          ${id}, ${accountId}, ${generation}, ${rotatedAtUs}, ${createdAtUs}, ${expiresAtUs}
        )
      `)
      await change.query(sql.unsafe`
        UPDATE accounts SET last_sign_in_at_us = ${createdAtUs} WHERE id = ${accountId}
      `)
    })
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`DELETE FROM sign_ins WHERE expires_at_us < ${createdAtUs}`),
    )
  }

  find(id: string): Promise<SignIn | null> {
    return this.#database.repeatable(db =>
      db.maybeOne(sql.type(signInRow)`${SIGN_IN} WHERE id = ${id}`),
    )
  }

  async rotate(id: string, generation: number, nowUs: number): Promise<SignIn | null> {
    const goesOn = await this.#database.once(change => rotate(change, { id, generation, nowUs }))
    // Not within that transaction: it holds the row, for which an `endAll` may wait in its turn.
    if (goesOn === null) await this.end(id)
    return goesOn
  }

  async end(id: string): Promise<void> {
    if ((await this.find(id)) === null) return
    await changing(this.#database, change =>
      change.query(sql.unsafe`DELETE FROM sign_ins WHERE id = ${id}`),
    )
  }

  async endAll(accountId: string): Promise<void> {
    await changing(this.#database, change =>
      change.query(sql.unsafe`DELETE FROM sign_ins WHERE account_id = ${accountId}`),
    )
  }
}

interface Shown {
  readonly id: string
  readonly generation: number
  readonly nowUs: number
}

async function rotate(
  change: CommonQueryMethods,
  { id, generation, nowUs }: Shown,
): Promise<SignIn | null> {
  const found = await change.maybeOne(sql.type(signInRow)`${SIGN_IN} WHERE id = ${id} FOR UPDATE`)
  if (found === null) return null
  switch (rotation(found, generation, nowUs)) {
    case 'repeat':
      return found
    case 'end':
      return null
    case 'rotate':
      await change.query(sql.unsafe`
        UPDATE sign_ins SET generation = ${generation + 1}, rotated_at_us = ${nowUs}
        WHERE id = ${id}
      `)
      return { ...found, generation: generation + 1, rotatedAtUs: nowUs }
  }
}
