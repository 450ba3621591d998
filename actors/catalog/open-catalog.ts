/** Opens the catalog: embedded in a folder, or a PostgreSQL by its address. */
import { PGlite } from '@electric-sql/pglite'
import type { DriverFactory } from '@slonik/driver'
import { createPool, type DatabasePool, type Interceptor, SchemaValidationError } from 'slonik'
import { Database } from './database.ts'
import { embeddedFolder, ensureDatabase, START_PARAMS } from './embedded-folder.ts'
import { migrate } from './migrate.ts'
import { pgliteDriverFactory } from './pglite-driver.ts'
import { type PostgresLimits, postgresDriverFactory } from './postgres-driver.ts'
import { SqlCatalog } from './sql-catalog.ts'
import { tellingWhere } from './unreachable.ts'

export interface CatalogOptions {
  /** Holds the embedded one. */
  readonly dataFolder: string
  /** '' = embedded. */
  readonly databaseUrl: string
  readonly databaseConnections: number
}

const LIMITS: PostgresLimits = { applicationName: 'logboy', connectMs: 3_000, answerMs: 10_000 }
/** Another process may be migrating, and a large table may take its time. */
const MIGRATING: PostgresLimits = { ...LIMITS, answerMs: 10 * 60_000 }
const IDLE_MS = 60_000
const END_MS_MAX = 1_000

export function openCatalog(options: CatalogOptions): Promise<SqlCatalog> {
  const { dataFolder, databaseUrl: url, databaseConnections: connections } = options
  if (url === '') return openEmbeddedCatalog(dataFolder)
  return openPostgresCatalog({ url, connections })
}

/** The caller holds the data folder's lock: PGlite takes none, and two writers would destroy it. */
export async function openEmbeddedCatalog(dataFolder: string): Promise<SqlCatalog> {
  const folder = embeddedFolder(dataFolder)
  await ensureDatabase(folder)
  const database = await PGlite.create(folder, { startParams: START_PARAMS })
  const pool = await openPool(pgliteDriverFactory(database), 1)
  try {
    await migrate(pool)
  } catch (error) {
    await pool.end()
    await database.close()
    throw error
  }
  return new SqlCatalog(new Database(pool, 1), () => database.close())
}

export interface PostgresOptions {
  readonly url: string
  readonly connections: number
  readonly limits?: PostgresLimits
}

export async function openPostgresCatalog(options: PostgresOptions): Promise<SqlCatalog> {
  const { url, connections, limits = LIMITS } = options
  const migrating = await openPool(postgresDriverFactory(url, MIGRATING), 1)
  try {
    await tellingWhere(url, () => migrate(migrating))
  } finally {
    await migrating.end()
  }
  const pool = await openPool(postgresDriverFactory(url, limits), connections)
  return new SqlCatalog(new Database(pool, connections), async () => undefined)
}

function openPool(driverFactory: DriverFactory, connections: number): Promise<DatabasePool> {
  // The address is the driver's affair.
  return createPool('postgresql://', {
    driverFactory,
    interceptors: [checkRows],
    maximumPoolSize: connections,
    // Trying again is the affair of Database, which knows what may be.
    connectionRetryLimit: 0,
    gracefulTerminationTimeout: END_MS_MAX,
    idleTimeout: IDLE_MS,
    // Nothing of ours outlives its transaction. A reset would only be a moment more in which a
    // connection can break and turn a change that was made into a failure.
    resetConnection: async () => undefined,
  })
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
