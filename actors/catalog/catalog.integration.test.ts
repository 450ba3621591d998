import { test } from 'node:test'
import { createPool, sql } from 'slonik'
import { openPostgresCatalog } from './open-catalog.ts'
import { catalogSuite } from './testing/catalog-suite.ts'

// The address of a PostgreSQL that the test may write to; its own schema is made anew.
const address = process.env['DATABASE_URL']

if (address === undefined) {
  test('catalog: PostgreSQL', { skip: 'DATABASE_URL is not set' }, () => undefined)
} else {
  catalogSuite('PostgreSQL', async () => {
    const pool = await createPool(address)
    await pool.query(sql.unsafe`DROP SCHEMA IF EXISTS public CASCADE`)
    await pool.query(sql.unsafe`CREATE SCHEMA public`)
    await pool.end()
    return openPostgresCatalog(address)
  })
}
