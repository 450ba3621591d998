import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { inLanes } from '#actors/store/lanes.ts'
import { oddLog } from '#actors/store/testing/odd-logs.ts'
import { randomStages } from '#actors/store/testing/random-analyses.ts'
import type { PlainLog } from '#actors/store/testing/random-logs.ts'
import { randomQuery } from '#actors/store/testing/random-queries.ts'
import { analysisOf, searchAll } from '#actors/store/testing/random-searches.ts'
import {
  compareTables,
  idsOf,
  NEVER,
  PROJECT,
  Rig,
  START_US,
  type StoreWorld,
} from '#actors/store/testing/store-rig.ts'
import { inStoreWorld } from '#actors/store/testing/store-world.ts'
import type { Search } from '#proto/query/analysis.ts'
import { printSearch } from '#proto/query/print-stages.ts'
import { parseSearch } from '#proto/query.ts'
import { seededRandom } from '#runtime/random.ts'
import { ATTRIBUTES } from './field-names.ts'
import { indexNames } from './index-names.ts'
import { QUANTILE_LIMITS, type QuantileLimits } from './quantiles-asked.ts'
import type { Storage } from './storage.ts'
import { inElasticWorld, openTestPool } from './testing/elastic-world.ts'
import { makeOlderIndices } from './testing/older-template.ts'

const address = process.env['ELASTICSEARCH_URL']
/** Pairs of logs and a query: a few hundred here, 100,000 before a release. */
const PAIRS = Number(process.env['LOGBOY_PAIRS'] ?? 400)
const FIRST_SEED = Number(process.env['LOGBOY_FIRST_SEED'] ?? 1)
/** An index takes seconds to make and to delete, a query a few milliseconds. */
const QUERIES_OF_ONE_SEED = Number(process.env['LOGBOY_PAIRS_OF_ONE_SEED'] ?? 200)
const LOGS = 100
const QUERIES_AT_ONCE = 6
const LOG_RANGE = { fromUs: START_US - 1_800_000_000, toUs: START_US + 1_800_000_000 }
const STORAGES: readonly Storage[] = [
  { mode: 'logsdb', source: 'synthetic' },
  { mode: 'standard', source: 'stored' },
]
/** So few that all ways to a quantile are taken: windows, cells, all numbers, the script. */
const FEW_NUMBERS: readonly QuantileLimits[] = [
  { ...QUANTILE_LIMITS, sampleRows: 10, cellsMax: 4 },
  { ...QUANTILE_LIMITS, windowSampleRows: 20, windowGroupsMax: 4 },
  QUANTILE_LIMITS,
  { ...QUANTILE_LIMITS, sampleRows: 30, cellsMax: 3, readRowsMax: 10 },
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
      test(`seed ${seed}, Parquet`, () =>
        inStoreWorld(seed, {}, world => ask(world, seed, 'Parquet')))
      test(`seed ${seed}, Elasticsearch`, () =>
        inElasticWorld(address, pool, world => ask(world, seed, 'Elasticsearch'), {
          storage,
          quantileLimits: FEW_NUMBERS[round % FEW_NUMBERS.length] as QuantileLimits,
        }))
    }

    test('an index of an older version, Elasticsearch', () =>
      inElasticWorld(address, pool, async world => {
        const { server, name, storage } = world
        const names = indexNames(name)
        const end = await makeOlderIndices(server, names, storage)
        try {
          await ask(world, FIRST_SEED, 'an index of an older version')
          // Keys that are first seen after an update get fields all the same.
          const path = `/${names.patterns.join(',')}/_mapping/field/${ATTRIBUTES}.*`
          const fields = await server.json<unknown>({ method: 'GET', path })
          assert.match(JSON.stringify(fields), /"type":"keyword"/)
        } finally {
          await end()
        }
      }))
  })
}

/** The same seed makes the same logs and queries; some rows are in a segment, some are not. */
async function ask(world: StoreWorld, seed: number, name: string): Promise<void> {
  const rig = await Rig.open(world, seededRandom(seed))
  const random = seededRandom(seed)
  for (const part of [0, 1]) {
    const logs: PlainLog[] = Array.from({ length: LOGS / 2 }, () => oddLog(random, LOG_RANGE))
    await rig.appendLogs(PROJECT, logs)
    if (part === 0) await rig.store.flush()
  }
  await rig.covered()
  const questions = Array.from({ length: QUERIES_OF_ONE_SEED }, (_, i): Search => {
    const query = randomQuery(random, LOG_RANGE)
    return { query, stages: i % 3 === 0 ? randomStages(random) : [] }
  })
  await inLanes(questions, QUERIES_AT_ONCE, search => compare(rig, search, name))
  await rig.close()
}

async function compare(rig: Rig, search: Search, name: string): Promise<void> {
  const text = printSearch(search)
  assert.deepEqual(parseSearch(text), { type: 'search', search }, text)
  const { query, stages } = search
  const input = searchAll(PROJECT, { query, limit: 1_000, include: new Set(['logs']) })
  if (stages.length > 0) {
    const analysis = analysisOf(input, stages)
    const found = await rig.store.analyse(analysis, NEVER)
    compareTables(found, rig.reference.analyse(analysis), `${name}, ${text}`)
    return
  }
  const found = idsOf(await rig.store.search(input, NEVER))
  const expected = rig.reference.search(input).rows.map(({ id }) => id)
  assert.deepEqual(found, expected, `${name}, ${text}`)
}
