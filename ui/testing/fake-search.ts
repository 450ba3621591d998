/** Search over rows in memory, as plain as can be: what the page shows is compared with it. */
import type {
  HistogramBar,
  Json,
  Level,
  Row,
  SearchReply,
  SearchRequest,
  Table,
} from '#proto/api.ts'
import { type Measure, measureName, type Search } from '#proto/query/analysis.ts'
import type { QueryTerm } from '#proto/query/tree.ts'
import { parseSearch } from '#proto/query.ts'
import { tokenize } from '#proto/tokens.ts'
import { cellOf } from '../src/explore/columns-model.ts'
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

/** As much of the analyses as the tests of the page use. */
function tableOf(rows: readonly Row[], query: string): Table | null {
  const stages = searchOf(query).stages
  const [stage] = stages
  if (stage === undefined) return null
  if (stage.type !== 'summarize' && stage.type !== 'timechart') {
    throw new Error(`the fake search knows no ${stage.type}`)
  }
  const isChart = stage.type === 'timechart'
  const barMs = (isChart ? (stage.everyS ?? 60) : 60) * 1000
  const keyOf = (row: Row): (string | null)[] => [
    ...(isChart ? [new Date(Math.floor(rowTimeMs(row) / barMs) * barMs).toISOString()] : []),
    ...stage.by.map(field => (field === 'level' ? row.level : cellOf(row, field) || null)),
  ]
  const groups = new Map<string, Row[]>()
  if (stage.by.length === 0 && !isChart) groups.set('[]', [])
  for (const row of rows) {
    const key = JSON.stringify(keyOf(row))
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  const lines = Array.from(groups, ([key, members]): Json[] => [
    ...(JSON.parse(key) as Json[]),
    ...stage.measures.map(measure => measureOf(members, measure)),
  ])
  const limit = stages.find(each => each.type === 'limit')?.count ?? lines.length
  const measureAt = stage.by.length + (isChart ? 1 : 0)
  return {
    columns: [
      ...(isChart ? [{ name: 'time', type: 'time' } as const] : []),
      ...stage.by.map(name => ({ name, type: name === 'level' ? name : 'text' }) as const),
      ...stage.measures.map(measure => ({ name: measureName(measure), type: 'number' }) as const),
    ],
    rows: lines.toSorted((a, b) => Number(b[measureAt]) - Number(a[measureAt])).slice(0, limit),
    truncated: false,
  }
}

function measureOf(rows: readonly Row[], measure: Measure): number | null {
  if (measure.fn === 'count') return rows.length
  const numbers = rows
    .map(row => row.attributes[measure.field])
    .filter(value => typeof value === 'number')
    .toSorted((a, b) => a - b)
  if (numbers.length === 0) return null
  const share = /^p(\d+)$/.exec(measure.fn)?.[1]
  if (share !== undefined)
    return numbers[Math.floor(((numbers.length - 1) * Number(share)) / 100)] ?? null
  if (measure.fn === 'min') return numbers[0] ?? null
  if (measure.fn === 'max') return numbers.at(-1) ?? null
  const sum = numbers.reduce((total, value) => total + value, 0)
  return measure.fn === 'sum' ? sum : sum / numbers.length
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
    case 'exists':
      return row => cellOf(row, term.field) !== ''
    case 'range': {
      const [from, to] = [term.from, term.to].map(bound => Number(bound?.value ?? Number.NaN))
      return row => {
        const value = row.attributes[term.field]
        return typeof value === 'number' && !(value < (from ?? 0)) && !(value > (to ?? 0))
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
