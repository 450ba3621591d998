/** A store under test beside the reference, and the log that feeds both. */
import assert from 'node:assert/strict'
import type { Json, Row } from '#proto/api.ts'
import { BatchKind } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { type Random, seededRandom } from '#runtime/random.ts'
import type {
  AnalysisInput,
  AnalysisResult,
  LogStore,
  RowsAsked,
  SearchPlanInput,
  SearchResult,
} from '../store.ts'
import { metricsOf } from '../streams.ts'
import { type PlainLog, randomLog } from './random-logs.ts'
import { randomAnalysis, randomSearch, type SearchRanges, searchAll } from './random-searches.ts'
import { type ReferenceAnswer, ReferenceStore } from './reference-store.ts'
import { type BatchSource, TestLog } from './test-log.ts'

/** A place where one store lives: its folder, its threads, its time. */
export interface StoreWorld {
  /** Opens the store on what is there. */
  open(): Promise<LogStore>
  /** The process ends without a word, as with kill -9. */
  kill(): Promise<void>
  /** Lets time pass, so that timers run. */
  sleep(ms: number): Promise<void>
}

/** Runs a test in a new world. */
export type RunInWorld = (seed: number, body: (world: StoreWorld) => Promise<void>) => Promise<void>

export const NEVER: AbortSignal = new AbortController().signal
export const PROJECT = 'projectaaa'
export const OTHER = 'projectbbb'
/** Batches around midnight fall into two days. */
export const START_US: number = Date.UTC(2026, 2, 10, 23, 30) * 1_000
const MINUTE_US = 60_000_000
const HOUR_US = 60 * MINUTE_US
const LOOK_MS = 20
const LOOKS_MAX = 1_000

/** Runs a test with a store and a reference that are both empty. */
export async function withRig(run: RunInWorld, body: (rig: Rig) => Promise<void>): Promise<void> {
  await run(1, async world => {
    const rig = await Rig.open(world, seededRandom(1))
    await body(rig)
    await rig.close()
  })
}

/** A store under test beside the reference and the log that feeds both. */
export class Rig {
  readonly reference = new ReferenceStore()
  readonly log = new TestLog()
  store: LogStore
  /** Receive time of the newest batch. */
  receivedAtUs = START_US
  readonly #world: StoreWorld
  readonly #random: Random
  readonly #sequences = new Map<bigint, number>()

  private constructor(world: StoreWorld, random: Random, store: LogStore) {
    this.#world = world
    this.#random = random
    this.store = store
  }

  static async open(world: StoreWorld, random: Random): Promise<Rig> {
    return new Rig(world, random, await world.open())
  }

  async append(
    projectId: string,
    count: number,
    isKept = true,
    rejected: readonly number[] = [],
  ): Promise<void> {
    const source = this.#nextSource(projectId, rejected)
    const { receivedAtUs } = source
    const range = { fromUs: receivedAtUs - 30 * MINUTE_US, toUs: receivedAtUs }
    const logs = Array.from({ length: count }, (): PlainLog => randomLog(this.#random, range))
    if (isKept) this.reference.add(source, logs)
    await this.log.append(this.store, source, logs)
  }

  /** Logs of the test's own. */
  async appendLogs(projectId: string, logs: readonly PlainLog[]): Promise<void> {
    await this.appendFrom(this.#nextSource(projectId, []), logs)
  }

  async appendFrom(source: BatchSource, logs: readonly PlainLog[]): Promise<void> {
    this.reference.add(source, logs)
    await this.log.append(this.store, source, logs)
  }

  /** Points of metrics: to a store they are rows of a project of their own. */
  async appendMetrics(projectId: string, count: number): Promise<void> {
    const source = { ...this.#nextSource(projectId, []), kind: BatchKind.METRICS }
    const range = { fromUs: source.receivedAtUs - MINUTE_US, toUs: source.receivedAtUs }
    const points = Array.from({ length: count }, (): PlainLog => randomLog(this.#random, range))
    this.reference.add({ ...source, projectId: metricsOf(projectId) }, points)
    await this.log.append(this.store, source, points)
  }

  #nextSource(projectId: string, rejected: readonly number[]): BatchSource {
    this.receivedAtUs += this.#random.below(3) * 10 * MINUTE_US + 1_000
    const producer = [1n, 0x7fff_ffff_ffff_fff0n, 0x1_8000_0000n][this.#random.below(3)] as bigint
    const sequence = (this.#sequences.get(producer) ?? 0) + 1
    this.#sequences.set(producer, sequence)
    const { receivedAtUs } = this
    return {
      projectId,
      producer,
      epoch: this.#random.below(2),
      sequence,
      receivedAtUs,
      rejected,
    }
  }

  async expire(projectId: string, receivedBeforeUs: number): Promise<void> {
    const expired = await this.store.expire(projectId, receivedBeforeUs)
    assert.equal(expired, this.reference.expire(projectId, receivedBeforeUs))
  }

  async delete(filter: RowsAsked): Promise<number> {
    await this.covered()
    const deleted = await this.store.delete(filter)
    assert.equal(deleted, this.reference.delete(filter), JSON.stringify(filter))
    return deleted
  }

  async drop(projectId: string): Promise<void> {
    await this.store.drop(projectId)
    this.reference.drop(projectId)
  }

  randomReceivedUs(): number {
    return START_US + Math.floor(this.#random.unit() * (this.receivedAtUs - START_US))
  }

  async restart(): Promise<void> {
    await this.store.close()
    assert.equal(this.log.held, 0)
    this.store = await this.#world.open()
    await this.log.redeliver(this.store)
  }

  async kill(): Promise<void> {
    await this.#world.kill()
    this.log.held = 0
    this.store = await this.#world.open()
    await this.log.redeliver(this.store)
  }

  async close(): Promise<void> {
    await this.store.close()
    assert.equal(this.log.held, 0, 'no batch is kept for ever')
  }

  sleep(ms: number): Promise<void> {
    return this.#world.sleep(ms)
  }

  /** Once searches cover what was received. */
  async search(input: SearchPlanInput): Promise<SearchResult> {
    await this.covered()
    return await this.store.search(input, NEVER)
  }

  /** A store may take a moment for that; how far its answers reach is what they say. */
  async covered(): Promise<void> {
    const nothing = searchAll(PROJECT, { limit: 0, include: new Set() })
    for (let look = 0; look < LOOKS_MAX; look++) {
      const { positions } = await this.store.search(nothing, NEVER)
      if (positions.at(0) >= this.log.end) return
      await this.sleep(LOOK_MS)
    }
    assert.fail('searches do not cover what was received')
  }

  /** Compares everything a search answers; answers the rows of the page. */
  async compare(input: SearchPlanInput): Promise<readonly Row[]> {
    const found = await this.search(input)
    const expected = this.reference.search(input)
    const { include, limit, offset } = input
    const context = JSON.stringify({ ...input, include: [...include] })
    const rows = found.logs.map(json => JSON.parse(json) as Row)
    if (include.has('logs')) {
      assert.deepEqual(rows, expected.rows.slice(offset, offset + limit), context)
      const hasMore = expected.rows.length > offset + limit
      assert.equal(found.next_cursor !== null, hasMore, context)
    } else assert.deepEqual(rows, [], context)
    compareCounts(found, expected, input, context)
    return rows
  }

  /** Deletes what a random search finds. */
  async deleteRandom(): Promise<number> {
    return await this.delete(randomSearch(this.#random, this.#ranges()))
  }

  #ranges(): SearchRanges {
    return {
      projectIds: [PROJECT, PROJECT, OTHER],
      event: { fromUs: START_US - HOUR_US, toUs: this.receivedAtUs },
      received: { fromUs: START_US, toUs: this.receivedAtUs },
    }
  }

  async compareRandom(): Promise<void> {
    const ranges = this.#ranges()
    const input = randomSearch(this.#random, ranges)
    await this.compare(input)
    await this.compareAnalysis(randomAnalysis(this.#random, ranges))
    if (input.limit < 1_000 || !input.include.has('logs')) return
    const all = this.reference.search(input).rows.map(({ id }) => id)
    assert.deepEqual(await this.pages({ ...input, limit: 37, offset: 0 }), all)
  }

  /** Compares a table with the one that is made the naive way. */
  async compareAnalysis(input: AnalysisInput): Promise<AnalysisResult> {
    await this.covered()
    const found = await this.store.analyse(input, NEVER)
    compareTables(found, this.reference.analyse(input), JSON.stringify(input))
    return found
  }

  /** Ids of all pages of a search, cursor by cursor. */
  async pages(input: SearchPlanInput): Promise<string[]> {
    const ids: string[] = []
    let cursor: string | null = null
    do {
      const page: SearchResult = await this.search({ ...input, cursor })
      ids.push(...idsOf(page))
      cursor = page.next_cursor
    } while (cursor !== null)
    return ids
  }
}

function compareCounts(
  found: SearchResult,
  expected: ReferenceAnswer,
  { include, intervalUs }: SearchPlanInput,
  context: string,
): void {
  const { by_level, by_service, histogram, interval } = found.aggregations
  assert.equal(found.total, include.has('total') ? expected.total : null, context)
  assert.deepEqual(by_level, include.has('by_level') ? expected.byLevel : {}, context)
  assert.deepEqual({ ...by_service }, include.has('by_service') ? expected.byService : {}, context)
  assert.deepEqual(histogram, include.has('histogram') ? expected.histogram : [], context)
  assert.equal(interval, intervalUs / 1_000_000)
}

/** Sums of doubles depend on their order: numbers may differ in the last digits. */
export function compareTables(
  { table, total }: Pick<AnalysisResult, 'table' | 'total'>,
  expected: ReturnType<ReferenceStore['analyse']>,
  context: string,
): void {
  assert.deepEqual(
    table.columns.map(({ name }) => name),
    expected.columns,
    context,
  )
  assert.equal(total, expected.total, context)
  assert.equal(table.rows.length, expected.rows.length, context)
  for (const [at, row] of table.rows.entries()) {
    const isSame = row.every((cell, i) => isSameCell(cell, expected.rows[at]?.[i]))
    if (!isSame) assert.deepEqual(table.rows, expected.rows, context)
  }
}

function isSameCell(cell: Json, other: Json | undefined): boolean {
  if (typeof cell !== 'number' || typeof other !== 'number') return cell === other
  return Math.abs(cell - other) <= 1e-9 * Math.max(1, Math.abs(other))
}

export function idsOf(page: SearchResult): string[] {
  return page.logs.map(json => (JSON.parse(json) as Row).id)
}
