/**
 * The query language over columns in memory: for the live tail, for recent rows, and for the rows
 * of stored row groups. Every condition narrows the rows that the next one looks at, cheap columns
 * first, and a column that no row is left for is never touched: it may not even be read from disk.
 */
import { type Level, levelOfSeverity } from '#proto/api.ts'
import type { IdColumn, RowColumns, TextColumn } from '#proto/columns.ts'
import type { Query, QueryTerm } from '#proto/query.ts'
import { parseRowId } from '#proto/row-id.ts'
import { filterAttribute, seekValue } from './attribute-filter.ts'
import { equalsFolded, foldedBytes } from './folded-bytes.ts'
import { filterIds } from './id-filter.ts'
import { compilePhrase } from './phrase.ts'
import { filterTexts } from './text-filter.ts'

/** What a search or a tail asks of a row; a SearchPlanInput is one. */
export interface RowFilter {
  readonly query: Query
  /** Empty = all. Whole values, compared without regard to ASCII case. */
  readonly services: readonly string[]
  /** Level names in any case; empty = all. */
  readonly levels: readonly string[]
  /** Event time in µs, [start, end). */
  readonly startUs: number
  readonly endUs: number
  /** Receive time in µs, [start, end). */
  readonly ingestedStartUs: number
  readonly ingestedEndUs: number
}

/** A compiled filter: made once, used for any number of batches. */
export interface Matcher {
  /** Numbers of the matching rows, ascending. Read only: it may be shared. */
  select(rows: RowColumns): Uint32Array
}

/** Bounds that exclude nothing, for a RowFilter without times. */
export const ANY_TIME = {
  startUs: 0,
  endUs: Number.MAX_SAFE_INTEGER,
  ingestedStartUs: 0,
  ingestedEndUs: Number.MAX_SAFE_INTEGER,
} as const

/** Prepares a filter; all of its conditions must hold. */
export function compileMatcher(filter: RowFilter): Matcher {
  const conditions = [
    ...timeConditions(filter),
    ...levelConditions(filter.levels),
    ...serviceConditions(filter.services),
    ...filter.query.terms.map(compileTerm),
  ].sort((a, b) => a.cost - b.cost)
  return {
    select(rows) {
      let selected = allRows(rows.count)
      for (const condition of conditions) {
        if (selected.length === 0) break
        selected = condition.narrow(rows, selected)
      }
      return selected
    },
  }
}

interface Condition {
  /** What the columns it touches cost to look at; only the order counts. */
  readonly cost: number
  narrow(rows: RowColumns, selected: Uint32Array): Uint32Array
}

const COST = { number: 0, name: 1, id: 2, attribute: 3, message: 4 } as const

let ascending = new Uint32Array(0)

function allRows(count: number): Uint32Array {
  if (ascending.length < count) ascending = Uint32Array.from({ length: count }, (_, row) => row)
  return ascending.subarray(0, count)
}

function timeConditions(filter: RowFilter): Condition[] {
  const { startUs, endUs, ingestedStartUs, ingestedEndUs } = filter
  const range = (from: number, to: number, column: (rows: RowColumns) => Float64Array) => ({
    cost: COST.number,
    narrow(rows: RowColumns, selected: Uint32Array) {
      const times = column(rows)
      return selected.filter(row => {
        const time = times[row] as number
        return time >= from && time < to
      })
    },
  })
  return [
    ...(bounded(startUs, endUs) ? [range(startUs, endUs, rows => rows.timeUs)] : []),
    ...(bounded(ingestedStartUs, ingestedEndUs)
      ? [range(ingestedStartUs, ingestedEndUs, rows => rows.receivedAtUs)]
      : []),
  ]
}

function bounded(from: number, to: number): boolean {
  return from > 0 || to < Number.MAX_SAFE_INTEGER
}

function levelConditions(levels: readonly string[]): Condition[] {
  if (levels.length === 0) return []
  const wanted = new Set(levels.map(level => level.toUpperCase()))
  return [severityCondition(level => wanted.has(level))]
}

function severityCondition(wanted: (level: Level) => boolean): Condition {
  const bySeverity = Array.from({ length: 256 }, (_, n) => n > 0 && wanted(levelOfSeverity(n)))
  return {
    cost: COST.number,
    narrow({ severity }, selected) {
      return selected.filter(row => bySeverity[severity[row] as number])
    },
  }
}

function serviceConditions(services: readonly string[]): Condition[] {
  if (services.length === 0) return []
  return [valueCondition(COST.name, rows => rows.service, services)]
}

/** The whole value is one of `values`. */
function valueCondition(
  cost: number,
  column: (rows: RowColumns) => TextColumn,
  values: readonly string[],
): Condition {
  const folded = values.map(foldedBytes)
  return {
    cost,
    narrow(rows, selected) {
      const texts = column(rows)
      const { heap, offsets } = texts
      return filterTexts(texts, selected, entry => {
        const [start, end] = [offsets[entry] as number, offsets[entry + 1] as number]
        return folded.some(bytes => equalsFolded(heap, start, end, bytes))
      })
    },
  }
}

function compileTerm(term: QueryTerm): Condition {
  if (term.type === 'field') return compileField(term.field, term.value)
  const test = compilePhrase(term.tokens)
  const phrase: Condition = {
    cost: COST.message,
    narrow: ({ message }, selected) => filterTexts(message, selected, test(message)),
  }
  if (term.hex === null) return phrase
  const { hex } = term
  return either([
    hexCondition(hex, rows => (hex.length === 32 ? rows.traceId : rows.spanId)),
    phrase,
  ])
}

function compileField(field: string, value: string): Condition {
  switch (field) {
    case 'level':
      return severityCondition(level => level === value.toUpperCase())
    case 'service':
      return valueCondition(COST.name, rows => rows.service, [value])
    case 'host':
      return valueCondition(COST.name, rows => rows.host, [value])
    case 'file':
      return valueCondition(COST.name, rows => rows.file, [value])
    case 'severity_text':
      return valueCondition(COST.name, rows => rows.severityText, [value])
    case 'message':
      return valueCondition(COST.message, rows => rows.message, [value])
    case 'id':
      return rowIdCondition(value)
    // What is not 32 or 16 hex digits stays an attribute of that name.
    case 'trace_id':
      return either([hexCondition(value, rows => rows.traceId), attributeCondition(field, value)])
    case 'span_id':
      return either([hexCondition(value, rows => rows.spanId), attributeCondition(field, value)])
    default:
      return attributeCondition(field, value)
  }
}

function hexCondition(hex: string, column: (rows: RowColumns) => IdColumn): Condition {
  const bytes = Buffer.from(/^(?:[0-9a-f]{2})*$/i.test(hex) ? hex : '', 'hex')
  return {
    cost: COST.id,
    narrow: (rows, selected) => filterIds(column(rows), rows.count, selected, bytes),
  }
}

function attributeCondition(key: string, value: string): Condition {
  const sought = seekValue(value)
  return {
    cost: COST.attribute,
    narrow(rows, selected) {
      const columns = rows.attributes.filter(attribute => attribute.key === key)
      return columns
        .map(column => filterAttribute(column, rows.count, selected, sought))
        .reduce(merge, NO_ROWS)
    },
  }
}

function rowIdCondition(text: string): Condition {
  const id = parseRowId(text)
  return {
    cost: COST.id,
    narrow(rows, selected) {
      if (id === null) return NO_ROWS
      const { producer, seq, row } = rows
      return selected.filter(
        i =>
          row[i] === id.row &&
          seq[i * 2] === id.seqLow &&
          seq[i * 2 + 1] === id.seqHigh &&
          producer[i * 2] === id.producerLow &&
          producer[i * 2 + 1] === id.producerHigh,
      )
    },
  }
}

/** Any of the conditions holds; a later one looks only at rows that no earlier one took. */
function either(conditions: readonly Condition[]): Condition {
  return {
    cost: Math.max(...conditions.map(condition => condition.cost)),
    narrow(rows, selected) {
      let taken = NO_ROWS
      let rest = selected
      for (const condition of conditions) {
        const more = condition.narrow(rows, rest)
        taken = merge(taken, more)
        rest = without(rest, more)
      }
      return taken
    },
  }
}

const NO_ROWS: Uint32Array = new Uint32Array(0)

/** Both ascending; a number in both is kept once. */
function merge(a: Uint32Array, b: Uint32Array): Uint32Array {
  if (a.length === 0) return b
  if (b.length === 0) return a
  return Uint32Array.from(new Set([...a, ...b])).sort()
}

function without(rows: Uint32Array, taken: Uint32Array): Uint32Array {
  if (taken.length === 0) return rows
  let next = 0
  return rows.filter(row => {
    if (row !== taken[next]) return true
    next++
    return false
  })
}
