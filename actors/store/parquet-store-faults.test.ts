import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Row } from '#proto/api.ts'
import { type Random, seededRandom } from '#runtime/random.ts'
import type { ParquetStore } from './parquet-store.ts'
import type { SearchPlanInput } from './store.ts'
import { randomLog } from './testing/random-logs.ts'
import { randomSearch, searchAll } from './testing/random-searches.ts'
import { ReferenceStore } from './testing/reference-store.ts'
import { inStoreWorld, type SimulatedStoreWorld, STORE_FOLDER } from './testing/store-world.ts'
import { TestLog } from './testing/test-log.ts'

const PROJECT = 'projectaaa'
const START_US = Date.UTC(2026, 2, 10, 23, 30) * 1_000
const HOUR_US = 3_600_000_000
const NEVER = new AbortController().signal

describe('a full disk', () => {
  test('keeps everything searchable, says so, and is published by itself once there is room', () =>
    inStoreWorld(1, {}, async world => {
      const feed = new Feed(1)
      const store = await world.open()
      await feed.append(store)
      await store.flush()
      world.disk.setCapacity(world.disk.usedBytes() + 100)
      await feed.append(store)
      await assert.rejects(store.flush(), { code: 'LOGBOY_STORE_DISK' })
      assert.ok(store.published().at(0) < feed.log.end)
      assert.match(String(store.observe().lastRefusal), /ENOSPC/)
      await feed.compare(store, searchAll(PROJECT))
      await world.sleep(3_000)
      assert.ok(store.published().at(0) < feed.log.end)
      world.disk.setCapacity(1 << 30)
      await world.sleep(1_100)
      assert.equal(store.published().at(0), feed.log.end)
      await feed.compare(store, searchAll(PROJECT))
      await store.close()
    }))

  test('lets a deletion fail that cannot be made durable', () =>
    inStoreWorld(1, {}, async world => {
      const feed = new Feed(1)
      const store = await world.open()
      await feed.append(store)
      await store.flush()
      world.disk.setCapacity(world.disk.usedBytes())
      await assert.rejects(store.expire(PROJECT, START_US * 2), { code: 'LOGBOY_STORE_DISK' })
      await feed.compare(store, searchAll(PROJECT))
      world.disk.setCapacity(1 << 30)
      assert.equal(await store.expire(PROJECT, START_US * 2), feed.reference.drop(PROJECT))
      await feed.compare(store, searchAll(PROJECT))
      await store.close()
    }))

  test('does not let compaction take the room that is reserved', () =>
    inStoreWorld(1, { diskReserveBytes: 1 << 20 }, async world => {
      const feed = new Feed(1)
      const store = await world.open()
      world.disk.setCapacity(1 << 20)
      for (let i = 0; i < 6; i++) {
        await feed.append(store)
        await store.flush()
      }
      assert.equal(store.observe().compactions, 0)
      assert.equal(store.observe().segments, 6)
      world.disk.setCapacity(1 << 30)
      await store.flush()
      assert.equal(store.observe().segments, 1)
      await store.close()
    }))
})

test('the files of a publication that the folder did not take are taken back', () =>
  inStoreWorld(1, {}, async world => {
    const feed = new Feed(1)
    const store = await world.open()
    await feed.append(store)
    const segmentFiles = (): string[] =>
      world.disk.paths().filter(path => /\.(parquet|idx)$/.test(path))
    world.disk.failNext('sync-folder', 'EIO')
    await assert.rejects(store.flush(), { code: 'LOGBOY_STORE_DISK' })
    assert.deepEqual(segmentFiles(), [])
    await store.flush()
    assert.equal(segmentFiles().length, 2)
    await feed.compare(store, searchAll(PROJECT))
    await store.close()
  }))

test('a disk that fails now and then loses nothing and doubles nothing', async () => {
  for (let seed = 1; seed <= 4; seed++) {
    await inStoreWorld(seed, { flushBytes: 3_000 }, async world => {
      const feed = new Feed(seed)
      const random = seededRandom(seed)
      let store = await world.open()
      for (let step = 0; step < 12; step++) {
        world.disk.failWhen(operation => {
          const isWrite = !['open', 'read', 'list', 'remove'].includes(operation)
          return isWrite && random.below(12) === 0 ? 'EIO' : undefined
        })
        await feed.append(store)
        await store.flush().catch(assertDiskError)
        await world.sleep(random.below(3_000))
        world.disk.failWhen(() => undefined)
        await feed.compare(store, searchAll(PROJECT, { limit: 10_000 }))
        if (random.below(6) !== 0) continue
        await world.kill()
        store = await world.open()
        await feed.log.redeliver(store)
      }
      await store.flush()
      assert.equal(store.published().at(0), feed.log.end)
      await feed.compare(store, searchAll(PROJECT, { limit: 10_000 }))
      await store.close()
    })
  }
})

describe('rot', () => {
  test('of any bit or tail of any file is told or repaired: never a wrong answer', () =>
    inStoreWorld(1, {}, async world => {
      const { feed, random } = await filled(world)
      const told = { damaged: 0, repaired: 0 }
      for (let i = 0; i < 50; i++) {
        const path = pick(random, storeFiles(world))
        const before = new Map(storeFiles(world).map(name => [name, world.disk.contents(name)]))
        spoil(world, path, random)
        const store = await world.open()
        for (let n = 0; n < 3; n++) {
          const isTold = await feed.compareUnlessTold(store, randomInput(random))
          if (isTold) told.damaged++
        }
        if ((store.observe().manifestRepaired as number) > 0) told.repaired++
        await store.close()
        for (const name of storeFiles(world)) world.disk.remove(name)
        for (const [name, bytes] of before) world.disk.put(name, bytes)
      }
      assert.ok(told.damaged > 10 && told.repaired > 2, JSON.stringify(told))
    }))

  test('of an index costs nothing but time, and it is made anew', () =>
    inStoreWorld(3, {}, async world => {
      const { feed, random } = await filled(world)
      const index = pick(
        random,
        storeFiles(world).filter(path => path.endsWith('.idx')),
      )
      world.disk.put(index, world.disk.contents(index).subarray(0, 40))
      const store = await world.open()
      const phrase = { type: 'phrase', tokens: ['timeout'], hex: null } as const
      for (const query of [{ terms: [] }, { terms: [phrase] }]) {
        await feed.compare(store, searchAll(PROJECT, { query }))
      }
      assert.equal((store.observe().damaged as unknown[]).length, 1)
      await store.flush()
      assert.deepEqual(store.observe().damaged, [])
      const found = await store.search(searchAll(PROJECT), NEVER)
      assert.equal(
        Object.keys(found.explain).find(key => key.startsWith('damaged')),
        undefined,
      )
      await feed.compare(store, searchAll(PROJECT))
      await store.close()
    }))

  test('of a segment keeps it as it is: what is left of it is found, and it is named', () =>
    inStoreWorld(4, {}, async world => {
      const { feed } = await filled(world)
      const [path] = storeFiles(world).filter(name => name.endsWith('.parquet'))
      const bytes = world.disk.contents(path as string).slice()
      bytes.fill(0, 100, 400)
      world.disk.put(path as string, bytes)
      const store = await world.open()
      assert.ok(await feed.compareUnlessTold(store, searchAll(PROJECT)))
      await store.flush()
      const [damage] = store.observe().damaged as { file: string }[]
      assert.ok((path as string).endsWith(damage?.file ?? '-'))
      assert.ok(world.disk.exists(path as string))
      await store.close()
    }))
})

/** Rows of a store beside the reference. */
class Feed {
  readonly log = new TestLog()
  readonly reference = new ReferenceStore()
  readonly #random: Random
  #sequence = 0

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  async append(store: ParquetStore): Promise<void> {
    const sequence = ++this.#sequence
    const receivedAtUs = START_US + sequence * (HOUR_US / 10)
    const source = { projectId: PROJECT, producer: 3n, epoch: 1, sequence, receivedAtUs }
    const range = { fromUs: receivedAtUs - HOUR_US / 2, toUs: receivedAtUs }
    const logs = Array.from({ length: 40 }, () => randomLog(this.#random, range))
    this.reference.add(source, logs)
    await this.log.append(store, source, logs)
  }

  async compare(store: ParquetStore, input: SearchPlanInput): Promise<void> {
    assert.equal(await this.compareUnlessTold(store, input, true), false)
  }

  /** True if the answer says that something is damaged: then it may lack rows, and no more. */
  async compareUnlessTold(
    store: ParquetStore,
    input: SearchPlanInput,
    isExact = false,
  ): Promise<boolean> {
    const found = await store.search(input, NEVER)
    const expected = this.reference.search(input)
    const rows = found.logs.map(json => JSON.parse(json) as Row)
    const isTold = Object.keys(found.explain).some(key => key.startsWith('damaged rows'))
    if (isTold && !isExact) {
      const all = new Map(expected.rows.map(row => [row.id, row]))
      for (const row of rows) assert.deepEqual(row, all.get(row.id))
      assert.ok((found.total ?? 0) <= expected.total)
      return true
    }
    assert.deepEqual(rows, expected.rows.slice(input.offset, input.offset + input.limit))
    assert.equal(found.total, expected.total)
    assert.deepEqual(found.aggregations.by_level, expected.byLevel)
    return false
  }
}

/** A store with two segments, closed. */
async function filled(world: SimulatedStoreWorld): Promise<{ feed: Feed; random: Random }> {
  const feed = new Feed(2)
  for (let i = 0; i < 2; i++) {
    const store = await world.open()
    await feed.append(store)
    await feed.append(store)
    // Closing before compaction is due leaves both.
    await world.sleep(60_100)
    assert.equal(store.published().at(0), feed.log.end)
    await store.close()
  }
  return { feed, random: seededRandom(5) }
}

function spoil(world: SimulatedStoreWorld, path: string, random: Random): void {
  const bytes = world.disk.contents(path)
  if (random.below(4) > 0) world.disk.flipBit(path)
  else world.disk.put(path, bytes.slice(0, random.below(bytes.length)))
}

function randomInput(random: Random): SearchPlanInput {
  const range = { fromUs: START_US, toUs: START_US + HOUR_US }
  const ranges = { projectIds: [PROJECT], event: range, received: range }
  const all = searchAll(PROJECT).include
  return { ...randomSearch(random, ranges), include: all }
}

function storeFiles(world: SimulatedStoreWorld): string[] {
  return world.disk.paths().filter(path => path.startsWith(STORE_FOLDER))
}

function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[random.below(values.length)] as Value
}

function assertDiskError(error: unknown): void {
  assert.equal((error as { code?: string }).code, 'LOGBOY_STORE_DISK')
}
