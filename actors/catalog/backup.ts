/**
 * The catalog as plain SQL: the migrations that made its tables, then its rows. psql restores it
 * into an empty database, `logboy db restore` into either kind.
 */
import { hasTable } from './inspect.ts'
import { type Migration, readMigrations, refuseNewer, tablesOf } from './migrate.ts'
import type { Ask } from './session.ts'

const HEAD = `-- The catalog of a Logboy. Into an empty database with
--   logboy db restore FILE   or   psql -v ON_ERROR_STOP=1 -f FILE
BEGIN;
CREATE TABLE applied_migrations (name text PRIMARY KEY);
`
/** Rows in memory at once: one of a checkpoint may have some MB. */
const FETCH_ROWS = 16

/** A consistent picture, in pieces, while others go on changing. */
export async function* backup(ask: Ask): AsyncGenerator<string> {
  await ask('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  try {
    // Values as text must not depend on the session.
    await ask("SET LOCAL TIME ZONE 'UTC'")
    const migrations = await appliedMigrations(ask)
    yield HEAD
    for (const { name, text } of migrations) yield `\n-- ${name}\n${text.trimEnd()}\n`
    yield '\n-- What the migrations put there comes again with the rows.\n'
    const tables = tablesOf(migrations)
    yield tables.map(table => `DELETE FROM ${table};\n`).join('')
    for (const table of ['applied_migrations', ...tables]) yield* rowsOf(table, ask)
    yield '\nCOMMIT;\n'
  } finally {
    await ask('ROLLBACK')
  }
}

/** There is no catalog in this database. */
export class NothingToBackUpError extends Error {
  readonly code = 'LOGBOY_CATALOG_MISSING'
}

async function appliedMigrations(ask: Ask): Promise<Migration[]> {
  if (!(await hasTable('applied_migrations', ask))) {
    throw new NothingToBackUpError('the database holds no catalog; `logboy db init` makes one')
  }
  const { rows } = await ask('SELECT name FROM applied_migrations')
  const applied = rows.map(([name]) => name as string)
  refuseNewer(applied)
  return readMigrations().filter(({ name }) => applied.includes(name))
}

async function* rowsOf(table: string, ask: Ask): AsyncGenerator<string> {
  const columns = await columnsOf(table, ask)
  const names = columns.map(({ name }) => name).join(', ')
  const values = columns.map(({ name }) => `quote_nullable(${name}::text)`).join(", ', ', ")
  // By bytes: the order of words differs between databases.
  const keys = columns.filter(({ isKey }) => isKey).map(({ name }) => `${name}::text COLLATE "C"`)
  await ask(`
    DECLARE backup_rows NO SCROLL CURSOR FOR
    SELECT concat('INSERT INTO ${table} (${names}) VALUES (', ${values}, ');')
    FROM ${table} ORDER BY ${keys.join(', ')}
  `)
  for (let first = true; ; first = false) {
    const { rows } = await ask(`FETCH ${FETCH_ROWS} FROM backup_rows`)
    if (rows.length === 0) break
    yield `${first ? '\n' : ''}${rows.map(([line]) => `${line}\n`).join('')}`
  }
  await ask('CLOSE backup_rows')
}

interface Column {
  readonly name: string
  readonly isKey: boolean
}

async function columnsOf(table: string, ask: Ask): Promise<Column[]> {
  const { rows } = await ask(`
    SELECT quote_ident(attname), (attnum = ANY (indkey))::text FROM pg_attribute
    JOIN pg_index ON indrelid = attrelid AND indisprimary
    WHERE attrelid = '${table}'::regclass AND attnum > 0 AND NOT attisdropped
    ORDER BY attnum
  `)
  return rows.map(([name, isKey]) => ({ name: name as string, isKey: isKey === 'true' }))
}
