/** Counts and histograms as Elasticsearch computes them, and what it answers. */
import { LEVELS, type SearchReply } from '#proto/api.ts'
import type { SearchPlanInput } from '../../store.ts'
import { FIELDS } from '../field-names.ts'
import type { GroupPage } from './group-pages.ts'

/** The server's limit on all groups of one answer is 65,536 by default. */
const SERVICES_MAX = 10_000
const BARS_OF_PAGE = 5_000

type Wanted = Pick<SearchPlanInput, 'include' | 'intervalUs'>

export function countAggregations({ include, intervalUs }: Wanted): Record<string, unknown> {
  return {
    ...(include.has('by_level') ? { by_level: counts(FIELDS.level, LEVELS.length) } : {}),
    ...(include.has('by_service') ? { by_service: counts(FIELDS.service, SERVICES_MAX) } : {}),
    ...(include.has('histogram') ? { histogram: histogram(intervalUs, null) } : {}),
  }
}

/** Pages of bars, for there may be more of them than one answer can hold. */
export function histogram(intervalUs: number, after: unknown): Readonly<Record<string, unknown>> {
  const fixed_interval = `${Math.max(1, Math.round(intervalUs / 1_000))}ms`
  return {
    composite: {
      size: BARS_OF_PAGE,
      sources: [
        { bar: { date_histogram: { field: FIELDS.time, fixed_interval } } },
        { level: { terms: { field: FIELDS.level } } },
      ],
      ...(after === null ? {} : { after }),
    },
  }
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

export interface AggregationsAnswer {
  readonly by_level?: { readonly buckets: readonly Bucket[] }
  readonly by_service?: { readonly buckets: readonly Bucket[] }
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
    histogram: readBars(bars),
    interval: intervalUs / 1_000_000,
  }
}

function countsOf(part: { readonly buckets: readonly Bucket[] } | undefined): Map<string, number> {
  return new Map(part?.buckets.map(({ key, doc_count }) => [key, doc_count]))
}

function readBars(pages: readonly BarPage[]): SearchReply['aggregations']['histogram'] {
  const bars = new Map<number, Map<string, number>>()
  for (const { key, doc_count } of pages.flatMap(({ buckets }) => buckets)) {
    const bar = bars.get(key.bar) ?? new Map<string, number>()
    bar.set(key.level, doc_count)
    bars.set(key.bar, bar)
  }
  return [...bars].map(([startMs, byLevel]) => ({
    time: new Date(startMs).toISOString(),
    counts: Object.fromEntries(
      LEVELS.flatMap(level => (byLevel.has(level) ? [[level, byLevel.get(level) ?? 0]] : [])),
    ),
  }))
}
