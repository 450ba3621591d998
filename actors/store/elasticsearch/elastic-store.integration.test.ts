import { after, describe, test } from 'node:test'
import { logStoreSuite } from '#actors/store/testing/log-store-suite.ts'
import { memoryTests } from '#actors/store/testing/memory-tests.ts'
import type { Storage } from './storage.ts'
import { inElasticWorld, openTestPool } from './testing/elastic-world.ts'

// The address of an Elasticsearch on which the tests make and delete indices of their own.
const address = process.env['ELASTICSEARCH_URL']
const STORAGES: readonly Storage[] = [
  { mode: 'logsdb', source: 'synthetic' },
  { mode: 'standard', source: 'stored' },
]

if (address === undefined) {
  test('store: Elasticsearch', { skip: 'ELASTICSEARCH_URL is not set' }, () => undefined)
} else {
  describe('store: Elasticsearch', () => {
    const pool = openTestPool()
    after(() => pool.close())
    memoryTests(
      'Elasticsearch store',
      queryMemory => (_, body) => inElasticWorld(address, pool, body, { queryMemory }),
    )
    for (const storage of STORAGES) {
      logStoreSuite(`Elasticsearch store, ${storage.mode}, source ${storage.source}`, {
        run: (_, body) => inElasticWorld(address, pool, body, { storage }),
        seeds: 4,
      })
    }
  })
}
