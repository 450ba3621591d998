/** Brings a database to this version's tables: plain SQL files, each applied once, in order. */
import { readdirSync, readFileSync } from 'node:fs'
import { type DatabasePool, sql } from 'slonik'
import { z } from 'zod'
import { statementsOf } from './statements.ts'

export interface Migration {
  readonly name: string
  readonly text: string
}

/** The catalog was written by a newer version, which this one must not touch. */
export class CatalogTooNewError extends Error {
  readonly code = 'LOGBOY_CATALOG_TOO_NEW'
}

const FOLDER = new URL('migrations/', import.meta.url)
/** Two servers starting at once on one PostgreSQL must not both migrate; any constant would do. */
const ADVISORY_LOCK = 7_061_983

export function readMigrations(): Migration[] {
  return readdirSync(FOLDER)
    .filter(name => name.endsWith('.sql'))
    .sort()
    .map(name => ({ name, text: readFileSync(new URL(name, FOLDER), 'utf8') }))
}

/** Answers the names that were applied now. */
export function migrate(pool: DatabasePool, migrations = readMigrations()): Promise<string[]> {
  return pool.transaction(async transaction => {
    await transaction.query(sql.unsafe`SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})`)
    await transaction.query(sql.unsafe`
      CREATE TABLE IF NOT EXISTS applied_migrations (name text PRIMARY KEY)
    `)
    const applied = await transaction.anyFirst(
      sql.type(z.object({ name: z.string() }))`SELECT name FROM applied_migrations`,
    )
    refuseNewer(applied, migrations)
    const due = migrations.filter(({ name }) => !applied.includes(name))
    for (const { name, text } of due) {
      for (const statement of statementsOf(text)) {
        // Text from a file of ours is no template literal, which is all that slonik's tag takes.
        await transaction.query({ ...sql.unsafe`SELECT 1`, sql: statement })
      }
      await transaction.query(sql.unsafe`INSERT INTO applied_migrations (name) VALUES (${name})`)
    }
    return due.map(({ name }) => name)
  })
}

/** Throws CatalogTooNewError if one of the applied migrations is none of ours. */
export function refuseNewer(applied: readonly string[], migrations = readMigrations()): void {
  const unknown = applied.filter(name => migrations.every(migration => migration.name !== name))
  if (unknown.length === 0) return
  throw new CatalogTooNewError(
    `the catalog was written by a newer version of Logboy (${unknown.join(', ')}); nothing was changed`,
  )
}

/** In the order of their making, in which each finds the tables it refers to. */
export function tablesOf(migrations: readonly Migration[] = readMigrations()): string[] {
  return migrations.flatMap(({ text }) =>
    [...text.matchAll(/^CREATE TABLE (?:IF NOT EXISTS )?(\w+)/gm)].map(
      ([, table]) => table as string,
    ),
  )
}
