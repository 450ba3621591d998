/**
 * One view of the explorer at work: its rows, counts and pages, and the live tail that goes on
 * where the search ended. Knows neither DOM nor framework; network and clock come from outside.
 */
import type { Row, SearchReply, SearchRequest, Table } from '#proto/api.ts'
import type { TailFrame } from '#proto/tail.ts'
import type { Trouble } from '#proto/trouble.ts'
import { type Cancel, type Clock, every } from '../clock.ts'
import { timeMs } from '../kit/wall-time.ts'
import { type Counts, NO_COUNTS, readCounts, slidTo, withRows } from './counts-model.ts'
import { DEEP_PAGE_ROWS, DeepRows, type ListSizes } from './deep-rows.ts'
import { DelayMeter } from './delay-meter.ts'
import { RateMeter } from './rate-meter.ts'
import { rowTimeMs } from './row-order.ts'
import { RowSequence } from './row-sequence.ts'
import {
  countParts,
  countsRequest,
  firstPage,
  holeRequest,
  levelFacetRequest,
  nextPage,
  PAGE_ROWS,
  pageBelow,
  type SearchScope,
  serviceFacetRequest,
} from './search-model.ts'
import { type ServiceLevels, withStreamed } from './stream-levels.ts'
import { withPage } from './table-model.ts'
import { type SocketEvents, TailConnection, type TailStatus } from './tail-connection.ts'
import {
  type Hole,
  ROWS_HEAD_MAX,
  ROWS_KEPT_MAX,
  ROWS_SCROLLED_MAX,
  TailModel,
} from './tail-model.ts'

export interface SessionOptions {
  readonly search: (request: SearchRequest, signal: AbortSignal) => Promise<SearchReply>
  readonly openTail: (scope: SearchScope, token: string, events: SocketEvents) => Cancel
  readonly clock: Clock
  readonly jitter: () => number
  /** Something in `view()` changed. */
  readonly onChange: () => void
  /** The tail lost its connection: perhaps the session ended. */
  readonly onLost: () => void
  /** Others than a page has, for tests. */
  readonly sizes?: ListSizes
}

/** Everything that is shown, as of now. */
export interface SessionView {
  readonly scope: SearchScope | null
  readonly rows: RowSequence
  /** Rows that are in view are on their way. */
  readonly fetching: boolean
  /** In place of rows, where the query has stages behind a bar. */
  readonly table: Table | null
  /** A new search is under way; rows and counts are still those of the last one. */
  readonly loading: boolean
  readonly error: Error | null
  readonly counts: Counts | null
  readonly streamed: ServiceLevels
  readonly queryTimeMs: number | null
  readonly more: 'idle' | 'loading' | 'failed' | 'end' | 'full'
  readonly live: TailStatus
  readonly liveProblem: string | null
  readonly troubles: readonly Trouble[]
  readonly paused: boolean
  readonly waitingCount: number
  readonly holes: readonly Hole[]
  readonly rowsPerSecond: number
  /** From a row's own time to its receipt, of what came lately; null = nothing came. */
  readonly delayMs: number | null
}

const TICK_MS = 1000
const RECOUNT_TICKS = 60
const RECOUNT_SOON = 2

export class ExploreSession {
  readonly #options: SessionOptions
  readonly #tail: TailModel
  readonly #sizes: ListSizes
  readonly #deep: DeepRows
  #rows = new RowSequence([])
  readonly #rate = new RateMeter()
  readonly #delay = new DelayMeter()
  readonly #connection: TailConnection
  #scope: SearchScope | null = null
  #abort = new AbortController()
  #loading = false
  #error: Error | null = null
  #counts: Counts | null = null
  #streamed: ServiceLevels = new Map()
  #queryTimeMs: number | null = null
  #table: Table | null = null
  #cursor: string | null = null
  #more: SessionView['more'] = 'idle'
  #live: TailStatus = 'off'
  #liveProblem: string | null = null
  #stopTicking: Cancel = () => {}
  #ticks = 0

  constructor(options: SessionOptions) {
    this.#options = options
    this.#deep = new DeepRows(options.onChange)
    this.#sizes = options.sizes ?? { head: ROWS_HEAD_MAX, page: DEEP_PAGE_ROWS }
    this.#tail = new TailModel(ROWS_KEPT_MAX, this.#sizes.head)
    this.#connection = new TailConnection({
      clock: options.clock,
      jitter: options.jitter,
      open: (token, events) => options.openTail(this.#scope as SearchScope, token, events),
      onFrame: frame => this.#receive(frame),
      onStatus: (status, problem) => this.#showStatus(status, problem),
    })
  }

  view(): SessionView {
    return {
      scope: this.#scope,
      rows: this.#sequence(),
      fetching: this.#deep.fetching,
      table: this.#table,
      loading: this.#loading,
      error: this.#error,
      counts: this.#counts,
      streamed: this.#streamed,
      queryTimeMs: this.#queryTimeMs,
      more: this.#more,
      live: this.#live,
      liveProblem: this.#liveProblem,
      troubles: this.#tail.troubles,
      paused: this.#tail.paused,
      waitingCount: this.#tail.waitingCount,
      holes: this.#tail.holes,
      rowsPerSecond: this.#rate.perSecond(this.#options.clock.nowMs()),
      delayMs: this.#delay.medianMs(this.#options.clock.nowMs()),
    }
  }

  /** Searches anew and, when `live`, goes on with the tail; what ran before is given up. */
  run(scope: SearchScope, live: boolean): void {
    this.stopLive()
    this.#abort.abort()
    this.#abort = new AbortController()
    this.#scope = scope
    this.#loading = true
    this.#error = null
    this.#more = 'idle'
    this.#options.onChange()
    void this.#firstSearch(scope, live, this.#abort.signal)
  }

  stopLive(): void {
    this.#stopTicking()
    this.#connection.stop()
    this.#rate.reset()
    this.#delay.reset()
    this.#tail.pause(false)
    this.#tail.catchUp()
    this.#options.onChange()
  }

  dispose(): void {
    this.stopLive()
    this.#abort.abort()
  }

  pause(paused: boolean): void {
    this.#tail.pause(paused)
    this.#options.onChange()
  }

  /** The reader scrolled away from the newest row, or is back. */
  lookAway(away: boolean): void {
    this.#tail.lookAway(away)
    this.#options.onChange()
  }

  nudge(): void {
    this.#connection.nudge()
  }

  /** Fetches the rows that follow the last one. */
  loadMore(): void {
    const scope = this.#scope
    if (scope === null || this.#loading || !['idle', 'failed'].includes(this.#more)) return
    const request = this.#nextRequest(scope)
    if (request === null) return
    this.#more = 'loading'
    this.#options.onChange()
    void this.#loadPage(request, this.#abort.signal)
  }

  /** Those rows are in view: what is missing of them is read again. */
  look(first: number, end: number): void {
    const [scope, { signal }] = [this.#scope, this.#abort]
    if (scope === null || this.#loading) return
    this.#deep.look({ rows: () => this.#sequence(), first, end }, (cursor, limit) =>
      this.#search(nextPage(scope, cursor, limit), signal),
    )
  }

  /** Searches the rows of a hole; what they were dropped from, they are sorted into. */
  fillHole(hole: Hole): void {
    const scope = this.#scope
    if (scope === null || hole.state === 'filling') return
    this.#tail.setHole(hole.number, 'filling')
    this.#options.onChange()
    void this.#fetchHole(scope, hole, this.#abort.signal)
  }

  async #firstSearch(scope: SearchScope, live: boolean, signal: AbortSignal): Promise<void> {
    // Live counts go on from the very snapshot of the rows; else the rows need not wait for them.
    const together = live ? countParts(scope) : []
    const rows = this.#search(firstPage(scope, ['logs', ...together]), signal)
    const counts = live ? rows : this.#search(countsRequest(scope), signal)
    const counted = this.#readCounts(scope, counts, signal)
    try {
      const reply = await rows
      if (signal.aborted) return
      this.#tail.restart(reply.logs, reply.tail_token)
      this.#deep.clear()
      this.#table = reply.table ?? null
      this.#cursor = reply.next_cursor
      this.#more = reply.next_cursor === null ? 'end' : 'idle'
      this.#queryTimeMs = reply.query_time_ms
      await counted
      if (signal.aborted) return
      if (live) this.#startLive(reply.tail_token)
    } catch (error) {
      if (signal.aborted) return
      this.#tail.restart([], '')
      this.#deep.clear()
      this.#table = null
      this.#counts = null
      this.#error = error as Error
    }
    this.#loading = false
    this.#options.onChange()
  }

  /** Counts that fail leave an empty chart; the rows tell what went wrong. */
  async #readCounts(
    scope: SearchScope,
    counted: Promise<SearchReply>,
    signal: AbortSignal,
  ): Promise<void> {
    const optional = (request: SearchRequest | null): Promise<SearchReply | null> =>
      request === null ? Promise.resolve(null) : this.#search(request, signal)
    try {
      const [reply, levels, services] = await Promise.all([
        counted,
        optional(levelFacetRequest(scope)),
        optional(serviceFacetRequest(scope)),
      ])
      if (signal.aborted) return
      this.#counts = readCounts(reply, {
        ...(levels === null ? {} : { byLevel: levels.aggregations.by_level }),
        ...(services === null ? {} : { byService: services.aggregations.by_service }),
      })
    } catch {
      if (!signal.aborted) this.#counts = null
    }
    if (!signal.aborted) this.#options.onChange()
  }

  #startLive(token: string): void {
    this.#ticks = 0
    this.#stopTicking = every(this.#options.clock, TICK_MS, () => this.#tick())
    this.#connection.start(token)
  }

  /** The span moves on by itself; services only add up and are counted anew now and then. */
  #tick(): void {
    const scope = this.#movedScope()
    if (scope === null) return
    this.#ticks++
    this.#counts = this.#counts === null ? null : slidTo(this.#counts, scope.fromMs)
    if (this.#ticks >= RECOUNT_TICKS) {
      this.#ticks = 0
      const { signal } = this.#abort
      void this.#readCounts(scope, this.#search(countsRequest(scope), signal), signal)
    }
    this.#options.onChange()
  }

  #movedScope(): SearchScope | null {
    const scope = this.#scope
    if (scope === null) return null
    const passed = this.#options.clock.nowMs() - scope.searchedMs
    return { ...scope, fromMs: scope.fromMs + passed }
  }

  #receive(frame: TailFrame): void {
    const fresh = this.#tail.receive(frame)
    if (fresh.length > 0) {
      this.#rate.add(fresh.length, this.#options.clock.nowMs())
      this.#delay.add(
        fresh.map(row => timeMs(row.ingested_at) - rowTimeMs(row)),
        this.#options.clock.nowMs(),
      )
      this.#counts = withRows(this.#counts ?? NO_COUNTS, fresh)
      this.#streamed = withStreamed(this.#streamed, fresh)
      if (this.#tail.shown.cut && this.#more === 'end') this.#more = 'idle'
    }
    // What was dropped is missing in the counts: soon they are counted anew.
    if (frame.type === 'dropped') this.#ticks = Math.max(this.#ticks, RECOUNT_TICKS - RECOUNT_SOON)
    for (const hole of this.#tail.holes)
      if (hole.kind === 'gap' && hole.state === 'open') this.fillHole(hole)
    this.#options.onChange()
  }

  #showStatus(status: TailStatus, problem: string | null): void {
    this.#live = status
    this.#liveProblem = problem
    if (status === 'waiting') this.#options.onLost()
    this.#options.onChange()
  }

  #nextRequest(scope: SearchScope): SearchRequest | null {
    if (this.#table !== null) return this.#cursor === null ? null : nextPage(scope, this.#cursor)
    const { rows, cut } = this.#tail.shown
    const last = rows.at(-1)
    if (last === undefined) return null
    const { head, page } = this.#sizes
    const isDeep = rows.length >= head
    // What lies below a head that has forgotten its end has no cursor.
    if (this.#sequence().count >= ROWS_SCROLLED_MAX || (isDeep && cut)) {
      this.#more = 'full'
      return null
    }
    if (cut) return pageBelow(scope, last)
    if (this.#cursor === null) return null
    return nextPage(scope, this.#cursor, rows.length < page ? PAGE_ROWS : page)
  }

  /** Where the newest rows have pushed out others, nothing is known of what lies below. */
  #sequence(): RowSequence {
    const { rows, cut } = this.#tail.shown
    if (cut) this.#deep.clear()
    const { pages } = this.#deep
    if (this.#rows.head !== rows || this.#rows.pages !== pages) {
      this.#rows = new RowSequence(rows, pages)
    }
    return this.#rows
  }

  async #loadPage(request: SearchRequest, signal: AbortSignal): Promise<void> {
    try {
      const reply = await this.#search(request, signal)
      if (signal.aborted) return
      this.#tail.shown.mend()
      this.#takePage(request.cursor, reply.logs)
      this.#table = withPage(this.#table, reply.table)
      this.#cursor = reply.next_cursor
      this.#more = reply.next_cursor === null ? 'end' : 'idle'
    } catch {
      if (signal.aborted) return
      this.#more = 'failed'
    }
    this.#options.onChange()
  }

  /** Rows that the head has no room for are a page below it. */
  #takePage(cursor: string | undefined, rows: readonly Row[]): void {
    const room = Math.max(0, this.#sizes.head - this.#tail.shown.rows.length)
    if (cursor === undefined || rows.length <= room) this.#tail.addFound(rows)
    else this.#deep.add(cursor, rows)
  }

  async #fetchHole(scope: SearchScope, hole: Hole, signal: AbortSignal): Promise<void> {
    let cursor: string | null = null
    let found = 0
    try {
      do {
        const reply: SearchReply = await this.#search(holeRequest(scope, hole, cursor), signal)
        if (signal.aborted) return
        const fresh = this.#tail.addFound(reply.logs)
        this.#counts = withRows(this.#counts ?? NO_COUNTS, fresh)
        found += reply.logs.length
        cursor = reply.next_cursor
      } while (cursor !== null && found < ROWS_KEPT_MAX)
      this.#tail.setHole(hole.number, cursor === null ? 'filled' : 'partly')
    } catch {
      if (signal.aborted) return
      this.#tail.setHole(hole.number, 'failed')
    }
    this.#options.onChange()
  }

  #search(request: SearchRequest, signal: AbortSignal): Promise<SearchReply> {
    return this.#options.search(request, signal)
  }
}
