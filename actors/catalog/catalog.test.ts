import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { createPool } from 'slonik'
import { embeddedFolder, ensureEmptyDatabase, START_PARAMS } from './embedded-folder.ts'
import { CatalogTooNewError, migrate, readMigrations } from './migrate.ts'
import { openEmbeddedCatalog } from './open-catalog.ts'
import { pgliteDriverFactory } from './pglite-driver.ts'
import { catalogSuite } from './testing/catalog-suite.ts'

const PROJECT = { createdAtUs: 1, retentionDays: 1, timeZone: 'UTC' }

const folder = mkdtempSync(join(tmpdir(), 'logboy-catalog-'))
after(() => rmSync(folder, { recursive: true, force: true }))

catalogSuite('embedded', () => openEmbeddedCatalog(folder))

test('what was written is there after a restart, and a half-made database is made anew', async () => {
  const own = join(folder, 'own')
  mkdirSync(join(own, 'catalog.new'), { recursive: true })
  const first = await openEmbeddedCatalog(own)
  await first.createProject({ ...PROJECT, id: 'restarted1', name: 'kept' })
  await first.close()
  assert.equal(existsSync(join(own, 'catalog.new')), false)
  assert.equal(readdirSync(join(embeddedFolder(own), 'base')).length, 1, 'no database of nobody')
  const second = await openEmbeddedCatalog(own)
  assert.equal((await second.projectByName('kept'))?.id, 'restarted1')
  await second.close()
})

test('migrations run once; a catalog of a newer version is refused, unharmed', async () => {
  const database = await PGlite.create()
  const pool = await createPool('postgresql://embedded', {
    driverFactory: pgliteDriverFactory(database),
    maximumPoolSize: 1,
  })
  const [oldest, ...newer] = readMigrations()
  assert.ok(oldest)
  assert.deepEqual(await migrate(pool, [oldest]), ['0001-projects.sql'])
  assert.deepEqual(
    await migrate(pool),
    newer.map(({ name }) => name),
  )
  assert.deepEqual(await migrate(pool), [])
  await assert.rejects(migrate(pool, [oldest]), CatalogTooNewError)
  assert.deepEqual(await migrate(pool), [])
  await pool.end()
  await database.close()
})

test('a folder of the oldest version is brought to this one with what it holds', async () => {
  const own = join(folder, 'older')
  const database = await embeddedDatabase(own)
  const [oldest] = readMigrations()
  assert.ok(oldest)
  await migrate(database.pool, [oldest])
  await database.run(`
    INSERT INTO projects (id, name, created_at_us, retention_days)
    VALUES ('oldproject', 'old', 1, 7)
  `)
  await database.close()
  const catalog = await openEmbeddedCatalog(own)
  const project = await catalog.projectByName('old')
  assert.deepEqual(
    [project?.id, project?.retention_days, project?.time_zone],
    ['oldproject', 7, 'UTC'],
  )
  assert.deepEqual(await catalog.partitions.of('oldproject', 1), [0])
  await catalog.close()
})

test('a folder of a newer version is refused, and nothing in it changes', async () => {
  const own = join(folder, 'newer')
  const first = await openEmbeddedCatalog(own)
  await first.createProject({ ...PROJECT, id: 'newproject', name: 'new' })
  await first.close()
  const newer = await embeddedDatabase(own)
  await newer.run(`INSERT INTO applied_migrations (name) VALUES ('9999-future.sql')`)
  await newer.close()
  await assert.rejects(openEmbeddedCatalog(own), CatalogTooNewError)
  const after = await embeddedDatabase(own)
  await after.run(`DELETE FROM applied_migrations WHERE name = '9999-future.sql'`)
  await after.close()
  const again = await openEmbeddedCatalog(own)
  assert.equal((await again.projectByName('new'))?.id, 'newproject')
  await again.close()
})

/** The database of a data folder as another version would have it: no migration is applied. */
async function embeddedDatabase(dataFolder: string) {
  await ensureEmptyDatabase(embeddedFolder(dataFolder))
  const database = await PGlite.create(embeddedFolder(dataFolder), { startParams: START_PARAMS })
  const pool = await createPool('postgresql://embedded', {
    driverFactory: pgliteDriverFactory(database),
    maximumPoolSize: 1,
  })
  return {
    pool,
    run: (statement: string) => database.query(statement),
    async close() {
      await pool.end()
      await database.close()
    },
  }
}
