/**
 * Run as a program of its own: makes an embedded database with this version's tables in the folder
 * named by its argument, without one the databases that are copied. PGlite's initdb needs half a
 * gigabyte for a moment, which the server would never give back.
 */
import { PGlite } from '@electric-sql/pglite'
import { createPool } from 'slonik'
import { ensureEmptyDatabase, ensureTemplates, START_PARAMS } from './embedded-folder.ts'
import { migrate } from './migrate.ts'
import { pgliteDriverFactory } from './pglite-driver.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) await ensureTemplates()
else await makeDatabase(folder)

async function makeDatabase(where: string): Promise<void> {
  await ensureEmptyDatabase(where)
  const database = await PGlite.create(where, { startParams: START_PARAMS })
  const driverFactory = pgliteDriverFactory(database)
  const pool = await createPool('postgresql://embedded', { driverFactory, maximumPoolSize: 1 })
  await migrate(pool)
  await pool.end()
  await database.close()
}
