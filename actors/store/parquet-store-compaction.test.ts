import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Row } from '#proto/api.ts'
import { formatTime } from '#proto/time.ts'
import { seededRandom } from '#runtime/random.ts'
import type { ParquetStore } from './parquet-store.ts'
import { metricsOf } from './streams.ts'
import { type PlainLog, randomLog } from './testing/random-logs.ts'
import { searchAll } from './testing/random-searches.ts'
import { inStoreWorld, type SimulatedStoreWorld, STORE_FOLDER } from './testing/store-world.ts'
import { TestLog } from './testing/test-log.ts'

const START_US = Date.UTC(2026, 2, 10) * 1_000
const MINUTE_US = 60_000_000
const NEVER = new AbortController().signal

describe('compaction of a store', () => {
  test('removes deleted rows from the disk, those of a mixed row group one by one', () =>
    inStoreWorld(1, {}, async world => {
      const store = await world.open()
      const feed = new Feed()
      for (let i = 0; i < 4; i++) await feed.append(store, 'p', 50)
      await store.flush()
      assert.equal(store.observe().rows, 200)
      // Half of the one row group that the flush has made.
      await store.expire('p', feed.receivedAtUs - MINUTE_US)
      await feed.append(store, 'p', 50)
      await store.flush()
      assert.equal(store.observe().rows, 150)
      assert.equal((await store.search(searchAll('p'), NEVER)).total, 150)
      await store.expire('p', feed.receivedAtUs + 1)
      await store.flush()
      assert.equal(store.observe().segments, 0)
      await world.sleep(10)
      assert.deepEqual(segmentFiles(world), [])
      await store.close()
    }))

  test('what has no rows of that age leaves no trace of having expired', () =>
    inStoreWorld(1, {}, async world => {
      const store = await world.open()
      const feed = new Feed()
      await feed.append(store, 'p', 10)
      const expireAll = async (): Promise<void> => {
        const before = world.disk.usedBytes()
        for (const id of ['p', 'idle1', 'idle2']) assert.equal(await store.expire(id, START_US), 0)
        assert.equal(world.disk.usedBytes(), before)
      }
      await expireAll()
      await store.flush()
      await expireAll()
      await store.close()
    }))

  test('a project knows what it takes of the disk, and all of them together take all of it', () =>
    inStoreWorld(1, {}, async world => {
      const store = await world.open()
      const feed = new Feed()
      assert.deepEqual(store.sizeOf('p'), { rows: 0, bytes: 0 })
      await feed.append(store, 'p', 300)
      await feed.append(store, 'q', 100)
      await feed.append(store, metricsOf('q'), 50)
      await store.flush()
      const [p, q] = [store.sizeOf('p'), store.sizeOf('q')]
      assert.deepEqual([p.rows, q.rows], [300, 150])
      const { segmentBytes, indexBytes } = store.observe() as Record<string, number>
      // Headers and footers of files belong to nobody.
      const share = (p.bytes + q.bytes) / (Number(segmentBytes) + Number(indexBytes))
      assert.ok(share > 0.5 && share <= 1, String(share))
      assert.ok(p.bytes > q.bytes)
      await store.close()
    }))

  test('removes a dropped project from the disk and leaves the others', () =>
    inStoreWorld(1, {}, async world => {
      const store = await world.open()
      const feed = new Feed()
      await feed.append(store, 'p', 10)
      await feed.append(store, 'q', 300)
      await store.flush()
      await store.drop('p')
      await store.flush()
      assert.deepEqual(Object.keys(store.observe().projects as object), ['q'])
      assert.equal((await store.search(searchAll('q'), NEVER)).total, 300)
      await store.close()
    }))

  test('keeps files for the searches that read them, and removes them after the last', () =>
    inStoreWorld(1, {}, async world => {
      const store = await world.open()
      const feed = new Feed()
      for (let i = 0; i < 3; i++) {
        await feed.append(store, 'p', 400)
        await store.flush()
      }
      await feed.append(store, 'p', 400)
      const flushed = store.flush()
      const searches = Array.from({ length: 12 }, () =>
        store.search(searchAll('p', { limit: 2_000 }), NEVER),
      )
      for (const { total, logs, explain } of await Promise.all(searches)) {
        assert.ok(total === 1_600 && logs.length === 1_600)
        assert.ok(!Object.keys(explain).some(key => key.startsWith('damaged')))
      }
      await flushed
      await world.sleep(10)
      assert.equal(segmentFiles(world).length, 2)
      await store.close()
    }))

  test('does not spread rot: a damaged row group stays where it is and is named', () =>
    inStoreWorld(1, {}, async world => {
      const feed = new Feed()
      let store = await world.open()
      await feed.append(store, 'alone', 40)
      await feed.append(store, 'p', 40)
      await world.sleep(61_000)
      await store.close()
      const [rotten] = segmentFiles(world)
      const bytes = world.disk.contents(rotten as string).slice()
      bytes[200] = (bytes[200] as number) ^ 0x40
      world.disk.put(rotten as string, bytes)
      store = await world.open()
      for (let i = 0; i < 2; i++) {
        await feed.append(store, 'p', 40)
        await store.flush()
      }
      const damaged = store.observe().damaged as { file: string }[]
      assert.ok(damaged.length > 0 && (rotten as string).endsWith(damaged[0]?.file ?? '-'))
      assert.ok(world.disk.exists(rotten as string))
      assert.equal((await store.search(searchAll('p'), NEVER)).total, 120)
      await store.close()
    }))

  test('times in milliseconds and in microseconds stand apart in a flush, together at rest', () =>
    inStoreWorld(1, {}, async world => {
      const store = await world.open()
      const feed = new Feed()
      const times = new Map<string, string[]>()
      const append = async (projectId: string, timesUs: readonly number[]): Promise<void> => {
        await feed.appendAt(store, projectId, timesUs)
        const known = times.get(projectId) ?? []
        times.set(projectId, [...known, ...timesUs.map(timeUs => formatTime(timeUs, 0))])
      }
      const assertTimes = async (): Promise<void> => {
        for (const [projectId, expected] of times) {
          const { logs } = await store.search(searchAll(projectId), NEVER)
          const found = logs.map(json => (JSON.parse(json) as Row).time)
          assert.deepEqual(found, expected.toSorted().reverse())
        }
      }
      await append('p', [START_US + 1_000, START_US + 5_000])
      await append('q', [START_US + 1_001])
      await append('r', [START_US + 3_000])
      await world.sleep(61_000)
      assert.equal(store.observe().segments, 2)
      await assertTimes()
      await append('p', [START_US + 2_345])
      await store.flush()
      assert.equal(store.observe().segments, 1)
      await assertTimes()
      await store.close()
    }))

  test('leaves one file where many were, at rest', () =>
    inStoreWorld(1, {}, async world => {
      const store = await world.open()
      const feed = new Feed()
      for (let i = 0; i < 3; i++) {
        await feed.append(store, `p${i % 2}`, 20)
        await world.sleep(61_000)
      }
      await world.sleep(20_000)
      assert.equal(store.observe().segments, 1)
      assert.equal(store.observe().rows, 60)
      await store.close()
    }))
})

class Feed {
  receivedAtUs = START_US
  readonly #log = new TestLog()
  readonly #random = seededRandom(8)
  #sequence = 0

  async append(store: ParquetStore, projectId: string, count: number): Promise<void> {
    const range = { fromUs: this.receivedAtUs, toUs: this.receivedAtUs + MINUTE_US }
    const logs = Array.from({ length: count }, () => randomLog(this.#random, range))
    await this.#send(store, projectId, logs)
  }

  /** Logs of exactly these times. */
  async appendAt(
    store: ParquetStore,
    projectId: string,
    timesUs: readonly number[],
  ): Promise<void> {
    const range = { fromUs: START_US, toUs: START_US + MINUTE_US }
    const logs = timesUs.map(timeUs => ({ ...randomLog(this.#random, range), timeUs, subNs: 0 }))
    await this.#send(store, projectId, logs)
  }

  async #send(store: ParquetStore, projectId: string, logs: readonly PlainLog[]): Promise<void> {
    this.receivedAtUs += MINUTE_US
    const { receivedAtUs } = this
    const sequence = ++this.#sequence
    const source = { projectId, producer: 1n, epoch: 1, sequence, receivedAtUs }
    await this.#log.append(store, source, logs)
  }
}

function segmentFiles(world: SimulatedStoreWorld): string[] {
  const isSegment = /\/\d{10}\.(parquet|idx)$/
  return world.disk
    .paths()
    .filter(path => path.startsWith(STORE_FOLDER) && isSegment.test(path))
    .sort((a, b) => Number(b.endsWith('.parquet')) - Number(a.endsWith('.parquet')))
}
