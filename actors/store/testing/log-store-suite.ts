/** What every LogStore has to do, whatever it is made of. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Positions } from '#actors/commit-log/positions.ts'
import { parseSearch } from '#proto/query.ts'
import { parseTime } from '#proto/time.ts'
import { rowContext } from '../row-context.ts'
import type { SearchPlanInput, SearchResult } from '../store.ts'
import { metricsOf } from '../streams.ts'
import { PATTERN_TESTS } from './pattern-tests.ts'
import { liveAndCompare } from './random-life.ts'
import { analysisOf, searchAll } from './random-searches.ts'
import { idsOf, NEVER, OTHER, PROJECT, type Rig, type RunInWorld, withRig } from './store-rig.ts'

export interface SuiteOptions {
  readonly run: RunInWorld
  /** Seeds of the differential test. */
  readonly seeds: number
}

export function logStoreSuite(name: string, options: SuiteOptions): void {
  const inWorld = (title: string, body: (rig: Rig) => Promise<void>): void => {
    test(title, () => withRig(options.run, body))
  }

  describe(name, () => {
    inWorld(
      'what was received is found soon, after it was published and after a restart',
      async rig => {
        await rig.append(PROJECT, 30)
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

    for (const [title, body] of Object.entries(PATTERN_TESTS)) inWorld(title, body)

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

    inWorld('metrics of a project and its logs are kept and expire side by side', async rig => {
      const [logs, metrics] = [PROJECT, metricsOf(PROJECT)].map(id =>
        searchAll(id, { limit: 1_000, intervalUs: 3_600_000_000 }),
      ) as [SearchPlanInput, SearchPlanInput]
      const counts = async (): Promise<number[]> => [
        (await rig.compare(logs)).length,
        (await rig.compare(metrics)).length,
      ]
      await rig.append(PROJECT, 20)
      await rig.appendMetrics(PROJECT, 30)
      const limit = rig.receivedAtUs + 1
      assert.deepEqual(await counts(), [20, 30])
      await rig.store.flush()
      await rig.append(PROJECT, 3)
      await rig.appendMetrics(PROJECT, 5)
      assert.deepEqual(await counts(), [23, 35])
      await rig.kill()
      assert.deepEqual(await counts(), [23, 35], 'what was not published comes again')
      await rig.store.flush()
      await rig.restart()
      assert.deepEqual(await counts(), [23, 35])
      await rig.expire(metricsOf(PROJECT), limit)
      assert.deepEqual(await counts(), [23, 5])
      await rig.expire(PROJECT, limit)
      assert.deepEqual(await counts(), [3, 5])
    })

    inWorld('a row is found by its id', async rig => {
      await rig.append(PROJECT, 40)
      await rig.store.flush()
      await rig.append(PROJECT, 40)
      await rig.covered()
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

    inWorld('around a row stands what was logged by the same service and host', async rig => {
      for (let i = 0; i < 4; i++) {
        await rig.append(PROJECT, 40)
        if (i === 1) await rig.store.flush()
      }
      await rig.covered()
      const { rows } = rig.reference.search(searchAll(PROJECT, { order: 'asc' }))
      const search = (input: SearchPlanInput): Promise<SearchResult> =>
        rig.store.search(input, NEVER)
      for (const row of rows.filter((_, i) => i % 13 === 0)) {
        for (const by of ['service', 'trace'] as const) {
          const wish = { projectId: PROJECT, id: row.id, before: 3, after: 2, by }
          const found = await rowContext(wish, search)
          if (by === 'trace' && row.trace_id === null) {
            assert.equal(found, 'no-trace')
            continue
          }
          assert.ok(found !== null && found !== 'no-trace')
          const near = rows.filter(other =>
            by === 'trace'
              ? other.trace_id === row.trace_id
              : other.service === row.service && other.host === row.host,
          )
          const at = near.findIndex(({ id }) => id === row.id)
          const shown = [...found.before, found.row, ...found.after].map(text => JSON.parse(text))
          assert.deepEqual(shown, near.slice(Math.max(0, at - 3), at + 3))
          assert.deepEqual(
            [found.hasMoreBefore, found.hasMoreAfter],
            [at > 3, near.length > at + 3],
          )
        }
      }
      const nobody = { projectId: OTHER, id: rows[0]?.id ?? '', before: 1, after: 1 }
      assert.equal(await rowContext({ ...nobody, by: 'service' }, search), null)
    })

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
        if (i === 1 || i === 3) await rig.store.flush()
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

    inWorld('a deletion takes what a search finds, wherever it lies, and for good', async rig => {
      const all = searchAll(PROJECT, { limit: 1_000 })
      for (let i = 0; i < 6; i++) {
        await rig.append(PROJECT, 30)
        await rig.append(OTHER, 10)
        if (i === 1 || i === 3) await rig.store.flush()
      }
      const api = searchAll(PROJECT, { services: ['api'] })
      assert.ok((await rig.delete(api)) > 0)
      assert.equal(await rig.delete(api), 0, 'once')
      const answers = async (): Promise<void> => {
        await rig.compare(all)
        await rig.compare(searchAll(PROJECT, { levels: ['ERROR'], intervalUs: 3_600_000_000 }))
        for (const text of ['| count by host', '| avg(ratio) by service', '| count']) {
          const parsed = parseSearch(text)
          assert.ok(parsed.type === 'search')
          await rig.compareAnalysis(analysisOf(all, parsed.search.stages))
        }
        const [gone] = rig.reference.deleted
        assert.equal(await rig.store.row(PROJECT, gone?.id ?? '', NEVER), null)
        assert.equal((await rig.compare(searchAll(OTHER, { limit: 1_000 }))).length, 60)
      }
      await answers()
      await rig.restart()
      await answers()
      // What comes later stays, whatever its time; only a second deletion takes it.
      await rig.append(PROJECT, 30)
      await rig.compare(all)
      await rig.kill()
      await answers()
      await rig.sleep(20_000)
      await rig.store.flush()
      await answers()
      assert.ok((await rig.delete(api)) > 0)
      const word = { type: 'phrase', tokens: ['timeout'], hex: null } as const
      const field = { type: 'field', field: 'user.id', value: 'u1' } as const
      const query = { terms: [{ type: 'any', terms: [word, field] } as const] }
      assert.ok((await rig.delete(searchAll(PROJECT, { query }))) > 0)
      await answers()
      await rig.expire(PROJECT, rig.randomReceivedUs())
      await answers()
      assert.ok((await rig.delete(all)) > 0)
      assert.equal((await rig.search(all)).total, 0)
      await rig.store.flush()
      await rig.append(PROJECT, 5)
      assert.equal((await rig.compare(all)).length, 5)
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
      await rig.append(PROJECT, 5, false)
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
      await rig.covered()
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

    inWorld('batches are let go once they are published, and all of them at the end', async rig => {
      for (let i = 0; i < 5; i++) await rig.append(PROJECT, 10)
      await rig.store.flush()
      assert.equal(rig.log.held, 0)
      await rig.append(PROJECT, 10)
      await rig.store.close()
      assert.equal(rig.log.held, 0)
    })

    historyTests(options)
  })
}

/** The part of the suite that lives through everything at random. */
export function historyTests({ run, seeds }: SuiteOptions): void {
  test('random histories answer random searches as the naive way does', async t => {
    for (let seed = 1; seed <= seeds; seed++) {
      await t.test(`seed ${seed}`, () => run(seed, world => liveAndCompare(world, seed)))
    }
  })
}
