/** The eleven queries on which the peers were measured, through REST, each answer checked. */
import type { SearchReply, SearchRequest } from '#proto/api.ts'
import type { Ask } from './query-load.ts'
import type { LabServer } from './server.ts'
import type { Result } from './table.ts'

interface BenchQuery {
  readonly name: string
  readonly request: SearchRequest
  /** VictoriaLogs on the same kind of machine and data, median ms (10 M rows). */
  readonly victoriaLogsMs: number
  readonly goalMs: number
  readonly floorMs: number
}

const RUNS = 15
/** Until the code of both worker threads is compiled and the files are in the page cache. */
const WARM_UP_RUNS = 10
const START = '2026-11-20T00:00:00Z'
const END = '2026-11-21T00:00:00Z'

export function benchQueries(traceId: string): BenchQuery[] {
  const day = { start_time: START, end_time: END, limit: 0 } as const
  return [
    {
      name: 'count all',
      request: { limit: 0, include: ['total'] },
      victoriaLogsMs: 2,
      goalMs: 5,
      floorMs: 20,
    },
    {
      name: 'count by level',
      request: { limit: 0, include: ['by_level'] },
      victoriaLogsMs: 152,
      goalMs: 5,
      floorMs: 20,
    },
    {
      name: 'histogram 1 min by level',
      request: { ...day, include: ['histogram'], interval: 60 },
      victoriaLogsMs: 374,
      goalMs: 15,
      floorMs: 20,
    },
    {
      name: 'histogram 5 min by level',
      request: { ...day, include: ['histogram'], interval: 300 },
      victoriaLogsMs: 306,
      goalMs: 10,
      floorMs: 20,
    },
    {
      name: 'phrase, 1 % of rows',
      request: { limit: 0, query: '"connection timeout"', include: ['total'] },
      victoriaLogsMs: 541,
      goalMs: 400,
      floorMs: 1_000,
    },
    {
      name: 'one trace id',
      request: { limit: 100, query: traceId, include: ['logs'] },
      victoriaLogsMs: 3,
      goalMs: 8,
      floorMs: 30,
    },
    {
      name: 'services of errors',
      request: { limit: 0, levels: ['error'], include: ['by_service'] },
      victoriaLogsMs: 42,
      goalMs: 8,
      floorMs: 20,
    },
    {
      name: 'newest 100 errors',
      request: { limit: 100, levels: ['error'], include: ['logs'] },
      victoriaLogsMs: 109,
      goalMs: 15,
      floorMs: 60,
    },
    {
      name: 'newest 100',
      request: { limit: 100, include: ['logs'] },
      victoriaLogsMs: 69,
      goalMs: 15,
      floorMs: 60,
    },
    {
      name: 'rare word, any case',
      request: { limit: 0, query: 'panic', include: ['total'] },
      victoriaLogsMs: 631,
      goalMs: 450,
      floorMs: 1_000,
    },
    {
      name: 'p95 of a number by service',
      request: { query: '| p95(duration_ms) by service' },
      victoriaLogsMs: 981,
      goalMs: 334,
      floorMs: 1_000,
    },
  ]
}

/** What the peers were not asked. */
export function ownQueries(): Ask[] {
  return [
    {
      name: 'facets of level, service and host',
      path: '/api/v1/logs/facets',
      body: { fields: ['level', 'service', 'host'] },
      floorMs: 500,
    },
    {
      name: 'patterns of all rows',
      path: '/api/v1/logs/patterns',
      body: {},
      floorMs: 1_000,
    },
  ]
}

/** A trace id that is there. */
export async function sampleTrace(server: LabServer, readKey: string): Promise<string> {
  const sample = await ask(server, readKey, { limit: 200, include: ['logs'] })
  return sample.logs.find(row => row.trace_id !== null)?.trace_id ?? '0'.repeat(32)
}

/** Both, as they are sent. */
export function allQueries(traceId: string): Ask[] {
  const eleven = benchQueries(traceId).map(({ name, request, floorMs }) => ({
    name,
    path: '/api/v1/logs/search',
    body: request,
    floorMs,
  }))
  return [...eleven, ...ownQueries()]
}

/** Median of warm runs for each query, and the geometric mean against VictoriaLogs' published medians. */
export async function measureQueries(
  server: LabServer,
  readKey: string,
  traceId: string,
): Promise<Result[]> {
  const results: Result[] = []
  let logRatios = 0
  const queries = benchQueries(traceId)
  for (const { name, request, victoriaLogsMs, goalMs, floorMs } of queries) {
    const times: number[] = []
    let reply: SearchReply | null = null
    for (let run = -WARM_UP_RUNS; run < RUNS; run++) {
      const begun = performance.now()
      reply = await ask(server, readKey, request)
      if (run >= 0) times.push(performance.now() - begun)
    }
    const median = times.toSorted((a, b) => a - b)[RUNS >> 1] as number
    logRatios += Math.log(median / victoriaLogsMs)
    const note = `${summary(reply)}; VictoriaLogs ${victoriaLogsMs} ms`
    const bounds = { goal: goalMs, floor: floorMs }
    results.push({
      what: `query: ${name}`,
      value: median,
      unit: 'ms',
      better: 'less',
      ...bounds,
      note,
    })
  }
  results.push({
    what: 'queries: geometric mean against VictoriaLogs',
    value: Math.exp(logRatios / queries.length),
    unit: '×',
    better: 'less',
    goal: 0.25,
    floor: 0.5,
    note: "its medians are from another machine of this kind: only the ratio's size counts",
  })
  return results
}

async function ask(server: LabServer, key: string, request: SearchRequest): Promise<SearchReply> {
  const answer: unknown = await server.call('POST', '/api/v1/logs/search', request, key)
  return answer as SearchReply
}

function summary(reply: SearchReply | null): string {
  if (reply === null) return ''
  if (reply.logs.length > 0) return `${reply.logs.length} rows`
  if (reply.table !== undefined) return `${reply.table.rows.length} groups`
  if (reply.total !== null) return `${reply.total} matches`
  const { by_level, by_service, histogram } = reply.aggregations
  const groups = Object.keys(by_level).length + Object.keys(by_service).length
  return `${groups + histogram.length} groups`
}
