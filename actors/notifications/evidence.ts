/** The logs that belong to a firing: a few of its window, for people who read it on a phone. */
import type { HistoryEntry } from '#actors/catalog/alert-states.ts'
import { Turnstile } from '#actors/store/lanes.ts'
import type { LogStore, RowsAsked } from '#actors/store/store.ts'
import type { Row, SearchPart } from '#proto/api.ts'
import type { Query } from '#proto/query/tree.ts'
import { parseSearch } from '#proto/query.ts'
import { exploreLink, groupQuery, type LinkedWindow } from './explore-link.ts'
import {
  type AlertFindings,
  type AlertSeries,
  type CommonPattern,
  NO_FINDINGS,
  unusualValues,
} from './findings.ts'
import { rowsAsked, searchFor } from './rows-asked.ts'
import { type RuleSeriesDeps, ruleSeries } from './rule-series.ts'

const LINES_MAX = 5
/** Of several rules in one link. */
const QUERIES_MAX = 5
/** A message must not wait for a slow store. */
const SEARCH_MS_MAX = 5_000

/** Firings that the store is asked about in full at one time. */
const LOOKED_AT_ONCE = 4
/** Of those five seconds: whose turn does not come has its last logs. */
const TURN_MS_MAX = 2_000
/** Logs whose values are compared. */
const SAMPLE = 100
const FIRST_MAX = 2
const PATTERNS_MAX = 3

export interface EvidenceDeps extends RuleSeriesDeps {
  readonly store: Pick<LogStore, 'search' | 'patterns'>
  readonly publicUrl: () => string
}

export interface AlertEvidence {
  /** Newest first. */
  readonly lines: readonly Row[]
  readonly findings: AlertFindings
}

interface Asked extends LinkedWindow {
  readonly matching: Query
  readonly signal: AbortSignal
}

const NO_EVIDENCE: AlertEvidence = { lines: [], findings: NO_FINDINGS }

export class Evidence {
  readonly #deps: EvidenceDeps
  /** As many may wait as the notifier sends messages at one time. */
  readonly #turns = new Turnstile({ running: LOOKED_AT_ONCE, waiting: Number.POSITIVE_INFINITY })
  /** Channels are told the same firings at one time: the store is asked once. */
  readonly #looks = new Map<string, Promise<AlertEvidence>>()

  constructor(deps: EvidenceDeps) {
    this.#deps = deps
  }

  /** Explore at the windows of the changes. */
  link(changes: readonly HistoryEntry[]): string {
    return exploreLink(this.#deps.publicUrl(), windowOf(changes))
  }

  /** What there is of it: the alert is told all the same where the store does not answer. */
  async of(changes: readonly HistoryEntry[]): Promise<AlertEvidence> {
    if (changes[0]?.to !== 'firing') return this.#last(askedOf(changes))
    const key = changes.map(({ id }) => id).join()
    const known = this.#looks.get(key)
    if (known !== undefined) return known
    const look = this.#fired(changes).finally(() => this.#looks.delete(key))
    this.#looks.set(key, look)
    return look
  }

  async #fired(changes: readonly HistoryEntry[]): Promise<AlertEvidence> {
    const asked = askedOf(changes)
    const look = async (): Promise<AlertEvidence> => {
      if (asked !== null) return this.#look(asked, changes)
      const series = await this.#series(changes, timeout())
      return { lines: [], findings: { ...NO_FINDINGS, series } }
    }
    const patience = AbortSignal.timeout(TURN_MS_MAX)
    const looked = await this.#turns.enter(look, patience).catch(() => false as const)
    return looked === false ? this.#last(asked) : looked.result
  }

  async #last(asked: Asked | null): Promise<AlertEvidence> {
    return { ...NO_EVIDENCE, lines: asked === null ? [] : await this.#rows(asked, LINES_MAX) }
  }

  async #look(asked: Asked, changes: readonly HistoryEntry[]): Promise<AlertEvidence> {
    const { fromUs, toUs } = asked
    const before = { ...asked, fromUs: fromUs - (toUs - fromUs), toUs: fromUs }
    const [rows, first, earlier, patterns, series] = await Promise.all([
      this.#rows(asked, SAMPLE),
      this.#rows(asked, FIRST_MAX, 'asc'),
      this.#rows(before, SAMPLE),
      this.#patterns(asked),
      this.#series(changes, asked.signal),
    ])
    const lines = rows.slice(0, LINES_MAX)
    // Of few logs the last ones are all there are.
    const isAll = rows.length <= LINES_MAX
    const unusual = unusualValues(rows, earlier)
    return { lines, findings: { first: isAll ? [] : first, patterns, unusual, series } }
  }

  /** Of several groups there is no one series. */
  async #series(
    [change, ...others]: readonly HistoryEntry[],
    signal: AbortSignal,
  ): Promise<AlertSeries | null> {
    if (change === undefined || others.length > 0) return null
    return await ruleSeries(change, this.#deps, signal).catch(() => null)
  }

  async #rows(asked: Asked, limit: number, order: 'asc' | 'desc' = 'desc') {
    const { signal } = asked
    const plan = {
      ...searchFor(rowsOf(asked)),
      limit,
      order,
      include: new Set<SearchPart>(['logs']),
    }
    const found = await this.#deps.store.search(plan, signal).catch(() => null)
    return found?.logs.map(row => JSON.parse(row) as Row) ?? []
  }

  async #patterns(asked: Asked): Promise<readonly CommonPattern[]> {
    const { toUs, fromUs, signal } = asked
    const plan = { ...rowsOf(asked), limit: PATTERNS_MAX, examples: false }
    const found = await this.#deps.store
      .patterns({ ...plan, barUsOf: () => Math.max(1, toUs - fromUs) }, signal)
      .catch(() => null)
    return found?.patterns.map(({ template: pattern, count }) => ({ pattern, count })) ?? []
  }
}

/** null = they are about points of a metric. */
function askedOf(changes: readonly HistoryEntry[]): Asked | null {
  const window = windowOf(changes)
  const parsed = parseSearch(window.query)
  const isOfLogs = changes.some(({ about }) => about.query !== null)
  if (!isOfLogs || parsed.type !== 'search') return null
  return { ...window, matching: parsed.search.query, signal: timeout() }
}

function timeout(): AbortSignal {
  return AbortSignal.timeout(SEARCH_MS_MAX)
}

function rowsOf({ projectId, matching, fromUs, toUs }: Asked): RowsAsked {
  return rowsAsked({ projectId, query: matching, fromUs, toUs })
}

/** From the first window's beginning to the last one's end; one group's logs, if it is one. */
function windowOf(changes: readonly HistoryEntry[]): LinkedWindow {
  const [first] = changes
  if (first === undefined) throw new RangeError('a message tells something')
  const ends = changes.map(({ windowEndUs }) => windowEndUs)
  const begins = changes.map(change => change.windowEndUs - change.about.window_s * 1_000_000)
  return {
    projectId: first.projectId,
    query: changes.length === 1 ? groupQuery(first.about) : commonQuery(changes),
    fromUs: Math.min(...begins),
    toUs: Math.max(...ends),
  }
}

/** Of several groups what they have in common, of several rules what any of them looks at. */
function commonQuery(changes: readonly HistoryEntry[]): string {
  const queries = [...new Set(changes.map(({ about }) => about.query ?? '*'))]
  const [only = '*', ...others] = queries
  if (others.length === 0) return only === '*' ? '' : only
  const isAll = queries.includes('*') || queries.length > QUERIES_MAX
  return isAll ? '' : queries.map(query => `(${query})`).join(' OR ')
}
