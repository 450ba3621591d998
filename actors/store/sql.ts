/**
 * SQL for aggregates over whole segments, one SELECT per set of files with the same columns (never
 * union_by_name: it turns columns of mixed types into text). Words are not searched in SQL: the
 * block index and the matcher are several times faster at that, and exact where RE2 folds
 * differently.
 */
import assert from 'node:assert/strict'
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { AggregateRequest } from '#proto/api.ts'
import { levelsOf } from '#proto/query/level-condition.ts'
import { leavesOf, type QueryLeaf, type QueryTerm } from '#proto/query/tree.ts'
import { foldAscii, levelMask, maskOf } from './cell-filter.ts'

/** A segment file that is read as a whole or in part. */
export interface WideFile {
  readonly path: string
  /** Rows [first, end) of the file; null = all. */
  readonly rows: { readonly first: number; readonly end: number } | null
  /** Columns that hold the numbers of the field: some of `attr.d.KEY`, `attr.i.KEY`. */
  readonly numbers: readonly string[]
  /** The column to group by; null = one group for all. */
  readonly by: string | null
}

/** Name of the table with the values of rows that are in no segment, or in none that fits. */
export const EXTRA_TABLE = 'extra'

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const SEVERITY_COLUMN = 'severity'

/** Answers rows (key, value); keys of level are indexes of LEVELS as text. */
export function compileAggregate(
  files: readonly WideFile[],
  filter: RowFilter,
  fn: Exclude<AggregateRequest['fn'], 'count'>,
): string {
  const sources = [
    ...groupFiles(files).map(group => selectFrom(group, filter)),
    `SELECT key, value FROM ${EXTRA_TABLE}`,
  ]
  return (
    `SELECT key, ${FUNCTIONS[fn]} FROM (${sources.join(' UNION ALL ')}) ` +
    'WHERE isfinite(value) AND key IS NOT NULL GROUP BY key'
  )
}

const FUNCTIONS = {
  p50: 'quantile_cont(value, 0.5)',
  p95: 'quantile_cont(value, 0.95)',
  p99: 'quantile_cont(value, 0.99)',
  avg: 'avg(value)',
  min: 'min(value)',
  max: 'max(value)',
} as const

/** Files read in one go: whole ones with the same columns; a part of a file stands alone. */
function groupFiles(files: readonly WideFile[]): WideFile[][] {
  const groups = new Map<string, WideFile[]>()
  for (const file of files) {
    const key = JSON.stringify([file.numbers, file.by, file.rows === null ? '' : file.path])
    groups.set(key, [...(groups.get(key) ?? []), file])
  }
  return [...groups.values()]
}

function selectFrom(files: readonly WideFile[], filter: RowFilter): string {
  const [first] = files as [WideFile]
  const list = [...new Set(files.map(({ path }) => quoteText(path)))].join(', ')
  const casts = first.numbers.map(column => `CAST(${quoteName(column)} AS DOUBLE)`)
  const value = casts.length === 1 ? casts[0] : `coalesce(${casts.join(', ')})`
  const conditions = [...filterConditions(filter), ...rowConditions(files)]
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  const options = first.rows === null ? '' : ', file_row_number = true'
  return `SELECT ${keyOf(first.by)} AS key, ${value} AS value FROM read_parquet([${list}]${options})${where}`
}

function keyOf(by: string | null): string {
  if (by === null) return "''"
  if (by !== SEVERITY_COLUMN) return quoteName(by)
  return `CAST(least(5, (CAST(${SEVERITY_COLUMN} AS INTEGER) - 1) // 4) AS VARCHAR)`
}

/** The row numbers of all pieces of the one file that is not read as a whole. */
function rowConditions(files: readonly WideFile[]): string[] {
  const ranges = files.flatMap(({ rows }) =>
    rows === null ? [] : [`(file_row_number >= ${rows.first} AND file_row_number < ${rows.end})`],
  )
  return ranges.length === 0 ? [] : [`(${ranges.join(' OR ')})`]
}

function filterConditions(filter: RowFilter): string[] {
  const { startUs, endUs, ingestedStartUs, ingestedEndUs, services, levels, query } = filter
  const conditions = [
    ...timeConditions('time', startUs, endUs),
    ...timeConditions('received_at', ingestedStartUs, ingestedEndUs),
  ]
  if (levelMask(filter) === 0) return ['false']
  if (levels.length > 0) conditions.push(levelCondition(maskOf(levels)))
  if (services.length > 0) conditions.push(serviceCondition(services))
  for (const term of query.terms) conditions.push(termCondition(term))
  return conditions
}

/** Whether SQL is as good as the matcher at this: levels and names of services. */
export function isSqlFilter({ query }: RowFilter): boolean {
  return leavesOf(query.terms).every(
    leaf =>
      leaf.type !== 'phrase' &&
      (leaf.field === 'level' || (leaf.field === 'service' && isOfWholeValue(leaf))),
  )
}

function isOfWholeValue({ type }: QueryLeaf): boolean {
  return type === 'field' || type === 'exact' || type === 'exists'
}

function termCondition(term: QueryTerm): string {
  switch (term.type) {
    case 'all':
      return joined(term.terms, ' AND ', 'true')
    case 'any':
      return joined(term.terms, ' OR ', 'false')
    case 'not':
      return `(NOT ${termCondition(term.term)})`
    default:
      return leafCondition(term)
  }
}

function joined(terms: readonly QueryTerm[], operator: string, none: string): string {
  return terms.length === 0 ? none : `(${terms.map(termCondition).join(operator)})`
}

function leafCondition(leaf: QueryLeaf): string {
  if (leaf.type === 'field' && leaf.field === 'service') return serviceCondition([leaf.value])
  if (leaf.type === 'exact' && leaf.field === 'service') return `service = ${quoteText(leaf.value)}`
  if (leaf.type === 'exists' && leaf.field === 'service') return "service <> ''"
  assert(leaf.type !== 'phrase' && leaf.field === 'level', 'SQL knows levels and services only')
  return levelCondition(maskOf(levelsOf(leaf)))
}

function timeConditions(column: string, fromUs: number, toUs: number): string[] {
  return [
    ...(fromUs > 0 ? [`${column} >= make_timestamptz(${fromUs})`] : []),
    ...(toUs < Number.MAX_SAFE_INTEGER ? [`${column} < make_timestamptz(${toUs})`] : []),
  ]
}

/** Four severity numbers a level. */
function levelCondition(mask: number): string {
  const severities = Array.from({ length: 24 }, (_, i) => i + 1).filter(
    severity => (mask & (1 << ((severity - 1) >> 2))) !== 0,
  )
  return severities.length === 0 ? 'false' : `${SEVERITY_COLUMN} IN (${severities.join(', ')})`
}

/** ASCII case alone is folded: DuckDB's lower() would make a k of KELVIN SIGN. */
function serviceCondition(names: readonly string[]): string {
  const folded = names.map(name => quoteText(foldAscii(name))).join(', ')
  return `translate(service, '${UPPER}', '${UPPER.toLowerCase()}') IN (${folded})`
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
