/** Opens the catalog: embedded in a folder, or a PostgreSQL by its address. */
import { execFile } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import { createPool, type DatabasePool, type Interceptor, SchemaValidationError } from 'slonik'
import { migrate } from './migrate.ts'
import { pgliteDriverFactory } from './pglite-driver.ts'
import { SqlCatalog } from './sql-catalog.ts'

/** PGlite's own, but with syncs, and without 128 MB of buffers for tables of some kilobytes. */
const START_PARAMS = [
  ...PGlite.defaultStartParams.filter(parameter => parameter !== '-F'),
  '-c',
  'shared_buffers=4MB',
]

const INIT = fileURLToPath(new URL('init-database.ts', import.meta.url))

/** The caller holds the data folder's lock: PGlite takes none, and two writers would destroy it. */
export async function openEmbeddedCatalog(dataFolder: string): Promise<SqlCatalog> {
  const folder = join(dataFolder, 'catalog')
  if (!existsSync(folder)) await createDatabase(folder)
  const database = await PGlite.create(folder, { startParams: START_PARAMS })
  const pool = await createPool('postgresql://embedded', {
    driverFactory: pgliteDriverFactory(database),
    maximumPoolSize: 1,
    interceptors: [checkRows],
  })
  return open(pool, () => database.close())
}

export async function openPostgresCatalog(url: string): Promise<SqlCatalog> {
  const pool = await createPool(url, { interceptors: [checkRows] })
  return open(pool, async () => undefined)
}

async function open(pool: DatabasePool, close: () => Promise<void>): Promise<SqlCatalog> {
  try {
    await migrate(pool)
  } catch (error) {
    await pool.end()
    await close()
    throw error
  }
  return new SqlCatalog(pool, close)
}

/** Made aside and renamed, so that a kill in between leaves nothing half-made behind. */
async function createDatabase(folder: string): Promise<void> {
  const temporary = `${folder}.new`
  rmSync(temporary, { recursive: true, force: true })
  await promisify(execFile)(process.execPath, [INIT, temporary])
  renameSync(temporary, folder)
}

/** slonik leaves the checking of rows against their schema to an interceptor. */
const checkRows: Interceptor = {
  name: 'check-rows',
  transformRow({ resultParser }, query, row) {
    if (resultParser === undefined) return row
    const checked = resultParser.safeParse(row)
    if (!checked.success) throw new SchemaValidationError(query, row, checked.error.issues)
    return checked.data
  },
}
