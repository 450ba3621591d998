import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Row, SearchReply, SearchRequest } from '#proto/api.ts'
import type { TailFrame } from '#proto/tail.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { FakeData } from '../../testing/fake-data.ts'
import { fakeSearch, filterOf } from '../../testing/fake-search.ts'
import type { ListSizes } from './deep-rows.ts'
import { ExploreSession } from './explore-session.ts'
import { PLAIN_DEFAULTS, parseExplore } from './explore-url-model.ts'
import { compareRows } from './row-order.ts'
import { type SearchScope, scopeOf } from './search-model.ts'
import type { SocketEvents } from './tail-connection.ts'

const NOW = Date.UTC(2026, 10, 21, 9)

/** A session over rows in memory; a token is how many of them had arrived. */
class Bench {
  readonly clock = new FakeClock(NOW)
  readonly data = new FakeData(11)
  readonly rows: Row[]
  readonly requests: SearchRequest[] = []
  readonly sockets: { token: string; events: SocketEvents }[] = []
  fail = false
  lost = 0
  readonly session: ExploreSession

  constructor(rows = 1_000, sizes: ListSizes = { head: 50_000, page: 2_000 }) {
    this.rows = this.data.history(rows, NOW - 900_000, NOW)
    this.session = new ExploreSession({
      sizes,
      clock: this.clock,
      jitter: () => 1,
      onChange: () => {},
      onLost: () => {
        this.lost++
      },
      search: (request, signal) => this.#search(request, signal),
      openTail: (_scope, token, events) => {
        this.sockets.push({ token, events })
        return () => {}
      },
    })
  }

  scope(search = ''): SearchScope {
    const state = parseExplore(search, { ...PLAIN_DEFAULTS, zone: 'utc' })
    return scopeOf({ state, projectId: 'p', nowMs: this.clock.nowMs(), barMs: 10_000 })
  }

  async run(search: string, live: boolean): Promise<void> {
    this.session.run(this.scope(search), live)
    await settled()
  }

  /** Rows arrive; the open socket tells the matching ones. */
  arrive(count: number, search = ''): void {
    const fresh = Array.from({ length: count }, (_, index) =>
      this.data.row(this.clock.nowMs() - index, { delayMs: index }),
    )
    this.rows.push(...fresh)
    const matches = fresh.filter(filterOf(this.#filters(search)))
    this.say({ type: 'rows', rows: matches, token: String(this.rows.length) })
  }

  say(frame: TailFrame): void {
    this.sockets.at(-1)?.events.message(JSON.stringify(frame))
  }

  newestFirst(search = ''): Row[] {
    return this.rows.filter(filterOf(this.#filters(search))).sort((a, b) => compareRows(b, a))
  }

  #filters(search: string): SearchRequest {
    const { query, levels, services } = this.scope(search)
    return { query, levels, services }
  }

  #search(request: SearchRequest, signal: AbortSignal): Promise<SearchReply> {
    this.requests.push(request)
    if (this.fail) return Promise.reject(new Error('out of order'))
    signal.throwIfAborted()
    return Promise.resolve(fakeSearch(this.rows, request, String(this.rows.length)))
  }
}

/** Lets every promise that is ready run. */
function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

test('a search shows the newest rows, counts and facets', async () => {
  const bench = new Bench()
  await bench.run('?level=INFO', false)
  const {
    rows: { head: rows },
    counts,
    loading,
    more,
    queryTimeMs,
  } = bench.session.view()
  assert.deepEqual(rows, bench.newestFirst('?level=INFO').slice(0, 200))
  assert.equal(counts?.total, bench.newestFirst('?level=INFO').length)
  assert.equal(counts?.byLevel.ERROR, bench.newestFirst('?level=ERROR').length)
  assert.deepEqual([loading, more, queryTimeMs], [false, 'idle', 4.2])
})

test('scrolling loads page after page to the end, each row once', async () => {
  const bench = new Bench()
  await bench.run('', false)
  while (bench.session.view().more === 'idle') {
    bench.session.loadMore()
    bench.session.loadMore()
    await settled()
  }
  assert.equal(bench.session.view().more, 'end')
  assert.deepEqual(bench.session.view().rows.head, bench.newestFirst())
  assert.equal(bench.requests.filter(({ cursor }) => cursor !== undefined).length, 4)
})

test('a page that failed can be asked for again', async () => {
  const bench = new Bench()
  await bench.run('', false)
  bench.fail = true
  bench.session.loadMore()
  await settled()
  assert.equal(bench.session.view().more, 'failed')
  bench.fail = false
  bench.session.loadMore()
  await settled()
  assert.equal(bench.session.view().rows.count, 400)
})

test('live goes on from the snapshot of the search, and ends up with what a search would find', async () => {
  const bench = new Bench()
  await bench.run('?level=ERROR&level=WARN', true)
  assert.equal(bench.sockets[0]?.token, '1000')
  bench.arrive(300, '?level=ERROR&level=WARN')
  bench.clock.advance(1000)
  bench.arrive(200, '?level=ERROR&level=WARN')
  const {
    rows: { head: rows },
    counts,
    live,
  } = bench.session.view()
  const expected = bench.newestFirst('?level=ERROR&level=WARN')
  assert.equal(live, 'open')
  assert.deepEqual(rows, expected.slice(0, rows.length))
  assert.equal(counts?.total, expected.length)
})

test('a lost connection comes back where it was, and asks whether the session still holds', async () => {
  const bench = new Bench()
  await bench.run('', true)
  bench.arrive(5)
  bench.sockets.at(-1)?.events.closed()
  assert.equal(bench.session.view().live, 'waiting')
  assert.equal(bench.lost, 1)
  bench.clock.advance(1000)
  assert.equal(bench.sockets.length, 2)
  assert.equal(bench.sockets[1]?.token, '1005')
})

test('a gap is filled by itself with a search over receive time', async () => {
  const bench = new Bench()
  await bench.run('', true)
  const missed = Array.from({ length: 30 }, () => bench.data.row(bench.clock.nowMs()))
  bench.rows.push(...missed)
  const received = missed.map(row => row.ingested_at).sort()
  const to = new Date(Date.parse(received.at(-1) ?? '') + 1).toISOString()
  bench.say({ type: 'gap', from: received[0] ?? '', to, token: '1030' })
  assert.equal(bench.session.view().holes[0]?.state, 'filling')
  await settled()
  const {
    rows: { head: rows },
    holes,
  } = bench.session.view()
  assert.deepEqual(holes, [])
  for (const row of missed) assert.ok(rows.includes(row))
  assert.equal(new Set(rows.map(row => row.id)).size, rows.length)
})

test('dropped rows wait until they are asked for', async () => {
  const bench = new Bench()
  await bench.run('', true)
  const missed = [bench.data.row(bench.clock.nowMs()), bench.data.row(bench.clock.nowMs())]
  bench.rows.push(...missed)
  const [from = '', to = ''] = missed.map(row => row.ingested_at).sort()
  bench.say({ type: 'dropped', count: 2, from, to, token: '1002' })
  await settled()
  const [hole] = bench.session.view().holes
  assert.ok(hole)
  assert.equal(hole.state, 'open')
  bench.fail = true
  bench.session.fillHole(hole)
  await settled()
  assert.equal(bench.session.view().holes[0]?.state, 'failed')
  bench.fail = false
  bench.session.fillHole(hole)
  await settled()
  assert.deepEqual(bench.session.view().holes, [])
  for (const row of missed) assert.ok(bench.session.view().rows.head.includes(row))
})

test('while live, old bars leave the span', async () => {
  const bench = new Bench()
  await bench.run('', true)
  const before = bench.session.view().counts?.total ?? 0
  bench.clock.advance(450_000)
  const after = bench.session.view().counts?.total ?? 0
  assert.ok(after < before * 0.55 && after > before * 0.4, `${before} → ${after}`)
})

test('the rate tells rows per second and stops with the tail', async () => {
  const bench = new Bench()
  await bench.run('', true)
  for (let second = 0; second < 6; second++) {
    bench.arrive(20)
    bench.clock.advance(1000)
  }
  assert.equal(bench.session.view().rowsPerSecond, 16)
  bench.session.stopLive()
  assert.deepEqual([bench.session.view().rowsPerSecond, bench.session.view().live], [0, 'off'])
})

test('rows wait while paused; stopping shows them', async () => {
  const bench = new Bench()
  await bench.run('', true)
  bench.session.pause(true)
  bench.arrive(7)
  assert.equal(bench.session.view().waitingCount, 7)
  bench.session.stopLive()
  const {
    rows: { head: rows },
    waitingCount,
    paused,
  } = bench.session.view()
  assert.deepEqual([rows.length, waitingCount, paused], [207, 0, false])
})

test('a new search gives up the old one, even when its answer comes later', async () => {
  const bench = new Bench()
  bench.session.run(bench.scope('?q=nothing-like-this'), true)
  bench.session.run(bench.scope('?level=ERROR'), false)
  await settled()
  assert.deepEqual(bench.session.view().rows.head, bench.newestFirst('?level=ERROR').slice(0, 200))
  assert.equal(bench.sockets.length, 0)
})

test('a failed search says so and leaves no rows of another', async () => {
  const bench = new Bench()
  await bench.run('', false)
  bench.fail = true
  await bench.run('?q=x', false)
  const {
    error,
    rows: { head: rows },
    counts,
    loading,
  } = bench.session.view()
  assert.equal(error?.message, 'out of order')
  assert.deepEqual([rows.length, counts, loading], [0, null, false])
})

test('below rows that a long stream pushed out, scrolling goes on without a hole', async () => {
  const bench = new Bench()
  await bench.run('', true)
  for (let frame = 0; frame < 42; frame++) {
    bench.clock.advance(10)
    bench.arrive(500)
  }
  assert.equal(bench.session.view().rows.count, 20_000)
  bench.session.lookAway(true)
  bench.session.loadMore()
  await settled()
  bench.session.loadMore()
  await settled()
  const {
    rows: { head: rows },
  } = bench.session.view()
  assert.ok(rows.length > 20_200)
  assert.deepEqual(rows, bench.newestFirst().slice(0, rows.length))
})

test('far below, pages come and go with the reader, and what comes back is what was there', async () => {
  const bench = new Bench(5_000, { head: 400, page: 200 })
  await bench.run('', false)
  const { session } = bench
  const kept = (): number => session.view().rows.pages.filter(({ rows }) => rows !== null).length
  for (let at = 0; session.view().more === 'idle'; at = session.view().rows.count - 1) {
    session.look(at, at + 1)
    session.loadMore()
    await settled()
    assert.ok(kept() <= 10, `${kept()} pages in memory`)
  }
  const all = bench.newestFirst()
  assert.deepEqual([session.view().rows.count, session.view().more], [5_000, 'end'])
  assert.equal(session.view().rows.at(4_999), all[4_999])
  assert.equal(session.view().rows.at(1_250), undefined)
  // It comes late, into a page that is not here.
  const late = { ...(all[1_250] ?? assert.fail()), id: 'z'.repeat(28) }
  bench.rows.push(late)
  for (const at of [1_220, 4_900, 450, 2_190]) {
    session.look(at, at + 40)
    while (session.view().fetching) await settled()
    const { rows } = session.view()
    const expected = bench.newestFirst().slice(at, at + 40)
    assert.deepEqual(rows.run(at, at + 40), { first: at, rows: expected }, `${at}`)
    assert.equal(rows.count, 5_001)
    assert.ok(kept() <= 12, `${kept()} pages in memory`)
    if (at === 1_220) assert.ok(rows.indexOf(late.id) > 0)
  }
  assert.equal(session.view().rows.indexOf(late.id), -1, 'it is far from the reader')
})
