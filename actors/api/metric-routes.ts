/** Numbers about the logs of a project, and about the server itself. */
import { z } from 'zod/v4'
import type { HttpRequest, Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import { countAll } from '#actors/store/own-searches.ts'
import type { SearchPlanInput, SearchResult } from '#actors/store/store.ts'
import { StoreError } from '#actors/store/store-error.ts'
import { LEVELS, type Level } from '#proto/api.ts'
import { formatTime } from '#proto/time.ts'
import { topValues } from './analysis.ts'
import type { CallersProject } from './caller.ts'
import { answerOf, endpoint, projectQuery } from './endpoint.ts'
import type { MetricFamily } from './metrics-text.ts'
import { STORE_PROBLEMS } from './query-gate.ts'
import type { SearchDeps } from './search-routes.ts'
import { byLevel, time } from './shapes.ts'
import {
  intervalNames,
  intervalUsOf,
  POINTS_MAX,
  rangeNames,
  type Span,
  spanOf,
  type TimeRange,
} from './time-ranges.ts'

export interface MetricDeps extends SearchDeps {
  /** What the server measures of itself. */
  readonly metrics: () => Promise<readonly MetricFamily[]>
}

/** Messages told at most of what goes wrong in a service. */
const TOP_ERRORS = 10
const ERRORS: readonly Level[] = ['ERROR', 'FATAL']
const MINUTE_US = 60_000_000

const rangeQuery = projectQuery.extend({
  time_range: z.enum(rangeNames).default('1h').describe('until now'),
})
const seriesQuery = rangeQuery.extend({
  interval: z.enum(intervalNames).optional().describe('about 120 points unless given'),
  service: z.string().max(1_024).optional().describe('all unless given'),
})
const count = z.number().int().min(0)
const facts = {
  time_range: z.enum(rangeNames),
  start: time,
  end: time,
  total: count,
  logs_per_minute: z.number(),
  by_level: byLevel,
  error_rate: z.number().describe('part of the logs that are ERROR or FATAL, 0 to 1'),
}
const overviewReply = z.strictObject({
  ...facts,
  by_service: z.record(z.string(), count).describe('most frequent first'),
  stored: z
    .strictObject({ rows: count, bytes: count })
    .nullable()
    .describe('of the project on the disk, of any time; null = the store does not tell'),
})
const serviceReply = z.strictObject({
  ...facts,
  service: z.string(),
  top_errors: z.array(z.strictObject({ message: z.string(), count })),
})
const point = z.strictObject({ time, total: count, errors: count, by_level: byLevel })
const seriesReply = z.strictObject({
  time_range: z.enum(rangeNames),
  interval: z.number().describe('seconds from point to point'),
  points: z.array(point).describe('one for each interval, also where there are no logs'),
})
const systemReply = z.strictObject({
  metrics: z.array(
    z.strictObject({
      name: z.string(),
      help: z.string(),
      type: z.enum(['counter', 'gauge', 'histogram']),
      samples: z.array(
        z.strictObject({
          suffix: z.string().optional(),
          labels: z.record(z.string(), z.string()).optional(),
          value: z.number().nullable(),
        }),
      ),
    }),
  ),
})

export function metricRoutes(deps: MetricDeps): Route[] {
  const { clock } = deps
  const shared = {
    tag: 'metrics',
    who: 'member',
    needs: 'logs.read',
    method: 'GET',
    problems: STORE_PROBLEMS,
  } as const
  return [
    endpoint(deps, {
      ...shared,
      path: '/api/v1/metrics/overview',
      summary: 'How much is logged, at which levels, by whom.',
      query: rangeQuery,
      answers: { 200: answerOf('Numbers.', overviewReply) },
      async handle({ query: { time_range: range }, project, request }) {
        const span = spanOf(range, clock.nowUs())
        const include = new Set(['total', 'by_level', 'by_service'] as const)
        const found = await ask({ ...question(project, span), include }, request, deps)
        const { by_service } = found.aggregations
        const stored = deps.store.sizeOf(project.id)
        return json(200, { ...factsOf(found, range, span), by_service, stored })
      },
    }),
    endpoint(deps, {
      ...shared,
      path: '/api/v1/metrics/service/:service_name',
      summary: 'The same of one service, and its most frequent errors.',
      parts: { service_name: 'the service' },
      query: rangeQuery,
      answers: { 200: answerOf('Numbers.', serviceReply) },
      async handle({ part, query: { time_range: range }, project, request }) {
        const service = part('service_name')
        const span = spanOf(range, clock.nowUs())
        const asked = { ...question(project, span), services: [service] }
        const include = new Set(['total', 'by_level'] as const)
        const found = await ask({ ...asked, include }, request, deps)
        const top_errors = await topErrors(asked, request, deps)
        return json(200, { service, ...factsOf(found, range, span), top_errors })
      },
    }),
    endpoint(deps, {
      ...shared,
      path: '/api/v1/metrics/timeseries',
      summary: 'Logs and errors over time.',
      query: seriesQuery,
      answers: { 200: answerOf('Points in order of time.', seriesReply) },
      async handle({ query: { time_range: range, interval, service }, project, request }) {
        const intervalUs = intervalUsOf(range, interval)
        if (intervalUs === null) {
          const detail = `interval: more than ${POINTS_MAX} points in ${range}; take a wider one`
          throw new HttpProblem('LOGBOY_BAD_REQUEST', detail)
        }
        const span = spanOf(range, clock.nowUs(), intervalUs)
        const asked = {
          ...question(project, span),
          services: service === undefined ? [] : [service],
          include: new Set(['histogram'] as const),
          intervalUs,
        }
        const { aggregations } = await ask(asked, request, deps)
        const points = pointsOf(aggregations.histogram, span, intervalUs)
        return json(200, { time_range: range, interval: intervalUs / 1_000_000, points })
      },
    }),
    endpoint(deps, {
      method: 'GET',
      path: '/api/v1/metrics/system',
      tag: 'metrics',
      summary: 'What /metrics tells, as JSON.',
      who: 'administrator',
      answers: { 200: answerOf('Counters, gauges and histograms of the server.', systemReply) },
      async handle() {
        return json(200, { metrics: await deps.metrics() })
      },
    }),
  ]
}

function question({ id }: CallersProject, span: Span): SearchPlanInput {
  return { ...countAll(id), ...span, include: new Set(), intervalUs: MINUTE_US }
}

/** None where there are more different messages than can be counted. */
function topErrors(
  asked: SearchPlanInput,
  request: HttpRequest,
  { store, queries }: SearchDeps,
): Promise<{ readonly message: string; readonly count: number }[]> {
  return queries.run(asked.projectId, request.signal, async signal => {
    try {
      const wish = { field: 'message', count: TOP_ERRORS }
      const top = await topValues({ ...asked, levels: ERRORS }, wish, { store, signal })
      return top.map(({ value, count: rows }) => ({ message: value, count: rows }))
    } catch (error) {
      if (error instanceof StoreError && error.code === 'LOGBOY_QUERY_TOO_DEAR') return []
      throw error
    }
  })
}

function ask(
  input: SearchPlanInput,
  request: HttpRequest,
  { store, queries }: SearchDeps,
): Promise<SearchResult> {
  return queries.run(input.projectId, request.signal, signal => store.search(input, signal))
}

function factsOf({ total: rows, aggregations }: SearchResult, range: TimeRange, span: Span) {
  const { by_level } = aggregations
  const total = rows ?? 0
  return {
    time_range: range,
    start: formatTime(span.startUs),
    end: formatTime(span.endUs),
    total,
    logs_per_minute: (total * MINUTE_US) / (span.endUs - span.startUs),
    by_level,
    error_rate: total === 0 ? 0 : errorsOf(by_level) / total,
  }
}

type LevelCounts = Readonly<Partial<Record<Level, number>>>

function errorsOf(counts: LevelCounts): number {
  return ERRORS.reduce((sum, level) => sum + (counts[level] ?? 0), 0)
}

function pointsOf(
  bars: SearchResult['aggregations']['histogram'],
  { startUs, endUs }: Span,
  intervalUs: number,
): z.output<typeof point>[] {
  const byStart = new Map(bars.map(({ time: start, counts }) => [Date.parse(start), counts]))
  const points: z.output<typeof point>[] = []
  for (let at = startUs; at < endUs; at += intervalUs) {
    const by_level: LevelCounts = byStart.get(at / 1_000) ?? {}
    const total = LEVELS.reduce((sum, level) => sum + (by_level[level] ?? 0), 0)
    points.push({ time: formatTime(at), total, errors: errorsOf(by_level), by_level })
  }
  return points
}
