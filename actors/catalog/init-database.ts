/**
 * Run as a program of its own: makes an embedded database with this version's tables in the folder
 * named by its argument, or where the one lies that is copied. PGlite's initdb needs half a gigabyte
 * for a moment, which the server would never give back.
 */
import { PGlite } from '@electric-sql/pglite'
import { createPool } from 'slonik'
import { ensureEmptyDatabase, migratedTemplate, START_PARAMS } from './embedded-folder.ts'
import { migrate } from './migrate.ts'
import { pgliteDriverFactory } from './pglite-driver.ts'

const [folder = migratedTemplate()] = process.argv.slice(2)
await ensureEmptyDatabase(folder)
const database = await PGlite.create(folder, { startParams: START_PARAMS })
const driverFactory = pgliteDriverFactory(database)
const pool = await createPool('postgresql://embedded', { driverFactory, maximumPoolSize: 1 })
await migrate(pool)
await pool.end()
await database.close()
