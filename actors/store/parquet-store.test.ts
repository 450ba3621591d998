import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Positions } from '#actors/commit-log/positions.ts'
import { logStoreSuite } from './testing/log-store-suite.ts'
import { memoryTests } from './testing/memory-tests.ts'
import { searchAll } from './testing/random-searches.ts'
import { NEVER, PROJECT, type RunInWorld, withRig } from './testing/store-rig.ts'
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
