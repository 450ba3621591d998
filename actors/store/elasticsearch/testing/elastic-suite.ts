/** The suite of every store on Elasticsearch: a file for each way of storing, side by side. */
import { after, describe, test } from 'node:test'
import { logStoreSuite } from '#actors/store/testing/log-store-suite.ts'
import { memoryTests } from '#actors/store/testing/memory-tests.ts'
import type { Storage } from '../storage.ts'
import { inElasticWorld, openTestPool } from './elastic-world.ts'

/** Random histories; each takes seconds of a real server. */
const SEEDS = Number(process.env['LOGBOY_ELASTIC_SEEDS'] ?? 2)

export function elasticSuite(storage: Storage): void {
  // The address of an Elasticsearch on which the tests make and delete indices of their own.
  const address = process.env['ELASTICSEARCH_URL']
  const name = `store: Elasticsearch, ${storage.mode}, source ${storage.source}`
  if (address === undefined) {
    test(name, { skip: 'ELASTICSEARCH_URL is not set' }, () => undefined)
    return
  }
  describe(name, () => {
    const pool = openTestPool()
    after(() => pool.close())
    memoryTests(
      name,
      queryMemory => (_, body) => inElasticWorld(address, pool, body, { queryMemory, storage }),
    )
    logStoreSuite(name, {
      run: (_, body) => inElasticWorld(address, pool, body, { storage }),
      seeds: SEEDS,
    })
  })
}
