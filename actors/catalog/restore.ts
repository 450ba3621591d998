/** Puts a backup into a database that holds nothing yet, whole or not at all. */
import { hasTable, inspect } from './inspect.ts'
import { refuseNewer, tablesOf } from './migrate.ts'
import type { Ask } from './session.ts'
import { StatementReader } from './statements.ts'

export class RestoreError extends Error {
  readonly code: 'LOGBOY_CATALOG_NOT_EMPTY' | 'LOGBOY_BACKUP_UNUSABLE'

  constructor(code: RestoreError['code'], message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.code = code
  }
}

/** `pieces` is the text of the backup; where it was made does not matter. */
export async function restore(pieces: AsyncIterable<string>, ask: Ask): Promise<void> {
  const empty = await isEmpty(ask)
  if (!empty) {
    throw new RestoreError(
      'LOGBOY_CATALOG_NOT_EMPTY',
      'the catalog holds something already; `logboy db reset` empties it',
    )
  }
  await ask('BEGIN')
  try {
    await dropTables(ask)
    const reader = new StatementReader()
    for await (const piece of pieces) await runAll(reader.push(piece), ask)
    await runAll(reader.end(), ask)
    await refuseForeign(ask)
    await ask('COMMIT')
  } catch (error) {
    await ask('ROLLBACK')
    throw error
  }
}

/** Everything of the catalog, and nothing else that may live in the database. */
export async function dropTables(ask: Ask): Promise<void> {
  await ask(`DROP TABLE IF EXISTS ${['applied_migrations', ...tablesOf()].join(', ')}`)
}

/** What migrations fill. */
const COUNTERS = ['catalog_version', 'alert_numbers']

/** No tables, or none that anybody has written into. */
async function isEmpty(ask: Ask): Promise<boolean> {
  for (const table of tablesOf().filter(name => !COUNTERS.includes(name))) {
    if (!(await hasTable(table, ask))) continue
    const { rows } = await ask(`SELECT 1 FROM ${table} LIMIT 1`)
    if (rows.length > 0) return false
  }
  return true
}

/** The transaction is ours: that of the file would end it too early. */
const OWN_TRANSACTION = /^(BEGIN|START TRANSACTION|COMMIT|END)\b/i

async function runAll(statements: readonly string[], ask: Ask): Promise<void> {
  for (const statement of statements) {
    if (OWN_TRANSACTION.test(statement)) continue
    try {
      await ask(statement)
    } catch (error) {
      const where = statement.slice(0, 60).replace(/\s+/g, ' ')
      const message = `the backup cannot be used, nothing was changed: ${(error as Error).message} (in ${where} …)`
      throw new RestoreError('LOGBOY_BACKUP_UNUSABLE', message, { cause: error })
    }
  }
}

async function refuseForeign(ask: Ask): Promise<void> {
  const { applied } = await inspect(ask)
  if (applied.length === 0) {
    throw new RestoreError(
      'LOGBOY_BACKUP_UNUSABLE',
      'this is no backup of a catalog; nothing was changed',
    )
  }
  refuseNewer(applied)
}
