import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { PlainLog } from '#actors/store/testing/random-logs.ts'
import { oddLog } from '#actors/store/testing/odd-logs.ts'
import { randomQuery } from '#actors/store/testing/random-queries.ts'
import { searchAll } from '#actors/store/testing/random-searches.ts'
import { idsOf, PROJECT, Rig, START_US } from '#actors/store/testing/store-rig.ts'
import { inStoreWorld } from '#actors/store/testing/store-world.ts'
import { printQuery } from '#proto/query/print.ts'
import { parseQuery } from '#proto/query.ts'
import { seededRandom } from '#runtime/random.ts'
import type { Storage } from './storage.ts'
import { inElasticWorld, openTestPool } from './testing/elastic-world.ts'

const address = process.env['ELASTICSEARCH_URL']
/** Pairs of logs and a query: a few hundred here, 100,000 before a release. */
const PAIRS = Number(process.env['LOGBOY_PAIRS'] ?? 400)
const FIRST_SEED = Number(process.env['LOGBOY_FIRST_SEED'] ?? 1)
const QUERIES_OF_ONE_SEED = 50
const LOGS = 60
const LOG_RANGE = { fromUs: START_US - 1_800_000_000, toUs: START_US + 1_800_000_000 }
const STORAGES: readonly Storage[] = [
  { mode: 'logsdb', source: 'synthetic' },
  { mode: 'standard', source: 'stored' },
]

if (address === undefined) {
  test('one query, three answers', { skip: 'ELASTICSEARCH_URL is not set' }, () => undefined)
} else {
  describe('one query, three answers: naive, Parquet, Elasticsearch', () => {
    const pool = openTestPool()
    after(() => pool.close())
    for (let round = 0; round * QUERIES_OF_ONE_SEED < PAIRS; round++) {
      const seed = FIRST_SEED + round
      const storage = STORAGES[round % STORAGES.length] as Storage
      test(`seed ${seed}`, () =>
        inStoreWorld(seed, {}, parquet =>
          inElasticWorld(
            address,
            pool,
            async elastic => {
              const rigs = [
                await Rig.open(parquet, seededRandom(seed)),
                await Rig.open(elastic, seededRandom(seed)),
              ] as const
              await ask(rigs, seed)
              for (const rig of rigs) await rig.close()
            },
            { storage },
          ),
        ))
    }
  })
}

/** Some rows of the Parquet store lie in a segment, some do not. */
async function ask(rigs: readonly [Rig, Rig], seed: number): Promise<void> {
  const random = seededRandom(seed)
  for (const part of [0, 1]) {
    const logs: PlainLog[] = Array.from({ length: LOGS / 2 }, () => oddLog(random, LOG_RANGE))
    for (const rig of rigs) {
      await rig.appendLogs(PROJECT, logs)
      if (part === 0) await rig.store.flush()
    }
  }
  for (let i = 0; i < QUERIES_OF_ONE_SEED; i++) {
    const query = randomQuery(random, LOG_RANGE)
    const input = searchAll(PROJECT, { query, limit: 1_000, include: new Set(['logs']) })
    const text = printQuery(query)
    const expected = rigs[0].reference.search(input).rows.map(({ id }) => id)
    for (const [place, rig] of rigs.entries()) {
      const name = place === 0 ? 'Parquet' : 'Elasticsearch'
      assert.deepEqual(idsOf(await rig.search(input)), expected, `${name}, ${text}`)
    }
    assert.equal(parseQuery(text).type, 'query', text)
  }
}
