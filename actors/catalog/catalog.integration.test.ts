import { after, test } from 'node:test'
import { openPostgresCatalog } from './open-catalog.ts'
import { catalogSuite } from './testing/catalog-suite.ts'
import { type OwnDatabase, ownDatabase } from './testing/own-database.ts'

const server = process.env['DATABASE_URL']

if (server === undefined) {
  test('catalog: PostgreSQL', { skip: 'DATABASE_URL is not set' }, () => undefined)
} else {
  const opened: OwnDatabase[] = []
  after(() => Promise.all(opened.map(database => database.drop())))
  catalogSuite('PostgreSQL', async () => {
    const database = await ownDatabase(server)
    opened.push(database)
    return openPostgresCatalog({ url: database.url, connections: 4 })
  })
}
