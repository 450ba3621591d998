/** The installation's keys in SQL. */
import { sql } from 'slonik'
import { z } from 'zod'
import { changing } from './catalog-version.ts'
import { bytea, int8 } from './columns.ts'
import type { Database } from './database.ts'
import type { InstallationKeys, SealedKey } from './installation-keys.ts'

const keyRow = z
  .object({ id: z.string(), sealed: z.instanceof(Uint8Array), created_at_us: int8 })
  .transform(({ created_at_us: createdAtUs, ...row }): SealedKey => ({ ...row, createdAtUs }))

export class SqlInstallationKeys implements InstallationKeys {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  ensure(
    missing: (stored: readonly SealedKey[]) => SealedKey | null,
  ): Promise<readonly SealedKey[]> {
    return changing(this.#database, async change => {
      const stored = await change.any(sql.type(keyRow)`
        SELECT id, sealed, created_at_us FROM installation_keys ORDER BY created_at_us, id
      `)
      const made = missing(stored)
      if (made === null) return stored
      await change.query(sql.unsafe`
        INSERT INTO installation_keys (id, sealed, created_at_us)
        VALUES (${made.id}, ${bytea(made.sealed)}, ${made.createdAtUs})
      `)
      return [...stored, made]
    })
  }
}
