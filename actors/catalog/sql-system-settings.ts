/** Settings of the installation in SQL. */
import { sql } from 'slonik'
import { z } from 'zod'
import type { SystemConfig } from '#proto/people.ts'
import { changing } from './catalog-version.ts'
import type { Database } from './database.ts'
import type { SystemSettings } from './system-settings.ts'

const settingRow = z.object({ name: z.string(), value: z.unknown() })

export class SqlSystemSettings implements SystemSettings {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async read(): Promise<Partial<SystemConfig>> {
    const rows = await this.#database.repeatable(db =>
      db.any(sql.type(settingRow)`SELECT name, value FROM system_settings`),
    )
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
  }

  change(change: Partial<SystemConfig>): Promise<void> {
    return changing(this.#database, async db => {
      for (const [name, given] of Object.entries(change)) {
        const value = JSON.stringify(given)
        await db.query(sql.unsafe`
          INSERT INTO system_settings (name, value) VALUES (${name}, ${value}::jsonb)
          ON CONFLICT (name) DO UPDATE SET value = excluded.value
        `)
      }
    })
  }
}
