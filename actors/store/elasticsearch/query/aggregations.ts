/** Counts, histograms and aggregates as Elasticsearch computes them, and what it answers. */
import { type AggregateRequest, LEVELS, type SearchReply } from '#proto/api.ts'
import { type AggregateValue, orderAnswers } from '../../aggregate.ts'
import type { SearchPlanInput } from '../../store.ts'
import { FIELDS } from '../field-names.ts'
import { groupScript, numberScript } from './attribute-scripts.ts'
import { MESSAGE_RUNTIME } from './runtime-fields.ts'

/** The server's limit on all groups of one answer is 65,536 by default. */
const SERVICES_MAX = 10_000
const GROUPS_MAX = 10_000
const BARS_OF_PAGE = 5_000
/** Values up to which a percentile is exact; beyond it a digest of this fineness answers. */
const DIGEST_COMPRESSION = 1_000

const PERCENTS = { p50: 50, p95: 95, p99: 99 } as const
const GROUP = 'logboy_group'
const NUMBER = 'logboy_number'

export interface AggregationsAsked {
  readonly aggs: Readonly<Record<string, unknown>>
  readonly runtimeMappings: Readonly<Record<string, unknown>>
}

type Wanted = Pick<SearchPlanInput, 'include' | 'intervalUs' | 'aggregate'>

export function askAggregations({ include, intervalUs, aggregate }: Wanted): AggregationsAsked {
  const aggs: Record<string, unknown> = {}
  if (include.has('by_level')) aggs['by_level'] = counts(FIELDS.level, LEVELS.length)
  if (include.has('by_service')) aggs['by_service'] = counts(FIELDS.service, SERVICES_MAX)
  if (include.has('histogram')) aggs['histogram'] = histogram(intervalUs, null)
  if (aggregate === null) return { aggs, runtimeMappings: {} }
  const { fn, field, by } = aggregate
  const runtimeMappings: Record<string, unknown> = {}
  const group = by === undefined ? null : groupField(by, runtimeMappings)
  if (fn !== 'count') {
    runtimeMappings[NUMBER] = { type: 'double', script: { source: numberScript(field ?? '') } }
  }
  const values = valueAggs(fn)
  if (group === null) Object.assign(aggs, values)
  else aggs['groups'] = { ...counts(group, GROUPS_MAX), aggs: values }
  return { aggs, runtimeMappings }
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

function counts(field: string, size: number): Readonly<Record<string, unknown>> {
  // A row without the field has an empty text there; of an attribute it has no value.
  const missing = field === GROUP ? {} : { missing: '' }
  return { terms: { field, size, shard_size: size, ...missing } }
}

function groupField(by: string, runtimeMappings: Record<string, unknown>): string {
  switch (by) {
    case 'level':
      return FIELDS.level
    case 'service':
      return FIELDS.service
    case 'host':
      return FIELDS.host
    case 'file':
      return FIELDS.file
    case 'severity_text':
      return FIELDS.severityText
    case 'message':
      runtimeMappings[GROUP] = MESSAGE_RUNTIME
      return GROUP
    default:
      runtimeMappings[GROUP] = { type: 'keyword', script: { source: groupScript(by) } }
      return GROUP
  }
}

function valueAggs(fn: AggregateRequest['fn']): Readonly<Record<string, unknown>> {
  switch (fn) {
    case 'count':
      return {}
    case 'avg':
    case 'min':
    case 'max':
      return { value: { [fn]: { field: NUMBER } } }
    case 'p50':
    case 'p95':
    case 'p99': {
      const tdigest = { compression: DIGEST_COMPRESSION }
      const percentiles = { field: NUMBER, percents: [PERCENTS[fn]], keyed: false, tdigest }
      return { value: { percentiles } }
    }
  }
}

interface Bucket {
  readonly key: string
  readonly doc_count: number
  readonly value?: ValueAnswer
}

interface ValueAnswer {
  readonly value?: number | null
  readonly values?: readonly { readonly value: number | null }[]
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
  readonly groups?: { readonly buckets: readonly Bucket[] }
  readonly value?: ValueAnswer
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

export function readAggregate(
  request: AggregateRequest,
  answer: AggregationsAnswer,
  total: number,
): AggregateValue[] {
  const { fn, by } = request
  if (by === undefined) {
    const value = fn === 'count' ? total : valueOf(answer.value)
    return orderAnswers(request, [{ key: '', value }])
  }
  const groups = (answer.groups?.buckets ?? []).map(({ key, doc_count, value }) => ({
    key,
    value: fn === 'count' ? doc_count : valueOf(value),
  }))
  // A group has rows of which none has the number: then it is none.
  return orderAnswers(
    request,
    groups.filter(({ value }) => value !== null),
  )
}

function valueOf(answer: ValueAnswer | undefined): number | null {
  const value = answer?.values === undefined ? answer?.value : answer.values[0]?.value
  return value ?? null
}
