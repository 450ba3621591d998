/**
 * Groups as Elasticsearch finds them: page by page, so that none is left out and no count is
 * guessed, whatever number of shards and indices the rows lie in.
 */

import { ATTRIBUTE_SEARCH_CHARS_MAX } from '#proto/limits.ts'
import { type Measure, type NumberFunction } from '#proto/query/analysis.ts'
import type { GroupsWanted } from '../../analysis/groups-wanted.ts'
import { QUANTILES } from '../../analysis/groups-wanted.ts'
import type { MeasuredGroup } from '../../analysis/measured.ts'
import { FIELDS } from '../field-names.ts'
import { groupScript, numberScript } from './attribute-scripts.ts'

/** Groups of one page. The server's own limit is 65,536 on all groups of one answer. */
export const GROUPS_OF_PAGE = 10_000
const NUMBER_PREFIX = 'logboy_number_'
const KEY_PREFIX = 'logboy_key_'

/** Columns that can be grouped by as they are. An empty name is never written. */
const KEY_FIELDS: Readonly<Record<string, string>> = {
  level: FIELDS.level,
  service: FIELDS.service,
  host: FIELDS.host,
  file: FIELDS.file,
  severity_text: FIELDS.severityText,
}

export interface GroupQuestion {
  readonly runtimeMappings: Readonly<Record<string, unknown>>
  /** The aggregation of the page behind `after`; null = of the first. */
  readonly page: (after: unknown) => Readonly<Record<string, unknown>>
}

export interface GroupPage {
  readonly after_key?: unknown
  readonly buckets: readonly GroupBucket[]
}

/** Of measure i its value under `m`, of field i how many numbers under `n`, quantiles under `q`. */
interface GroupBucket
  extends Readonly<Partial<Record<`m${number}` | `n${number}` | `q${number}`, ValueAnswer>>> {
  readonly key?: Readonly<Record<string, string | number | null>>
  readonly doc_count: number
}

interface ValueAnswer {
  readonly value?: number | readonly (number | null)[] | null
}

/** `isCounting`: how many numbers there are of each field instead of the measures. */
export function groupQuestion(
  wanted: GroupsWanted,
  measures: readonly Measure[],
  isCounting: boolean,
): GroupQuestion {
  const { barUs, by, numbers } = wanted
  const runtimeMappings: Record<string, unknown> = {}
  const sources: Record<string, unknown>[] = []
  if (barUs !== null) {
    const fixed_interval = `${Math.round(barUs / 1_000)}ms`
    sources.push({ bar: { date_histogram: { field: FIELDS.time, fixed_interval } } })
  }
  for (const [i, key] of by.entries()) {
    const field = KEY_FIELDS[key] ?? `${KEY_PREFIX}${i}`
    if (KEY_FIELDS[key] === undefined) runtimeMappings[field] = keyMapping(key)
    sources.push({ [`k${i}`]: { terms: { field, missing_bucket: true } } })
  }
  for (const [i, { field }] of numbers.entries()) {
    const script = { source: numberScript(field) }
    runtimeMappings[`${NUMBER_PREFIX}${i}`] = { type: 'double', script }
  }
  const aggs = isCounting ? numberCounts(wanted) : measureAggs(wanted, measures)
  return {
    runtimeMappings,
    page: after =>
      sources.length === 0
        ? { filters: { filters: [{ match_all: {} }] }, aggs }
        : {
            composite: { size: GROUPS_OF_PAGE, sources, ...(after === null ? {} : { after }) },
            aggs,
          },
  }
}

/**
 * About how many different numbers each field has: what quantiles have to hold. Beyond the
 * threshold it is a guess within a few percent.
 */
function numberCounts({ numbers }: GroupsWanted): Readonly<Record<string, unknown>> {
  const counts = numbers.map((_, i) => [
    `n${i}`,
    { cardinality: { field: `${NUMBER_PREFIX}${i}`, precision_threshold: 40_000 } },
  ])
  return Object.fromEntries(counts)
}

function measureAggs(
  { numbers }: GroupsWanted,
  measures: readonly Measure[],
): Readonly<Record<string, unknown>> {
  const aggs: Record<string, unknown> = {}
  for (const [at, { field }] of numbers.entries()) {
    const name = `${NUMBER_PREFIX}${at}`
    const own = measures.flatMap(each =>
      each.fn !== 'count' && each.field === field ? [each.fn] : [],
    )
    aggs[`n${at}`] = { value_count: { field: name } }
    for (const [i, measure] of measures.entries()) {
      if (measure.fn === 'count' || measure.field !== field) continue
      if (QUANTILES[measure.fn] === undefined) aggs[`m${i}`] = { [measure.fn]: { field: name } }
    }
    const shares = quantilesOf(own)
    if (shares.length > 0) aggs[`q${at}`] = { scripted_metric: exactQuantiles(name, shares) }
  }
  return aggs
}

function quantilesOf(functions: readonly NumberFunction[]): readonly number[] {
  return [...new Set(functions)].flatMap(fn => QUANTILES[fn] ?? [])
}

/**
 * The different numbers of a group with how many rows have each, in order, and what stands between
 * those around (n - 1) × q: as analysis/quantile.ts has it. Elasticsearch's own percentiles are
 * guesses beyond a few thousand numbers. What crosses shards are lists: keys of maps would have to
 * be texts.
 */
function exactQuantiles(
  field: string,
  shares: readonly number[],
): Readonly<Record<string, unknown>> {
  return {
    params: { field, shares },
    init_script: 'state.counts = new HashMap();',
    map_script: `if (doc[params.field].size() > 0) {
  double number = doc[params.field].value;
  state.counts.put(number, state.counts.getOrDefault(number, 0L) + 1L);
}`,
    combine_script: `List numbers = new ArrayList();
List counts = new ArrayList();
for (entry in state.counts.entrySet()) {
  numbers.add(entry.getKey());
  counts.add(entry.getValue());
}
return [numbers, counts];`,
    reduce_script: `TreeMap counts = new TreeMap();
long size = 0;
for (part in states) {
  if (part == null) continue;
  for (int i = 0; i < part[0].size(); i++) {
    long count = ((Number) part[1][i]).longValue();
    counts.put(part[0][i], counts.getOrDefault(part[0][i], 0L) + count);
    size += count;
  }
}
List answers = new ArrayList();
for (share in params.shares) {
  if (size == 0) { answers.add(null); continue; }
  double place = (size - 1) * ((Number) share).doubleValue();
  long below = (long) Math.floor(place);
  double low = 0;
  double high = 0;
  long seen = 0;
  for (entry in counts.entrySet()) {
    long before = seen;
    seen += ((Number) entry.getValue()).longValue();
    if (before <= below && below < seen) { low = entry.getKey(); high = low; }
    if (before <= below + 1 && below + 1 < seen) { high = entry.getKey(); break; }
  }
  answers.add(low + (high - low) * (place - below));
}
return answers;`,
  }
}

function keyMapping(key: string): Readonly<Record<string, unknown>> {
  const source = (script: string): Readonly<Record<string, unknown>> => ({
    type: 'keyword',
    script: { source: script },
  })
  switch (key) {
    case 'message':
      return source(`def text = params._source['${FIELDS.message}'];
if (text != null && text.length() > 0 && text.length() <= ${ATTRIBUTE_SEARCH_CHARS_MAX}) emit(text);`)
    case 'trace_id':
      return source(groupScript(key, FIELDS.traceId))
    case 'span_id':
      return source(groupScript(key, FIELDS.spanId))
    default:
      return source(groupScript(key, null))
  }
}

/** Groups of a page, and how many numbers of the fields with quantiles they have. */
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
  const own = measures.flatMap(each =>
    each.fn !== 'count' && each.field === measure.field ? [each.fn] : [],
  )
  const answers = bucket[`q${at}`]?.value
  return typeof answers === 'object' ? (answers?.[quantilesOf(own).indexOf(share)] ?? null) : null
}

function numberOf(answer: ValueAnswer | undefined): number | null {
  return typeof answer?.value === 'number' ? answer.value : null
}

/** The most numbers that a field with quantiles has, of a page that counts them. */
export function numbersIn({ buckets }: GroupPage, { numbers }: GroupsWanted): number {
  const counts = numbers.map(({ isEach }, i) =>
    isEach ? buckets.reduce((sum, bucket) => sum + (numberOf(bucket[`n${i}`]) ?? 0), 0) : 0,
  )
  return Math.max(0, ...counts)
}
