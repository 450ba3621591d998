/** Counts and histograms as Elasticsearch computes them, and what it answers. */
import { LEVELS, type SearchReply } from '#proto/api.ts'
import type { SearchPlanInput } from '../../store.ts'
import { FIELDS } from '../field-names.ts'
import type { GroupPage } from './group-pages.ts'

/** The server's limit on all groups of one answer is 65,536 by default. */
const SERVICES_MAX = 10_000
const BARS_OF_PAGE = 5_000
/** Each may have as many parts as there are levels. */
const BARS_OF_ANSWER = 10_000
/** Rows are kept to be no further ahead. */
const AHEAD_US = 3_600_000_000

type Wanted = Pick<SearchPlanInput, 'include' | 'intervalUs' | 'startUs' | 'endUs'>

export function countAggregations(wanted: Wanted, nowUs: number): Record<string, unknown> {
  const { include, intervalUs, startUs, endUs } = wanted
  const bars = (Math.min(endUs, nowUs + AHEAD_US) - startUs) / intervalUs
  const histogram = bars <= BARS_OF_ANSWER ? allBars(intervalUs) : barPage(intervalUs, null)
  return {
    ...(include.has('by_level') ? { by_level: counts(FIELDS.level, LEVELS.length) } : {}),
    ...(include.has('by_service') ? { by_service: counts(FIELDS.service, SERVICES_MAX) } : {}),
    ...(include.has('histogram') ? histogram : {}),
  }
}

/** A level's rows are those of its posting list: a third of the time that pages of bars take. */
function allBars(intervalUs: number): Readonly<Record<string, unknown>> {
  const filters = Object.fromEntries(
    LEVELS.map(level => [level, { term: { [FIELDS.level]: level } }]),
  )
  const bars = { date_histogram: { ...barsOf(intervalUs), min_doc_count: 1 } }
  return { levels: { filters: { filters }, aggs: { bars } } }
}

/** For there may be more of them than one answer can hold. */
export function barPage(intervalUs: number, after: unknown): Readonly<Record<string, unknown>> {
  const composite = {
    size: BARS_OF_PAGE,
    sources: [
      { bar: { date_histogram: barsOf(intervalUs) } },
      { level: { terms: { field: FIELDS.level } } },
    ],
    ...(after === null ? {} : { after }),
  }
  return { histogram: { composite } }
}

function barsOf(intervalUs: number): Readonly<Record<string, unknown>> {
  const milliseconds = Math.max(1, Math.round(intervalUs / 1_000))
  return { field: FIELDS.time, fixed_interval: `${milliseconds}ms` }
}

/** A row without the field has an empty text there. */
function counts(field: string, size: number): Readonly<Record<string, unknown>> {
  return { terms: { field, size, shard_size: size, missing: '' } }
}

interface Bucket {
  readonly key: string
  readonly doc_count: number
}

export interface BarPage {
  readonly after_key?: unknown
  readonly buckets: readonly {
    readonly key: { readonly bar: number; readonly level: string }
    readonly doc_count: number
  }[]
}

/** Bars of each level. */
interface LevelsAnswer {
  readonly buckets: Readonly<
    Record<
      string,
      {
        readonly bars: {
          readonly buckets: readonly { readonly key: number; readonly doc_count: number }[]
        }
      }
    >
  >
}

export interface AggregationsAnswer {
  readonly by_level?: { readonly buckets: readonly Bucket[] }
  readonly by_service?: { readonly buckets: readonly Bucket[] }
  /** All bars, or the first page of them. */
  readonly levels?: LevelsAnswer
  readonly histogram?: BarPage
  readonly groups?: GroupPage
}

/** Whether a page of bars may have others behind it. */
export function hasMoreBars({ buckets, after_key }: BarPage): boolean {
  return buckets.length === BARS_OF_PAGE && after_key !== undefined
}

export function readCounts(
  answer: AggregationsAnswer,
  bars: readonly BarPage[],
  intervalUs: number,
): SearchReply['aggregations'] {
  const byLevel = countsOf(answer.by_level)
  return {
    by_level: Object.fromEntries(
      LEVELS.flatMap(level => (byLevel.has(level) ? [[level, byLevel.get(level) ?? 0]] : [])),
    ),
    by_service: Object.fromEntries(countsOf(answer.by_service)),
    histogram: readBars([...barsByLevel(answer.levels), ...bars.flatMap(pageBars)]),
    interval: intervalUs / 1_000_000,
  }
}

function countsOf(part: { readonly buckets: readonly Bucket[] } | undefined): Map<string, number> {
  return new Map(part?.buckets.map(({ key, doc_count }) => [key, doc_count]))
}

interface Bar {
  readonly startMs: number
  readonly level: string
  readonly count: number
}

function barsByLevel(levels: LevelsAnswer | undefined): readonly Bar[] {
  return Object.entries(levels?.buckets ?? {}).flatMap(([level, { bars }]) =>
    bars.buckets.map(({ key: startMs, doc_count: count }) => ({ startMs, level, count })),
  )
}

function pageBars({ buckets }: BarPage): readonly Bar[] {
  return buckets.map(({ key: { bar, level }, doc_count: count }) => ({
    startMs: bar,
    level,
    count,
  }))
}

/** In the order of time. */
function readBars(parts: readonly Bar[]): SearchReply['aggregations']['histogram'] {
  const bars = new Map<number, Map<string, number>>()
  for (const { startMs, level, count } of parts) {
    const bar = bars.get(startMs) ?? new Map<string, number>()
    bar.set(level, count)
    bars.set(startMs, bar)
  }
  const inOrder = [...bars].sort(([a], [b]) => a - b)
  return inOrder.map(([startMs, byLevel]) => ({
    time: new Date(startMs).toISOString(),
    counts: Object.fromEntries(
      LEVELS.flatMap(level => (byLevel.has(level) ? [[level, byLevel.get(level) ?? 0]] : [])),
    ),
  }))
}
