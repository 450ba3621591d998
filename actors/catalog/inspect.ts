/** What a catalog's database holds, for `logboy db status`. */
import { readMigrations, tablesOf } from './migrate.ts'
import type { Ask } from './session.ts'

export interface CatalogState {
  /** Version of the database system. */
  readonly server: string
  readonly bytes: number
  readonly applied: readonly string[]
  readonly pending: readonly string[]
  /** Applied by a newer version of Logboy. */
  readonly unknown: readonly string[]
  readonly rows: Readonly<Record<string, number>>
}

export async function inspect(ask: Ask): Promise<CatalogState> {
  const known = readMigrations().map(({ name }) => name)
  const applied = (await hasTable('applied_migrations', ask))
    ? (await ask('SELECT name FROM applied_migrations ORDER BY name COLLATE "C"')).rows.map(
        ([name]) => name as string,
      )
    : []
  const rows: Record<string, number> = {}
  for (const table of tablesOf()) {
    if (await hasTable(table, ask)) {
      rows[table] = Number(await one(`SELECT count(*)::text FROM ${table}`, ask))
    }
  }
  return {
    server: await one('SHOW server_version', ask),
    bytes: Number(await one('SELECT pg_database_size(current_database())::text', ask)),
    applied,
    pending: known.filter(name => !applied.includes(name)),
    unknown: applied.filter(name => !known.includes(name)),
    rows,
  }
}

export async function hasTable(name: string, ask: Ask): Promise<boolean> {
  return (await one(`SELECT (to_regclass('${name}') IS NOT NULL)::text`, ask)) === 'true'
}

async function one(statement: string, ask: Ask): Promise<string> {
  const { rows } = await ask(statement)
  return rows[0]?.[0] ?? ''
}
