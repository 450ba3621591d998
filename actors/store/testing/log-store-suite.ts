/** What every LogStore has to do, whatever it is made of. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Positions } from '#actors/commit-log/positions.ts'
import type { Row } from '#proto/api.ts'
import { parseTime } from '#proto/time.ts'
import { type Random, seededRandom } from '#runtime/random.ts'
import type { LogStore, SearchPlanInput, SearchResult } from '../store.ts'
import { type PlainLog, randomLog } from './random-logs.ts'
import { randomSearch, searchAll } from './random-searches.ts'
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

export interface SuiteOptions {
  /** Runs a test in a new world. */
  readonly run: (seed: number, body: (world: StoreWorld) => Promise<void>) => Promise<void>
  /** Seeds of the differential test. */
  readonly seeds: number
}

const NEVER = new AbortController().signal
const PROJECT = 'projectaaa'
const OTHER = 'projectbbb'
/** Noon of a day: batches around midnight fall into two days. */
const START_US = Date.UTC(2026, 2, 10, 23, 30) * 1_000
const MINUTE_US = 60_000_000
const HOUR_US = 60 * MINUTE_US

export function logStoreSuite(name: string, options: SuiteOptions): void {
  const inWorld = (title: string, body: (rig: Rig) => Promise<void>): void => {
    test(title, () =>
      options.run(1, async world => {
        const rig = await Rig.open(world, seededRandom(1))
        await body(rig)
        await rig.close()
      }),
    )
  }

  describe(name, () => {
    inWorld(
      'what was received is found before it is published, after it and after a restart',
      async rig => {
        await rig.append(PROJECT, 30)
        assert.ok(rig.store.published().equals(Positions.NONE))
        await rig.compare(searchAll(PROJECT))
        await rig.store.flush()
        assert.equal(rig.store.published().at(0), rig.log.end)
        await rig.compare(searchAll(PROJECT))
        await rig.restart()
        assert.equal(rig.store.published().at(0), rig.log.end)
        await rig.compare(searchAll(PROJECT))
      },
    )

    inWorld(
      'what was not published comes again from the log, and nothing comes twice',
      async rig => {
        await rig.append(PROJECT, 20)
        await rig.store.flush()
        await rig.append(PROJECT, 20)
        await rig.kill()
        await rig.compare(searchAll(PROJECT, { limit: 1_000 }))
        await rig.store.flush()
        await rig.log.redeliver(rig.store)
        await rig.compare(searchAll(PROJECT, { limit: 1_000 }))
      },
    )

    inWorld('an empty project answers with zeros', async rig => {
      await rig.append(PROJECT, 3)
      const found = await rig.search(searchAll(OTHER))
      assert.equal(found.total, 0)
      assert.deepEqual(found.logs, [])
      assert.equal(found.next_cursor, null)
    })

    inWorld('a project never sees rows of another', async rig => {
      for (let i = 0; i < 6; i++) await rig.append(i % 2 === 0 ? PROJECT : OTHER, 10)
      for (const flushed of [false, true]) {
        if (flushed) await rig.store.flush()
        const mine = await rig.compare(searchAll(PROJECT, { limit: 1_000 }))
        const others = await rig.compare(searchAll(OTHER, { limit: 1_000 }))
        assert.ok(mine.length > 0 && others.length > 0)
        assert.equal(new Set([...mine, ...others].map(({ id }) => id)).size, 60)
        const [foreign] = others
        assert.equal(await rig.store.row(PROJECT, foreign?.id ?? '', NEVER), null)
      }
    })

    inWorld('a row is found by its id', async rig => {
      await rig.append(PROJECT, 40)
      await rig.store.flush()
      await rig.append(PROJECT, 40)
      for (const row of rig.reference.rowsOf(PROJECT).filter((_, i) => i % 7 === 0)) {
        const found = await rig.store.row(PROJECT, row.id, NEVER)
        assert.deepEqual(JSON.parse(found ?? 'null'), row)
      }
      assert.equal(await rig.store.row(PROJECT, 'no id', NEVER), null)
      assert.equal(await rig.store.row(PROJECT, '0'.repeat(28), NEVER), null)
    })

    inWorld(
      'pages by cursor and by offset are the whole in order, in both directions',
      async rig => {
        for (let i = 0; i < 4; i++) {
          await rig.append(PROJECT, 25)
          if (i === 1) await rig.store.flush()
        }
        for (const order of ['desc', 'asc'] as const) {
          const all = rig.reference.search(searchAll(PROJECT, { order })).rows.map(({ id }) => id)
          assert.deepEqual(await rig.pages(searchAll(PROJECT, { order, limit: 7 })), all)
          for (const offset of [0, 5, 96, 100, 200]) {
            const page = await rig.search(searchAll(PROJECT, { order, limit: 7, offset }))
            assert.deepEqual(idsOf(page), all.slice(offset, offset + 7))
          }
        }
      },
    )

    inWorld('an answer tells since when what it does not cover was received', async rig => {
      const told = async (): Promise<number> =>
        (await rig.search(searchAll(PROJECT, { limit: 1 }))).receivedAtUs
      assert.equal(await told(), 0)
      for (let i = 0; i < 4; i++) {
        await rig.append(PROJECT, 5)
        const received = rig.reference.rowsOf(PROJECT).map(row => row.ingested_at)
        const newest = parseTime(received.toSorted().at(-1) ?? '')?.timeUs
        assert.equal(await told(), newest)
        await rig.append(OTHER, 5)
        assert.equal(await told(), newest)
        if (i % 2 === 1) await rig.restart()
      }
      const first = await rig.search(searchAll(PROJECT, { limit: 1 }))
      const next = searchAll(PROJECT, { limit: 1, cursor: first.next_cursor })
      assert.equal((await rig.search(next)).receivedAtUs, 0, 'a later page does not know')
    })

    inWorld(
      'a cursor skips and repeats nothing although rows arrive, are published and go',
      async rig => {
        await rig.append(PROJECT, 60)
        const all = rig.reference.search(searchAll(PROJECT)).rows.map(({ id }) => id)
        const seen: string[] = []
        let cursor: string | null = null
        let covered: Positions | undefined
        do {
          const page: SearchResult = await rig.search(searchAll(PROJECT, { limit: 8, cursor }))
          covered ??= page.positions
          assert.ok(page.positions.equals(covered), 'a tail goes on from what page 1 covered')
          seen.push(...idsOf(page))
          cursor = page.next_cursor
          await rig.append(PROJECT, 5)
          if (seen.length % 16 === 0) await rig.store.flush()
        } while (cursor !== null)
        assert.equal(new Set(seen).size, seen.length, 'no row twice')
        const late = new Set(seen.filter(id => !all.includes(id)))
        assert.deepEqual(
          seen.filter(id => !late.has(id)),
          all,
        )
      },
    )

    inWorld('a cursor that is none, or of the other order, is refused with a code', async rig => {
      await rig.append(PROJECT, 10)
      const { next_cursor } = await rig.search(searchAll(PROJECT, { limit: 2 }))
      assert.ok(next_cursor !== null)
      const bad = [
        searchAll(PROJECT, { cursor: 'x' }),
        searchAll(PROJECT, { cursor: `${next_cursor.slice(0, -2)}AA` }),
        searchAll(PROJECT, { cursor: next_cursor, order: 'asc' }),
      ]
      for (const input of bad) {
        await assert.rejects(rig.search(input), { code: 'LOGBOY_CURSOR_INVALID' })
      }
    })

    inWorld('an expiry deletes exactly the rows received before, and says how many', async rig => {
      const limits: number[] = []
      for (let i = 0; i < 6; i++) {
        await rig.append(PROJECT, 10)
        await rig.append(OTHER, 10)
        limits.push(rig.receivedAtUs)
        if (i % 2 === 1) await rig.store.flush()
      }
      for (const [i, limit] of limits.entries()) {
        await rig.expire(PROJECT, limit)
        assert.equal(await rig.store.expire(PROJECT, limit), 0, 'once')
        await rig.compare(searchAll(PROJECT, { limit: 1_000 }))
        if (i === 3) await rig.restart()
        if (i === 4) await rig.store.flush()
      }
      await rig.store.flush()
      await rig.compare(searchAll(PROJECT, { limit: 1_000 }))
      assert.equal((await rig.compare(searchAll(OTHER, { limit: 1_000 }))).length, 60)
    })

    inWorld('a dropped project is gone at once and for good', async rig => {
      await rig.append(PROJECT, 20)
      await rig.store.flush()
      await rig.append(PROJECT, 20)
      await rig.append(OTHER, 20)
      await rig.drop(PROJECT)
      const gone = async (): Promise<void> => {
        assert.equal((await rig.search(searchAll(PROJECT))).total, 0)
        assert.equal((await rig.compare(searchAll(OTHER))).length, 20)
      }
      await gone()
      await rig.append(PROJECT, 5, false)
      await gone()
      await rig.store.flush()
      await rig.restart()
      await gone()
    })

    inWorld('refused records of a batch are not stored', async rig => {
      await rig.append(PROJECT, 10, true, [0, 4, 9])
      assert.equal((await rig.compare(searchAll(PROJECT))).length, 7)
      await rig.store.flush()
      assert.equal((await rig.compare(searchAll(PROJECT))).length, 7)
    })

    inWorld('a search that nobody waits for any more ends with the reason', async rig => {
      for (let i = 0; i < 4; i++) await rig.append(PROJECT, 10)
      const reason = new Error('the caller went away')
      for (const afterMs of [0, 0.1, 0.5, 1, 2]) {
        const controller = new AbortController()
        if (afterMs === 0) controller.abort(reason)
        const search = rig.store.search(searchAll(PROJECT), controller.signal)
        const ended = search.then(
          ({ total }) => assert.equal(total, 40),
          (error: unknown) => assert.equal(error, reason),
        )
        await rig.sleep(afterMs)
        controller.abort(reason)
        await ended
      }
      await rig.store.flush()
      assert.equal(rig.log.held, 0, 'it keeps nothing')
    })

    inWorld('searches during a flush and a compaction see every row once', async rig => {
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
    })

    inWorld('batches are let go once they are published, and all of them at the end', async rig => {
      for (let i = 0; i < 5; i++) await rig.append(PROJECT, 10)
      assert.equal(rig.log.held, 5)
      await rig.store.flush()
      assert.equal(rig.log.held, 0)
      await rig.append(PROJECT, 10)
      await rig.store.close()
      assert.equal(rig.log.held, 0)
    })

    test('random histories answer random searches as the naive way does', async t => {
      for (let seed = 1; seed <= options.seeds; seed++) {
        await t.test(`seed ${seed}`, () => options.run(seed, world => liveAndCompare(world, seed)))
      }
    })
  })
}

async function liveAndCompare(world: StoreWorld, seed: number): Promise<void> {
  const random = seededRandom(seed)
  const rig = await Rig.open(world, random)
  const batchRows = [5, 40, 300][seed % 3] as number
  for (let step = 0; step < 40; step++) {
    const projectId = random.below(4) === 0 ? OTHER : PROJECT
    switch (random.below(12)) {
      case 0:
        await rig.store.flush()
        break
      case 1:
        if (step > 25) await rig.expire(projectId, rig.randomReceivedUs())
        break
      case 2:
        if (random.below(2) === 0) await rig.restart()
        else await rig.kill()
        break
      case 3:
        await world.sleep(random.below(2) === 0 ? 2_000 : 20_000)
        break
      case 4:
      case 5:
      case 6:
      case 7:
        await rig.append(projectId, 1 + random.below(batchRows))
        break
      default:
        await rig.compareRandom()
    }
  }
  await rig.compareRandom()
  await rig.close()
}

/** A store under test beside the reference and the log that feeds both. */
class Rig {
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
    this.receivedAtUs += this.#random.below(3) * 10 * MINUTE_US + 1_000
    const producer = [1n, 0x7fff_ffff_ffff_fff0n, 0x1_8000_0000n][this.#random.below(3)] as bigint
    const sequence = (this.#sequences.get(producer) ?? 0) + 1
    this.#sequences.set(producer, sequence)
    const { receivedAtUs } = this
    const source: BatchSource = {
      projectId,
      producer,
      epoch: this.#random.below(2),
      sequence,
      receivedAtUs,
      rejected,
    }
    const range = { fromUs: receivedAtUs - 30 * MINUTE_US, toUs: receivedAtUs }
    const logs = Array.from({ length: count }, (): PlainLog => randomLog(this.#random, range))
    if (isKept) this.reference.add(source, logs)
    await this.log.append(this.store, source, logs)
  }

  async expire(projectId: string, receivedBeforeUs: number): Promise<void> {
    const expired = await this.store.expire(projectId, receivedBeforeUs)
    assert.equal(expired, this.reference.expire(projectId, receivedBeforeUs))
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

  search(input: SearchPlanInput): Promise<SearchResult> {
    return this.store.search(input, NEVER)
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

  async compareRandom(): Promise<void> {
    const input = randomSearch(this.#random, {
      projectIds: [PROJECT, PROJECT, OTHER],
      event: { fromUs: START_US - HOUR_US, toUs: this.receivedAtUs },
      received: { fromUs: START_US, toUs: this.receivedAtUs },
    })
    await this.compare(input)
    if (input.limit < 1_000 || !input.include.has('logs')) return
    const all = this.reference.search(input).rows.map(({ id }) => id)
    assert.deepEqual(await this.pages({ ...input, limit: 37, offset: 0 }), all)
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
  { include, intervalUs, aggregate }: SearchPlanInput,
  context: string,
): void {
  const { by_level, by_service, histogram, interval } = found.aggregations
  assert.equal(found.total, include.has('total') ? expected.total : null, context)
  assert.deepEqual(by_level, include.has('by_level') ? expected.byLevel : {}, context)
  assert.deepEqual({ ...by_service }, include.has('by_service') ? expected.byService : {}, context)
  assert.deepEqual(histogram, include.has('histogram') ? expected.histogram : [], context)
  assert.equal(interval, intervalUs / 1_000_000)
  if (aggregate === null) assert.equal(found.aggregate, undefined)
  else compareAggregates(found.aggregate ?? [], expected.aggregate ?? [], context)
}

type Aggregates = readonly { readonly key: string; readonly value: number | null }[]

/** Sums of doubles depend on their order: values may differ in the last digits. */
function compareAggregates(found: Aggregates, expected: Aggregates, context: string): void {
  const sorted = (answers: Aggregates): Aggregates =>
    [...answers].sort((a, b) => (a.key < b.key ? -1 : 1))
  const [ours, theirs] = [sorted(found), sorted(expected)]
  assert.deepEqual(
    ours.map(({ key }) => key),
    theirs.map(({ key }) => key),
    context,
  )
  for (const [i, { value }] of ours.entries()) {
    const other = theirs[i]?.value ?? null
    if (value === null || other === null) assert.equal(value, other, context)
    else assert.ok(Math.abs(value - other) <= 1e-9 * Math.max(1, Math.abs(other)), context)
  }
}

function idsOf(page: SearchResult): string[] {
  return page.logs.map(json => (JSON.parse(json) as Row).id)
}
