/** Search over rows in memory, as plain as can be: what the page shows is compared with it. */
import type { HistogramBar, Level, Row, SearchReply, SearchRequest, Table } from '#proto/api.ts'
import type { Search } from '#proto/query/analysis.ts'
import type { QueryTerm } from '#proto/query/tree.ts'
import { parseSearch } from '#proto/query.ts'
import { tokenize } from '#proto/tokens.ts'
import { compareRows, rowTimeMs } from '../src/explore/row-order.ts'
import { timeMs } from '../src/kit/wall-time.ts'

export type RowFilter = (row: Row) => boolean

/** The filter of a request; throws where the query cannot be read. */
export function filterOf(request: SearchRequest): RowFilter {
  const terms = queryTerms(request.query ?? '')
  const levels = new Set(request.levels?.map(level => level.toUpperCase()))
  const services = new Set(request.services)
  const within = (text: string, start?: string | number, end?: string | number): boolean =>
    (start === undefined || comparable(text) >= comparable(String(start))) &&
    (end === undefined || comparable(text) < comparable(String(end)))
  return row =>
    (levels.size === 0 || levels.has(row.level)) &&
    (services.size === 0 || services.has(row.service)) &&
    within(row.time, request.start_time, request.end_time) &&
    within(row.ingested_at, request.ingested_start, request.ingested_end) &&
    terms.every(term => term(row))
}

export function fakeSearch(
  rows: readonly Row[],
  request: SearchRequest,
  token: string,
): SearchReply {
  const found = rows.filter(filterOf(request)).sort((a, b) => compareRows(b, a))
  const limit = request.limit ?? 100
  const start =
    request.cursor === undefined ? 0 : found.findIndex(row => row.id === request.cursor) + 1
  const page = found.slice(start, start + limit)
  const include = new Set(
    request.include ?? ['total', 'logs', 'by_level', 'by_service', 'histogram'],
  )
  const interval = Number(request.interval ?? 60)
  const table = tableOf(found, request.query ?? '')
  return {
    ...(table === null ? {} : { table }),
    total: include.has('total') ? found.length : null,
    logs: include.has('logs') && table === null ? page : [],
    aggregations: {
      by_level: include.has('by_level') ? countBy(found, row => row.level) : {},
      by_service: include.has('by_service') ? countBy(found, row => row.service) : {},
      histogram: include.has('histogram') ? histogram(found, interval) : [],
      interval,
    },
    query_time_ms: 4.2,
    next_cursor: table === null && start + limit < found.length ? (page.at(-1)?.id ?? null) : null,
    tail_token: token,
  }
}

function searchOf(query: string): Search {
  const parsed = parseSearch(query)
  if (parsed.type === 'fault') throw new Error(parsed.fault.message)
  return parsed.search
}

/** Counts by fields and by minutes: as much of the analyses as the tests of the page use. */
function tableOf(rows: readonly Row[], query: string): Table | null {
  const [stage] = searchOf(query).stages
  if (stage === undefined) return null
  if (stage.type !== 'summarize' && stage.type !== 'timechart') {
    throw new Error(`the fake search knows no ${stage.type}`)
  }
  const isChart = stage.type === 'timechart'
  const keyOf = (row: Row): string[] => [
    ...(isChart ? [new Date(Math.floor(rowTimeMs(row) / 60_000) * 60_000).toISOString()] : []),
    ...stage.by.map(field => (field === 'level' ? row.level : row.service)),
  ]
  const counts = countBy(rows, row => JSON.stringify(keyOf(row)))
  const lines = Object.entries(counts).map(([key, count]) => {
    return [...(JSON.parse(key) as string[]), count]
  })
  return {
    columns: [
      ...(isChart ? [{ name: 'time', type: 'time' } as const] : []),
      ...stage.by.map(name => ({ name, type: name === 'level' ? name : 'text' }) as const),
      { name: 'count', type: 'number' },
    ],
    rows: lines.toSorted((a, b) => Number(b.at(-1)) - Number(a.at(-1))),
    truncated: false,
  }
}

function queryTerms(query: string): RowFilter[] {
  return searchOf(query).query.terms.map(termFilter)
}

/** As much of the language as the tests of the page use. */
function termFilter(term: QueryTerm): RowFilter {
  switch (term.type) {
    case 'phrase': {
      const wanted = ` ${term.tokens.join(' ')} `
      return row => ` ${tokenize(row.message).join(' ')} `.includes(wanted)
    }
    case 'all':
      return row => term.terms.every(each => termFilter(each)(row))
    case 'any':
      return row => term.terms.some(each => termFilter(each)(row))
    case 'not':
      return row => !termFilter(term.term)(row)
    case 'field':
    case 'exact': {
      const value = term.value.toLowerCase()
      return row => {
        const own = { ...row.attributes, ...row } as Readonly<Record<string, unknown>>
        return String(own[term.field]).toLowerCase() === value
      }
    }
    default:
      throw new Error(`the fake search knows no ${term.type}`)
  }
}

function comparable(time: string): string {
  return time.replace(/(?:\.(\d+))?Z$/, (_, digits: string = '') => `.${digits.padEnd(9, '0')}`)
}

function countBy<Key extends string>(
  rows: readonly Row[],
  key: (row: Row) => Key,
): Record<Key, number> {
  const counts = {} as Record<Key, number>
  for (const row of rows) counts[key(row)] = (counts[key(row)] ?? 0) + 1
  return counts
}

function histogram(rows: readonly Row[], intervalS: number): HistogramBar[] {
  const bars = new Map<number, Partial<Record<Level, number>>>()
  for (const row of rows) {
    const start = Math.floor(rowTimeMs(row) / (intervalS * 1000)) * intervalS * 1000
    const counts = bars.get(start) ?? {}
    counts[row.level] = (counts[row.level] ?? 0) + 1
    bars.set(start, counts)
  }
  return [...bars]
    .map(([start, counts]) => ({ time: new Date(start).toISOString(), counts }))
    .sort((a, b) => timeMs(a.time) - timeMs(b.time))
}
