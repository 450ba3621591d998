import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { createPool } from 'slonik'
import { CatalogTooNewError, migrate, readMigrations } from './migrate.ts'
import { openEmbeddedCatalog } from './open-catalog.ts'
import { pgliteDriverFactory } from './pglite-driver.ts'
import { catalogSuite } from './testing/catalog-suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'logboy-catalog-'))
after(() => rmSync(folder, { recursive: true, force: true }))

catalogSuite('embedded', () => openEmbeddedCatalog(folder))

test('what was written is there after a restart, and a half-made database is made anew', async () => {
  const own = join(folder, 'own')
  mkdirSync(join(own, 'catalog.new'), { recursive: true })
  const first = await openEmbeddedCatalog(own)
  await first.createProject({
    id: 'restarted1',
    name: 'kept',
    createdAtUs: 1,
    retentionDays: 1,
    timeZone: 'UTC',
  })
  await first.close()
  assert.equal(existsSync(join(own, 'catalog.new')), false)
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
