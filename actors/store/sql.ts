/**
 * SQL for aggregates over whole segments, one SELECT per set of files with the same columns (never
 * union_by_name: it turns columns of mixed types into text). Words are not searched in SQL: the
 * block index and the matcher are several times faster at that, and exact where RE2 folds
 * differently.
 */
import assert from 'node:assert/strict'
import type { RowFilter } from '#actors/processing/matcher.ts'
import { LEVELS } from '#proto/api.ts'
import { ANALYSIS_GROUPS_MAX, ATTRIBUTE_SEARCH_CHARS_MAX } from '#proto/limits.ts'
import type { Measure } from '#proto/query/analysis.ts'
import { levelsOf } from '#proto/query/level-condition.ts'
import { leavesOf, type QueryLeaf, type QueryTerm } from '#proto/query/tree.ts'
import { QUANTILES } from './analysis/groups-wanted.ts'
import { foldAscii, levelMask, maskOf } from './cell-filter.ts'

/** A segment file that is read as a whole or in part. */
export interface WideFile {
  readonly path: string
  /** Rows [first, end) of the file; null = all. */
  readonly rows: { readonly first: number; readonly end: number } | null
  /** Columns that hold the numbers: some of `attr.d.KEY`, `attr.i.KEY`; none = no row has one. */
  readonly numbers: readonly string[]
  /** There are few different numbers. */
  readonly isRepeated: boolean
  /** The columns to group by; null = no row has a value. */
  readonly by: readonly (string | null)[]
}

/**
 * Name of the table with the numbers of rows that are in no segment, or in none that fits: columns
 * key0 …, bar, value and how many rows there are of it.
 */
export const EXTRA_TABLE = 'extra'

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const SEVERITY_COLUMN = 'severity'

export interface WideSelect {
  /** How many parts a key has beside its bar. */
  readonly keys: number
  /** Width of a bar in µs; null = no bars. */
  readonly barUs: number | null
  readonly functions: readonly Measure['fn'][]
  /** What is answered of the groups, which may be too many to be told one by one. */
  readonly told: WideTold
  /** There are rows in EXTRA_TABLE. */
  readonly hasExtra: boolean
}

export type WideTold =
  /** As many as can be held, and one more. */
  | { readonly type: 'all' }
  /** The most frequent with a key, and all others as one without. */
  | { readonly type: 'top'; readonly count: number }
  /** One row, whose bar says how many keys there are. */
  | { readonly type: 'uniq' }

/** Answers rows (key0, …, bar, rows, one value a function). */
export function compileAggregate(
  files: readonly WideFile[],
  filter: RowFilter,
  { keys, barUs, functions, told, hasExtra }: WideSelect,
): string {
  const names = [...Array.from({ length: keys }, (_, i) => `key${i}`), 'bar']
  const isWhole = !hasExtra && files.length > 0
  const isCounted =
    files.every(({ isRepeated }) => isRepeated) && functions.some(fn => SHARES[fn] !== undefined)
  const selectFiles = isCounted ? countFrom : selectFrom
  const sources = groupFiles(files).map(group => selectFiles(group, filter, barUs))
  if (!isWhole) sources.push(`SELECT ${[...names, 'value', 'rows'].join(', ')} FROM ${EXTRA_TABLE}`)
  const sql = sources.join(' UNION ALL ')
  // Every row of a file is one; only those handed in may stand for several.
  const count = isWhole ? 'CAST(count(*) AS DOUBLE)' : 'CAST(sum(source.rows) AS DOUBLE)'
  const grouped = isCounted
    ? placeCounted({ sql, names }, functions)
    : groupEach({ sql, names, count }, functions)
  switch (told.type) {
    case 'all':
      return `${grouped} LIMIT ${ANALYSIS_GROUPS_MAX + 1}`
    case 'uniq':
      return (
        `WITH grouped AS (${grouped}) SELECT NULL AS key0, CAST(count(key0) AS DOUBLE) AS bar, ` +
        'coalesce(sum(rows), 0) AS rows FROM grouped'
      )
    case 'top':
      return (
        `WITH grouped AS (${grouped}), best AS (SELECT * FROM grouped WHERE key0 IS NOT NULL ` +
        `ORDER BY rows DESC, ${numeral('key0')} NULLS LAST, key0 LIMIT ${told.count}) ` +
        'SELECT key0, bar, rows FROM best UNION ALL SELECT NULL, 0, ' +
        '(SELECT coalesce(sum(rows), 0) FROM grouped) - (SELECT coalesce(sum(rows), 0) FROM best)'
      )
  }
}

interface Source {
  readonly sql: string
  readonly names: readonly string[]
}

function groupEach(
  { sql, names, count }: Source & { readonly count: string },
  functions: readonly Measure['fn'][],
): string {
  const values = functions.map((fn, i) => `${functionOf(fn, count)} AS value${i}`)
  const selected = [...names, `${count} AS rows`, ...values].join(', ')
  return `SELECT ${selected} FROM (${sql}) AS source GROUP BY ${names.join(', ')}`
}

/**
 * Quantiles found among counted numbers by their place: a third of the time where numbers repeat,
 * as DuckDB's own quantiles gather every single one. A number may stand there more than once.
 */
function placeCounted({ sql, names }: Source, functions: readonly Measure['fn'][]): string {
  const keys = names.join(', ')
  const inOrder = `OVER (PARTITION BY ${keys} ORDER BY value ROWS UNBOUNDED PRECEDING)`
  const values = functions.map((fn, i) => `${countedFunctionOf(fn)} AS value${i}`)
  return (
    `SELECT ${[...names, 'sum(rows) AS rows', ...values].join(', ')} FROM (` +
    `SELECT *, sum(rows) ${FINITE} ${inOrder} AS place, ` +
    `sum(rows) ${FINITE} OVER (PARTITION BY ${keys}) AS size FROM (${sql})) GROUP BY ${keys}`
  )
}

/** Texts that are numbers stand before all others, by size: as analysis/column-order.ts has it. */
function numeral(key: string): string {
  const number = '-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?'
  return `CASE WHEN regexp_full_match(${key}, '${number}') THEN TRY_CAST(${key} AS DOUBLE) END`
}

const FINITE = 'FILTER (WHERE isfinite(value))'
const SHARES: Readonly<Partial<Record<Measure['fn'], number>>> = QUANTILES

/** Of single numbers. */
function functionOf(fn: Measure['fn'], count: string): string {
  if (fn === 'count') return count
  const share = SHARES[fn]
  return share === undefined ? `${fn}(value) ${FINITE}` : `quantile_cont(value, ${share}) ${FINITE}`
}

/** Of different numbers, each with how many rows have it. */
function countedFunctionOf(fn: Measure['fn']): string {
  const share = SHARES[fn]
  if (share !== undefined) return placedQuantile(share)
  switch (fn) {
    case 'count':
      return 'sum(rows)'
    case 'sum':
      return `sum(value * rows) ${FINITE}`
    case 'avg':
      return `sum(value * rows) ${FINITE} / sum(rows) ${FINITE}`
    default:
      return `${fn}(value) ${FINITE}`
  }
}

/** What stands between those around (n - 1) × share, as analysis/quantile.ts has it. */
function placedQuantile(share: number): string {
  const place = `(size - 1) * ${share}`
  const at = (offset: number): string =>
    `min(value) FILTER (WHERE isfinite(value) AND place > floor(${place}) + ${offset})`
  const part = `any_value(${place} - floor(${place}))`
  return `${at(0)} + coalesce(${at(1)} - ${at(0)}, 0) * ${part}`
}

/** Files read in one go: whole ones with the same columns; a part of a file stands alone. */
function groupFiles(files: readonly WideFile[]): WideFile[][] {
  const groups = new Map<string, WideFile[]>()
  for (const file of files) {
    const key = JSON.stringify([file.numbers, file.by, file.rows === null ? '' : file.path])
    groups.set(key, [...(groups.get(key) ?? []), file])
  }
  return [...groups.values()]
}

function selectFrom(files: readonly WideFile[], filter: RowFilter, barUs: number | null): string {
  const [first] = files as [WideFile]
  const keys = first.by.map((column, i) => `${keyOf(column)} AS key${i}, `).join('')
  return (
    `SELECT ${keys}${barOf(barUs)} AS bar, ${valueOf(first)} AS value, ` +
    `CAST(1 AS DOUBLE) AS rows FROM ${rowsOf(files, filter)}`
  )
}

/** The same with different numbers counted: keys are made of what was counted, not of each row. */
function countFrom(files: readonly WideFile[], filter: RowFilter, barUs: number | null): string {
  const [first] = files as [WideFile]
  const counted: string[] = []
  const keys = first.by.map((column, i) => {
    const part = `part${i}`
    counted.push(`${isLongText(column) ? keyOf(column) : column} AS ${part}`)
    return isLongText(column) ? part : keyOf(column, part)
  })
  counted.push(`${valueOf(first)} AS value`)
  if (barUs !== null) counted.push(`${barOf(barUs)} AS bar`)
  return (
    `SELECT ${keys.map((key, i) => `${key} AS key${i}, `).join('')}` +
    `${barUs === null ? `${barOf(null)} AS bar` : 'bar'}, value, rows ` +
    `FROM (SELECT ${[...counted, 'CAST(count(*) AS DOUBLE) AS rows'].join(', ')} ` +
    `FROM ${rowsOf(files, filter)} GROUP BY ALL)`
  )
}

function barOf(barUs: number | null): string {
  return `CAST(${barUs === null ? '0' : `epoch_us(time) // ${barUs} * ${barUs}`} AS DOUBLE)`
}

function valueOf({ numbers }: WideFile): string {
  const casts = numbers.map(column => `CAST(${quoteName(column)} AS DOUBLE)`)
  return `CAST(${casts.length === 0 ? 'NULL' : `coalesce(${casts.join(', ')})`} AS DOUBLE)`
}

function rowsOf(files: readonly WideFile[], filter: RowFilter): string {
  const list = [...new Set(files.map(({ path }) => quoteText(path)))].join(', ')
  const conditions = [...filterConditions(filter), ...rowConditions(files)]
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  const options = files[0]?.rows === null ? '' : ', file_row_number = true'
  return `read_parquet([${list}]${options})${where}`
}

/** As key-codes.ts has it: an empty name is none, nor is what is too long to be compared. */
function keyOf(column: string | null, source = column): string {
  if (column === null) return 'CAST(NULL AS VARCHAR)'
  if (column === SEVERITY_COLUMN) {
    return `${LEVEL_LIST}[least(5, (CAST(${source} AS INTEGER) - 1) // 4) + 1]`
  }
  if (column === 'trace_id' || column === 'span_id') return `lower(hex(${source}))`
  const name = column.startsWith('attr.') ? quoteName(column) : `nullif(${source}, '')`
  if (!isLongText(column)) return name
  const isShort = `strlen(${name}) <= ${ATTRIBUTE_SEARCH_CHARS_MAX}`
  const pairs = `len(regexp_extract_all(${name}, '[\\x{10000}-\\x{10FFFF}]'))`
  const isShortUtf16 = `length(${name}) + ${pairs} <= ${ATTRIBUTE_SEARCH_CHARS_MAX}`
  return `CASE WHEN ${isShort} THEN ${name} WHEN ${isShortUtf16} THEN ${name} END`
}

/** Its values may be too long for keys. */
function isLongText(column: string | null): boolean {
  return column === null || column === 'message' || column.startsWith('attr.')
}

const LEVEL_LIST = `[${LEVELS.map(quoteText).join(', ')}]`

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
