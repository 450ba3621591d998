/**
 * Groups as Elasticsearch finds them: page by page, so that none is left out and no count is
 * guessed, whatever number of shards and indices the rows lie in.
 */
import type { Measure } from '#proto/query/analysis.ts'
import { type GroupsWanted, QUANTILES } from '../../analysis/groups-wanted.ts'
import type { MeasuredGroup } from '../../analysis/measured.ts'
import { FIELDS } from '../field-names.ts'
import type { GroupFields } from './group-fields.ts'
import { scriptedQuantiles } from './scripted-quantiles.ts'

/** Groups of one page. The server's own limit is 65,536 on all groups of one answer. */
export const GROUPS_OF_PAGE = 10_000

/** What is asked of each group. */
export type AskedOfGroups =
  /** The measures, quantiles by a script or out of cells, whose bounds are given by field. */
  | { readonly type: 'measures'; readonly quantiles: 'script' | readonly (readonly number[])[] }
  /** About how many different numbers there are of each field. */
  | { readonly type: 'different-numbers' }
  /** Nothing but its key. */
  | { readonly type: 'keys' }
  /** Its numbers of a field, a group for each: the last part of its key. */
  | { readonly type: 'numbers'; readonly at: number }

export interface GroupQuestion {
  readonly runtimeMappings: Readonly<Record<string, unknown>>
  /** The aggregation of the page behind `after`; null = of the first. */
  readonly page: (after: unknown, size?: number) => Readonly<Record<string, unknown>>
}

export interface GroupPage {
  readonly after_key?: unknown
  readonly buckets: readonly GroupBucket[]
}

/**
 * Of measure i its value under `m`; of field i how many numbers under `n`, quantiles under `q`,
 * cells under `c`.
 */
export interface GroupBucket
  extends Readonly<Partial<Record<`m${number}` | `n${number}` | `q${number}`, ValueAnswer>>>,
    Readonly<Partial<Record<`c${number}`, CellsAnswer>>> {
  readonly key?: Readonly<Record<string, string | number | null>>
  readonly doc_count: number
}

interface ValueAnswer {
  readonly value?: number | readonly (number | null)[] | null
}

interface CellsAnswer {
  readonly buckets: readonly { readonly doc_count: number }[]
}

export function groupQuestion(
  wanted: GroupsWanted,
  measures: readonly Measure[],
  fields: GroupFields,
  asked: AskedOfGroups,
): GroupQuestion {
  const sources = keySources(wanted, fields)
  if (asked.type === 'numbers') {
    sources.push({ [NUMBER]: { terms: { field: fields.numbers[asked.at] } } })
  }
  const isPlain = asked.type === 'numbers' || asked.type === 'keys'
  const aggs = isPlain ? {} : groupAggs(wanted, measures, fields, asked)
  return {
    runtimeMappings: fields.runtimeMappings,
    page: (after, size = GROUPS_OF_PAGE) =>
      sources.length === 0
        ? { filters: { filters: [{ match_all: {} }] }, aggs }
        : { composite: { size, sources, ...(after === null ? {} : { after }) }, aggs },
  }
}

/** The last part of a key whose groups are numbers. */
export const NUMBER = 'number'

function keySources({ barUs, by }: GroupsWanted, fields: GroupFields): Record<string, unknown>[] {
  const sources: Record<string, unknown>[] = []
  if (barUs !== null) {
    const fixed_interval = `${Math.round(barUs / 1_000)}ms`
    sources.push({ bar: { date_histogram: { field: FIELDS.time, fixed_interval } } })
  }
  for (const [i] of by.entries()) {
    sources.push({ [`k${i}`]: { terms: { field: fields.keys[i], missing_bucket: true } } })
  }
  return sources
}

function groupAggs(
  { numbers }: GroupsWanted,
  measures: readonly Measure[],
  fields: GroupFields,
  asked: Exclude<AskedOfGroups, { readonly type: 'numbers' | 'keys' }>,
): Readonly<Record<string, unknown>> {
  const aggs: Record<string, unknown> = {}
  for (const [at, name] of fields.numbers.entries()) {
    if (asked.type === 'different-numbers') {
      // Beyond the threshold it is a guess within a few percent.
      aggs[`n${at}`] = { cardinality: { field: name, precision_threshold: 40_000 } }
      continue
    }
    const { field } = numbers[at] as { readonly field: string }
    aggs[`n${at}`] = { value_count: { field: name } }
    for (const [i, measure] of measures.entries()) {
      if (measure.fn === 'count' || measure.field !== field) continue
      if (QUANTILES[measure.fn] === undefined) aggs[`m${i}`] = { [measure.fn]: { field: name } }
    }
    const shares = sharesOf(measures, field)
    if (shares.length === 0) continue
    if (asked.quantiles === 'script') {
      aggs[`q${at}`] = { scripted_metric: scriptedQuantiles(name, shares) }
      continue
    }
    const bounds = asked.quantiles[at] ?? []
    if (bounds.length > 0) aggs[`c${at}`] = { range: { field: name, ranges: rangesOf(bounds) } }
  }
  return aggs
}

/** Quantiles that are asked of a field, in the order of their answers. */
export function sharesOf(measures: readonly Measure[], field: string): readonly number[] {
  const functions = measures.flatMap(each =>
    each.fn !== 'count' && each.field === field ? [each.fn] : [],
  )
  return [...new Set(functions)].flatMap(fn => QUANTILES[fn] ?? [])
}

function rangesOf(bounds: readonly number[]): Readonly<Record<string, unknown>>[] {
  return Array.from({ length: bounds.length + 1 }, (_, cell) => rangeOf(bounds, cell, 'from', 'to'))
}

/** The bounds of a cell, the first included, under the given names. */
export function rangeOf(
  bounds: readonly number[],
  cell: number,
  from: string,
  to: string,
): Readonly<Record<string, unknown>> {
  const first = cell === 0 ? {} : { [from]: bounds[cell - 1] }
  return cell === bounds.length ? first : { ...first, [to]: bounds[cell] }
}

/** Groups of a page with their measures. */
export function readGroups(
  { buckets }: GroupPage,
  wanted: GroupsWanted,
  measures: readonly Measure[],
): MeasuredGroup[] {
  return buckets.map(bucket => ({
    barUs: Number(bucket.key?.['bar'] ?? 0) * 1_000,
    key: wanted.by.map((_, i) => textOf(bucket.key?.[`k${i}`])),
    rows: bucket.doc_count,
    values: measures.map((measure, i) => valueOf(bucket, wanted, { measures, measure, i })),
  }))
}

function textOf(part: string | number | null | undefined): string | null {
  return part === null || part === undefined ? null : String(part)
}

function valueOf(
  bucket: GroupBucket,
  { numbers }: GroupsWanted,
  { measures, measure, i }: { measures: readonly Measure[]; measure: Measure; i: number },
): number | null {
  if (measure.fn === 'count') return bucket.doc_count
  const at = numbers.findIndex(({ field }) => field === measure.field)
  // A sum of nothing would be 0.
  if (numberOf(bucket[`n${at}`]) === 0) return null
  const share = QUANTILES[measure.fn]
  if (share === undefined) return numberOf(bucket[`m${i}`])
  const answers = bucket[`q${at}`]?.value
  const place = sharesOf(measures, measure.field).indexOf(share)
  return typeof answers === 'object' ? (answers?.[place] ?? null) : null
}

function numberOf(answer: ValueAnswer | undefined): number | null {
  return typeof answer?.value === 'number' ? answer.value : null
}

/** The most different numbers that a field with quantiles has. */
export function differentNumbers({ buckets }: GroupPage, { numbers }: GroupsWanted): number {
  const counts = numbers.map(({ isEach }, i) =>
    isEach ? buckets.reduce((sum, bucket) => sum + (numberOf(bucket[`n${i}`]) ?? 0), 0) : 0,
  )
  return Math.max(0, ...counts)
}
