import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Random, seededRandom } from '#runtime/random.ts'
import { simulate } from '#runtime/testing/simulation.ts'
import type { ParquetStore } from './parquet-store.ts'
import { randomLog } from './testing/random-logs.ts'
import { searchAll } from './testing/random-searches.ts'
import { ReferenceStore } from './testing/reference-store.ts'
import { SimulatedStoreWorld, STORE_FOLDER } from './testing/store-world.ts'
import { type BatchSource, TestLog } from './testing/test-log.ts'

const PROJECT = 'projectaaa'
const OTHER = 'projectbbb'
const START_US = Date.UTC(2026, 2, 10, 23) * 1_000
const HOUR_US = 3_600_000_000
/** 1 tries every operation: 20 s. Neighbours differ little, and seeds differ anyway. */
const STRIDE = 9
const DELETED = searchAll(PROJECT, { services: ['api'] })
const NEVER = new AbortController().signal

describe('a crash of the machine', () => {
  test('at any operation of publish, compaction, expiry, deletion and drop loses and doubles nothing', async () => {
    let nth = 1
    while (await crashAt(nth)) nth += STRIDE
    assert.ok(nth > 80, `${nth} operations were tried`)
  })

  test('again while it recovers from the one before changes nothing', async () => {
    for (let seed = 0; seed < 6; seed++) await crashAt(30 + seed * 17, { again: 1 + seed })
  })
})

interface CrashOptions {
  /** Crashes a second time, so many operations after the restart. */
  readonly again?: number
}

/** Lives until the disk's `nth` operation, restarts, compares. False = it ended before. */
async function crashAt(nth: number, options: CrashOptions = {}): Promise<boolean> {
  const { result } = await simulate(nth, async sim => {
    const world = new SimulatedStoreWorld(sim, { flushBytes: 3_000 })
    const history = new History(seededRandom(nth))
    world.disk.crashAt(nth)
    const isCrashed = await lives(world, store => history.live(store))
    world.disk.crashAt(Number.MAX_SAFE_INTEGER)
    if (options.again !== undefined) {
      world.disk.crashAt(options.again)
      await lives(world, store => history.log.redeliver(store))
      world.disk.crashAt(Number.MAX_SAFE_INTEGER)
    }
    const store = await world.open()
    await history.log.redeliver(store)
    await history.check(store)
    await store.flush()
    await history.check(store)
    checkFiles(world, store)
    await store.close()
    const [fault] = world.faults
    if (fault !== undefined) throw fault
    return isCrashed
  })
  return result
}

/** Runs `body` on a store until it is done or the machine has crashed: then true. */
async function lives(
  world: SimulatedStoreWorld,
  body: (store: ParquetStore) => Promise<void>,
): Promise<boolean> {
  const run = async (): Promise<false> => {
    const store = await world.open()
    await body(store)
    await store.close()
    return false
  }
  const running = run().catch((error: unknown) => {
    // What still hangs on promises when the power goes may fail in any way.
    if (world.process?.alive !== false) throw error
    return new Promise<never>(() => undefined)
  })
  assert(world.process !== undefined, 'opening boots a process')
  return await Promise.race([running, world.process.ended.then(() => true)])
}

/** What happened to a store, with deletions that may or may not have become durable. */
class History {
  readonly log = new TestLog()
  readonly #random: Random
  readonly #batches: {
    readonly source: BatchSource
    readonly logs: ReturnType<typeof randomLog>[]
  }[] = []
  /** Told to the store; durable for sure once it answered. */
  readonly #expired: number[] = [0]
  #isExpirySure = true
  /** Batches there were at each deletion. */
  readonly #deletions: number[] = []
  #isDeletionSure = true
  #dropped: 'no' | 'maybe' | 'yes' = 'no'
  #sequence = 0

  constructor(random: Random) {
    this.#random = random
  }

  async live(store: ParquetStore): Promise<void> {
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 3; i++) await this.#append(store, i === 2 ? OTHER : PROJECT)
      if (round === 1) await this.#expire(store, START_US + HOUR_US)
      if (round === 1) await this.#append(store, PROJECT)
      if (round !== 0) await this.#delete(store)
      if (round === 2) await this.#drop(store)
      await store.flush()
    }
    await this.#expire(store, START_US + 2 * HOUR_US)
    await store.flush()
  }

  /** All rows are there once; deletions are whole or have not happened. */
  async check(store: ParquetStore): Promise<void> {
    const found = await idsOf(store, PROJECT)
    const states = this.#isExpirySure ? this.#expired.slice(-1) : this.#expired.slice(-2)
    const deletions = [
      this.#deletions,
      ...(this.#isDeletionSure ? [] : [this.#deletions.slice(0, -1)]),
    ]
    const allowed = states.flatMap(limit => deletions.map(each => this.#reference(limit, each)))
    assert.ok(
      allowed.some(ids => JSON.stringify(ids) === JSON.stringify(found)),
      `${found.length} rows, allowed are ${allowed.map(ids => ids.length).join(' or ')}`,
    )
    const others = await idsOf(store, OTHER)
    const all = this.#allOf(OTHER)
    if (this.#dropped === 'yes') assert.equal(others.length, 0)
    else if (this.#dropped === 'no') assert.deepEqual(others, all)
    else assert.ok(others.length === 0 || others.length === all.length)
  }

  async #append(store: ParquetStore, projectId: string): Promise<void> {
    const sequence = ++this.#sequence
    const receivedAtUs = START_US + sequence * (HOUR_US / 4)
    const source = { projectId, producer: 9n, epoch: 1, sequence, receivedAtUs }
    const range = { fromUs: receivedAtUs - HOUR_US, toUs: receivedAtUs }
    const logs = Array.from({ length: 12 }, () => randomLog(this.#random, range))
    this.#batches.push({ source, logs })
    await this.log.append(store, source, logs)
  }

  async #expire(store: ParquetStore, receivedBeforeUs: number): Promise<void> {
    this.#expired.push(receivedBeforeUs)
    this.#isExpirySure = false
    await store.expire(PROJECT, receivedBeforeUs)
    this.#isExpirySure = true
  }

  async #delete(store: ParquetStore): Promise<void> {
    this.#deletions.push(this.#batches.length)
    this.#isDeletionSure = false
    await store.delete(DELETED)
    this.#isDeletionSure = true
  }

  async #drop(store: ParquetStore): Promise<void> {
    this.#dropped = 'maybe'
    await store.drop(OTHER)
    this.#dropped = 'yes'
  }

  #reference(receivedBeforeUs: number, deletions: readonly number[]): string[] {
    const reference = new ReferenceStore()
    for (const [i, { source, logs }] of this.#batches.entries()) {
      if (deletions.includes(i)) reference.delete(DELETED)
      reference.add(source, logs)
    }
    if (deletions.includes(this.#batches.length)) reference.delete(DELETED)
    reference.expire(PROJECT, receivedBeforeUs)
    return reference.search(searchAll(PROJECT)).rows.map(({ id }) => id)
  }

  #allOf(projectId: string): string[] {
    const reference = new ReferenceStore()
    for (const { source, logs } of this.#batches) reference.add(source, logs)
    return reference.search(searchAll(projectId)).rows.map(({ id }) => id)
  }
}

async function idsOf(store: ParquetStore, projectId: string): Promise<string[]> {
  const found = await store.search(searchAll(projectId, { limit: 10_000 }), NEVER)
  assert.equal(found.total, found.logs.length)
  return found.logs.map(json => (JSON.parse(json) as { id: string }).id)
}

/** After recovery the folder holds what the manifest names, and nothing else. */
function checkFiles(world: SimulatedStoreWorld, store: ParquetStore): void {
  const names = world.disk
    .paths()
    .filter(path => path.startsWith(STORE_FOLDER))
    .map(path => path.slice(STORE_FOLDER.length + 1))
  const segments = store.observe().segments as number
  const ofKind = (pattern: RegExp): number => names.filter(name => pattern.test(name)).length
  assert.equal(ofKind(/^\d{10}\.parquet$/), segments)
  assert.equal(ofKind(/^\d{10}\.idx$/), segments)
  assert.equal(ofKind(/^manifest-\d{10}\.[ab]$/), 2)
  assert.equal(names.length, segments * 2 + 2, names.join(' '))
}
