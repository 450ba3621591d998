/** People's own tokens in SQL. */
import { sql } from 'slonik'
import { z } from 'zod'
import type { ApiToken } from '#proto/people.ts'
import type { ApiTokens, StoredApiToken } from './api-tokens.ts'
import { changing } from './catalog-version.ts'
import { bytea, int8, timeText } from './columns.ts'
import type { Database } from './database.ts'

const tokenRow = z
  .object({
    id: z.string(),
    name: z.string(),
    created_at_us: timeText,
    expires_at_us: timeText.nullable(),
    last_used_at_us: timeText.nullable(),
  })
  .transform(
    (row): ApiToken => ({
      id: row.id,
      name: row.name,
      created_at: row.created_at_us,
      expires_at: row.expires_at_us,
      last_used_at: row.last_used_at_us,
    }),
  )

const storedRow = z
  .object({
    id: z.string(),
    account_id: z.string(),
    name: z.string(),
    secret_sha256: z.instanceof(Uint8Array),
    created_at_us: int8,
    expires_at_us: int8.nullable(),
  })
  .transform(
    (row): StoredApiToken => ({
      id: row.id,
      accountId: row.account_id,
      name: row.name,
      secretSha256: row.secret_sha256,
      createdAtUs: row.created_at_us,
      expiresAtUs: row.expires_at_us,
    }),
  )

export class SqlApiTokens implements ApiTokens {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  list(accountId: string): Promise<readonly ApiToken[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(tokenRow)`
        SELECT id, name, created_at_us, expires_at_us, last_used_at_us FROM api_tokens
        WHERE account_id = ${accountId} ORDER BY created_at_us, id
      `),
    )
  }

  find(id: string): Promise<StoredApiToken | null> {
    return this.#database.repeatable(db =>
      db.maybeOne(sql.type(storedRow)`
        SELECT id, account_id, name, secret_sha256, created_at_us, expires_at_us
        FROM api_tokens WHERE id = ${id}
      `),
    )
  }

  async create(token: StoredApiToken): Promise<void> {
    const { id, accountId, name, secretSha256, createdAtUs, expiresAtUs } = token
    await this.#database.once(db =>
      db.query(sql.unsafe`
        INSERT INTO api_tokens (id, account_id, name, secret_sha256, created_at_us, expires_at_us)
        VALUES (
          ${id}, ${accountId}, ${name}, ${bytea(secretSha256)}, ${createdAtUs}, ${expiresAtUs}
        )
      `),
    )
  }

  end(accountId: string, id: string): Promise<boolean> {
    return changing(this.#database, async change => {
      const { rowCount } = await change.query(sql.unsafe`
        DELETE FROM api_tokens WHERE account_id = ${accountId} AND id = ${id}
      `)
      return rowCount === 1
    })
  }

  async touch(used: ReadonlyMap<string, number>): Promise<void> {
    if (used.size === 0) return
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        UPDATE api_tokens
        SET last_used_at_us = greatest(coalesce(last_used_at_us, 0), used.at_us)
        FROM ${sql.unnest([...used], ['text', 'int8'])} AS used (id, at_us)
        WHERE api_tokens.id = used.id
      `),
    )
  }
}
