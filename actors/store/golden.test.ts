import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { patternOfText } from '#actors/processing/patterns/pattern-ids.ts'
import type { Row } from '#proto/api.ts'
import { seededRandom } from '#runtime/random.ts'
import type { ParquetStore } from './parquet-store.ts'
import {
  digestOf,
  type GoldenFolder,
  goldenFolders,
  MIXED_PROJECT,
  putGolden,
  searchOf,
  WIDE_PROJECT,
} from './testing/golden.ts'
import { randomLog } from './testing/random-logs.ts'
import { inStoreWorld } from './testing/store-world.ts'
import { TestLog } from './testing/test-log.ts'

/** Data written by an earlier version is read, and lives on beside what this version writes. */

const NEVER = new AbortController().signal

async function assertAnswers(store: ParquetStore, { answers }: GoldenFolder): Promise<void> {
  for (const answer of answers) {
    const context = JSON.stringify(answer.search)
    const found = await store.search(searchOf(answer), NEVER)
    assert.equal(found.total, answer.total, context)
    assert.deepEqual(found.aggregations.by_level, answer.byLevel, context)
    const rows = found.logs.map(json => JSON.parse(json) as Row)
    assert.equal(digestOf(rows), answer.rows, context)
    for (const row of rows) assert.equal(row.pattern_id, String(patternOfText(row.message)))
  }
  const { damaged } = store.observe()
  assert.deepEqual(damaged, [])
}

for (const golden of goldenFolders()) {
  describe(`a store written by version ${golden.name}`, () => {
    test('gives the same answers, again and again', () =>
      inStoreWorld(1, {}, async world => {
        putGolden(golden, world.disk)
        for (let start = 0; start < 2; start++) {
          const store = await world.open()
          await assertAnswers(store, golden)
          await store.close()
        }
      }))

    test('its rows are merged with new ones, and expire', () =>
      inStoreWorld(1, {}, async world => {
        putGolden(golden, world.disk)
        const store = await world.open()
        const log = new TestLog()
        log.startAt(store.published().at(0))
        const range = { fromUs: 1_000_000, toUs: 2_000_000 }
        const random = seededRandom(2)
        const logs = Array.from({ length: 50 }, () => randomLog(random, range))
        const source = { producer: 1n, epoch: 1, sequence: 1, receivedAtUs: 3_000_000 }
        for (const projectId of [MIXED_PROJECT, WIDE_PROJECT]) {
          await log.append(store, { ...source, projectId }, logs)
        }
        await store.flush()
        for (const projectId of [MIXED_PROJECT, WIDE_PROJECT]) {
          assert.equal(await store.expire(projectId, 4_000_000), logs.length)
        }
        await assertAnswers(store, golden)
        await store.close()
      }))
  })
}
