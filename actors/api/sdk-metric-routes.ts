/** What applications measure: the counters, gauges and histograms of the SDK. */
import { z } from 'zod/v4'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import type { SearchPlanInput } from '#actors/store/store.ts'
import type { Row } from '#proto/api.ts'
import {
  isLabel,
  LABELS_MAX,
  METRIC_NAME_CHARS_MAX,
  METRIC_TYPES,
  type MetricType,
  nameFault,
  readPoint,
} from '#proto/metric.ts'
import { parseDuration } from '#proto/time.ts'
import { answerOf, endpoint, projectQuery } from './endpoint.ts'
import { analysedCells, isAnalysed } from './metric-analysis.ts'
import type { MetricCell } from './metric-cells.ts'
import { POINTS_READ_MAX, readPoints, tooManyPoints } from './metric-points.ts'
import {
  MetricTable,
  NUMBERS_MAX,
  QUANTILE,
  type TableWish,
  tooManyNumbers,
} from './metric-table.ts'
import { STORE_PROBLEMS } from './query-gate.ts'
import { filterBody, intervalOf, planQuestion } from './search-request.ts'
import type { SearchDeps } from './search-routes.ts'
import { time } from './shapes.ts'
import type { MetricCellsInput } from './tasks/metric-cells.ts'
import { rangeNames, spanOf } from './time-ranges.ts'

const FUNCTIONS = ['rate', 'increase', 'avg', 'min', 'max', 'last']
const NAMES_MAX = 1_000
/** Newest points that names are told of. */
const NAME_POINTS = 20_000
const SECOND_US = 1_000_000
/** Unless another step is asked for: the SDK sends no more often unless told to. */
const STEP_US_MIN = 10 * SECOND_US

const key = z.string().min(1).max(256)
const queryBody = filterBody.pick({ start_time: true, end_time: true, project: true }).extend({
  name: z
    .string()
    .max(METRIC_NAME_CHARS_MAX)
    .refine(name => nameFault(name) === null, {
      error: issue => nameFault(String(issue.input)) ?? '',
    }),
  labels: z
    .record(key, z.string().max(1_024))
    .refine(labels => Object.keys(labels).length <= LABELS_MAX, `at most ${LABELS_MAX}`)
    .default({})
    .describe('exact values; `service` and `host` are labels, too'),
  function: z
    .string()
    .refine(fn => FUNCTIONS.includes(fn) || QUANTILE.test(fn), {
      error: issue => `${String(issue.input)} is none of ${FUNCTIONS.join(', ')}, p1 to p99.99`,
    })
    .describe('counter: rate, increase; gauge: avg, min, max, last; histogram: all but last, p95'),
  by: z.array(key).max(LABELS_MAX).default([]).describe('labels whose values are told apart'),
  step: z.union([z.string(), z.number()]).optional().describe('60 or 1m; about 60 unless given'),
})
const metricType = z.enum(METRIC_TYPES)
const queryReply = z.strictObject({
  name: z.string(),
  type: metricType.nullable().describe('null where there are no points'),
  unit: z.string(),
  function: z.string(),
  step: z.number().describe('seconds'),
  series: z.array(
    z.strictObject({
      labels: z.record(z.string(), z.string()),
      points: z.array(z.strictObject({ time, value: z.number() })),
    }),
  ),
})
const namesQuery = projectQuery.extend({
  time_range: z.enum(rangeNames).default('1h').describe('until now'),
})
const namesReply = z.strictObject({
  names: z.array(
    z.strictObject({
      name: z.string(),
      type: metricType,
      unit: z.string(),
      services: z.array(z.string()),
      labels: z.array(z.string()).describe('keys'),
      last_seen: time,
    }),
  ),
  is_exact: z.boolean().describe('no older point was left unread'),
})

export function sdkMetricRoutes(deps: SearchDeps): Route[] {
  const { clock, queries, store } = deps
  const shared = {
    tag: 'metrics',
    who: 'member',
    needs: 'logs.read',
    problems: STORE_PROBLEMS,
  } as const
  return [
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/metrics/query',
      summary: 'A metric of the SDK over time.',
      description:
        'Points are put into steps by the end of their interval. The range is the last hour ' +
        'unless given, and is widened to whole steps.',
      body: queryBody,
      answers: { 200: answerOf('A series for each combination of `by`.', queryReply) },
      async handle({ body, project, request }) {
        const { name, labels, by, function: fn } = body
        const { plan, stepUs } = planned(body, project, clock.nowUs())
        const { startUs, endUs } = plan
        const wish = { name, fn, labels, by, startUs, endUs, stepUs }
        const table = new MetricTable(wish)
        await queries.run(project.id, request.signal, signal =>
          fillTable(table, { plan, wish }, { ...deps, signal }),
        )
        const { type = null, unit = '' } = table.head ?? {}
        const step = stepUs / SECOND_US
        return json(200, { name, type, unit, function: fn, step, series: table.series() })
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'GET',
      path: '/api/v1/metrics/names',
      summary: 'Which metrics applications send.',
      description: `Told of the newest ${NAME_POINTS} points of the range.`,
      query: namesQuery,
      answers: { 200: answerOf(`At most ${NAMES_MAX}, in order of their names.`, namesReply) },
      async handle({ query: { time_range: range }, project, request }) {
        const filter = { query: '', services: [], levels: [] }
        const plan = {
          ...planQuestion(filter, project, clock.nowUs()),
          ...spanOf(range, clock.nowUs()),
          endUs: Number.MAX_SAFE_INTEGER,
        }
        const names = new MetricNames()
        const wish = { plan, name: null, labels: {}, max: NAME_POINTS }
        const isAll = await queries.run(project.id, request.signal, signal =>
          readPoints(wish, store, signal, page => names.add(page)),
        )
        const all = names.told()
        const is_exact = isAll && all.length <= NAMES_MAX
        return json(200, { names: all.slice(0, NAMES_MAX), is_exact })
      },
    }),
  ]
}

interface TablePlan {
  readonly plan: SearchPlanInput
  readonly wish: TableWish
}

/** Near the store where that is enough; else points are read, on a worker page by page. */
async function fillTable(
  table: MetricTable,
  { plan, wish }: TablePlan,
  { store, pool, signal }: SearchDeps & { readonly signal: AbortSignal },
): Promise<void> {
  const { name, fn, labels } = wish
  if (isAnalysed(fn, wish)) {
    const asked = { plan, fn, cellsMax: NUMBERS_MAX }
    const cells = await analysedCells(asked, wish, store, signal)
    if (cells === null) throw tooManyNumbers()
    table.add(cells)
    return
  }
  const read = { plan, name, labels, max: POINTS_READ_MAX }
  const isAll = await readPoints(read, store, signal, async points => {
    const page = new TextEncoder().encode(points.join('\n'))
    const input: MetricCellsInput = { page, wish }
    const options = { transfer: [page.buffer], signal }
    table.add(await pool.run<MetricCell[]>('metric-cells', input, options))
  })
  if (!isAll) throw tooManyPoints()
}

type QueryBody = z.output<typeof queryBody>

/** Whole steps around the range that is asked for. */
function planned(
  { start_time = 'now-1h', end_time = 'now', project: named, step }: QueryBody,
  project: Parameters<typeof planQuestion>[1],
  nowUs: number,
) {
  const filter = { query: '', services: [], levels: [], start_time, end_time, project: named }
  const plan = planQuestion(filter, project, nowUs)
  const { startUs, endUs } = plan
  if (step !== undefined && parseDuration(step) === null) {
    throw new HttpProblem('LOGBOY_BAD_REQUEST', `step: ${step} is no width such as 60 or 1m`)
  }
  const stepUs = Math.max(intervalOf(step, startUs, endUs), step === undefined ? STEP_US_MIN : 0)
  const from = Math.floor(startUs / stepUs) * stepUs
  const to = Math.max(from + stepUs, Math.ceil(endUs / stepUs) * stepUs)
  if ((to - from) / stepUs > NUMBERS_MAX) {
    throw new HttpProblem('LOGBOY_BAD_REQUEST', `step: more than ${NUMBERS_MAX} in this range`)
  }
  return { plan: { ...plan, startUs: from, endUs: to }, stepUs }
}

interface NamedMetric {
  readonly name: string
  readonly type: MetricType
  readonly unit: string
  readonly services: Set<string>
  readonly labels: Set<string>
  readonly last_seen: string
}

/** What there is among some points, newest first. */
class MetricNames {
  readonly #found = new Map<string, NamedMetric>()

  add(page: readonly string[]): void {
    for (const row of page) this.#add(JSON.parse(row) as Row)
  }

  #add({ message: name, service, attributes, time: last_seen }: Row): void {
    const point = readPoint(attributes)
    if (typeof point === 'string') return
    const { type, unit } = point
    const id = `${name} ${type}`
    const metric = this.#found.get(id) ?? {
      name,
      type,
      unit,
      services: new Set<string>(),
      labels: new Set<string>(),
      last_seen,
    }
    this.#found.set(id, metric)
    metric.services.add(service)
    for (const label in attributes) if (isLabel(label)) metric.labels.add(label)
  }

  told() {
    return [...this.#found]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { services, labels, ...metric }]) => ({
        ...metric,
        services: [...services].sort(),
        labels: [...labels].sort(),
      }))
  }
}
