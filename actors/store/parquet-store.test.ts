import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Positions } from '#actors/commit-log/positions.ts'
import { patternOfText } from '#actors/processing/patterns/pattern-ids.ts'
import { seededRandom } from '#runtime/random.ts'
import { logStoreSuite } from './testing/log-store-suite.ts'
import { memoryTests } from './testing/memory-tests.ts'
import { randomLog } from './testing/random-logs.ts'
import { searchAll } from './testing/random-searches.ts'
import { NEVER, PROJECT, type RunInWorld, START_US, withRig } from './testing/store-rig.ts'
import { inStoreWorld } from './testing/store-world.ts'

// Small flushes, so that segments of all sizes come and go by themselves.
const run: RunInWorld = (seed, body) =>
  inStoreWorld(seed, { flushBytes: 12_000, flushIntervalMs: 30_000 }, body)

logStoreSuite('Parquet store', { run, seeds: 8 })
memoryTests(
  'Parquet store',
  queryMemory => (seed, body) => inStoreWorld(seed, { queryMemory }, body),
)

test('what was received is found at once, before it is published, and held until then', () =>
  withRig(run, async rig => {
    for (let i = 0; i < 5; i++) {
      await rig.append(PROJECT, 10)
      const { positions } = await rig.store.search(searchAll(PROJECT), NEVER)
      assert.equal(positions.at(0), rig.log.end)
      await rig.compare(searchAll(PROJECT, { limit: 1_000 }))
    }
    assert.ok(rig.store.published().equals(Positions.NONE))
    assert.equal(rig.log.held, 5)
    await rig.store.flush()
  }))

test('row groups without a pattern are not read for it, and explain says so', () =>
  withRig(run, async rig => {
    const log = randomLog(seededRandom(5), { fromUs: START_US, toUs: START_US + 1 })
    for (const message of ['cache warmed', 'order placed']) {
      await rig.appendLogs(
        PROJECT,
        Array.from({ length: 100 }, () => ({ ...log, message })),
      )
      await rig.store.flush()
    }
    const ask = async (id: number): Promise<unknown[]> => {
      const terms = [{ type: 'field', field: 'pattern_id', value: String(id) } as const]
      const { total, explain } = await rig.store.search(
        searchAll(PROJECT, { query: { terms } }),
        NEVER,
      )
      return [total, explain['units_read'], explain['rows_read'], explain['units_pruned']]
    }
    const units = (await ask(patternOfText('order placed')))[1]
    assert.deepEqual(await ask(77), [0, 0, 0, units])
  }))

test('searches during a flush and a compaction see every row once', () =>
  withRig(run, async rig => {
    for (let i = 0; i < 5; i++) {
      await rig.append(PROJECT, 20)
      const flushed = rig.store.flush()
      let isOver = false
      const over = flushed.then(() => {
        isOver = true
      })
      let searches = 0
      for (; !isOver; searches++) await rig.compare(searchAll(PROJECT, { limit: 1_000 }))
      assert.ok(searches > 1, `${searches} searches`)
      await over
    }
  }))
