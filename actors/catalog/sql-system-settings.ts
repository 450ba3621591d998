/** Settings of the installation in SQL. */
import { type CommonQueryMethods, sql } from 'slonik'
import { z } from 'zod'
import type { SystemConfig } from '#proto/people.ts'
import { changing } from './catalog-version.ts'
import type { Check } from './check.ts'
import type { Database } from './database.ts'
import type { SystemSettings } from './system-settings.ts'

const settingRow = z.object({ name: z.string(), value: z.unknown() })

export class SqlSystemSettings implements SystemSettings {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async read(): Promise<Partial<SystemConfig>> {
    return await this.#database.repeatable(settingsIn)
  }

  change(change: Partial<SystemConfig>, check?: Check<Partial<SystemConfig>>): Promise<void> {
    return changing(this.#database, async db => {
      check?.(await settingsIn(db))
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

async function settingsIn(db: CommonQueryMethods): Promise<Partial<SystemConfig>> {
  const rows = await db.any(sql.type(settingRow)`SELECT name, value FROM system_settings`)
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}
