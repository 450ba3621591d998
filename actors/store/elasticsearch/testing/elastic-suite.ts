/**
 * The suite of every store on Elasticsearch, stored as new installations do. Of the other way, in a
 * file of its own, the histories: only writing and reading back of rows differs.
 */
import { after, describe, test } from 'node:test'
import { historyTests, logStoreSuite } from '#actors/store/testing/log-store-suite.ts'
import { memoryTests } from '#actors/store/testing/memory-tests.ts'
import type { RunInWorld } from '#actors/store/testing/store-rig.ts'
import type { TaskPool } from '#runtime/index.ts'
import type { Storage } from '../storage.ts'
import { inElasticWorld, openTestPool } from './elastic-world.ts'

/** Random histories; each takes seconds of a real server. */
const SEEDS = Number(process.env['LOGBOY_ELASTIC_SEEDS'] ?? 2)

export function elasticSuite(storage: Storage): void {
  inElastic(storage, (name, address, pool) => {
    memoryTests(
      name,
      queryMemory => (_, body) => inElasticWorld(address, pool, body, { queryMemory, storage }),
    )
    const run: RunInWorld = (_, body) => inElasticWorld(address, pool, body, { storage })
    logStoreSuite(name, { run, seeds: SEEDS })
  })
}

export function elasticHistories(storage: Storage): void {
  inElastic(storage, (_, address, pool) => {
    const run: RunInWorld = (_, body) => inElasticWorld(address, pool, body, { storage })
    historyTests({ run, seeds: SEEDS })
  })
}

function inElastic(
  storage: Storage,
  suite: (name: string, address: string, pool: TaskPool) => void,
): void {
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
    suite(name, address, pool)
  })
}
