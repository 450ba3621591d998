/** The slowest parts of a system, by a field that says how long and one that says where. */
import type { Json } from '#proto/api.ts'
import { printSearch } from '#proto/query/print-stages.ts'
import { parseSearch } from '#proto/query.ts'
import type { FieldFact } from '../api/facts.ts'
import { fieldTerm, withTerm } from '../explore/query-text-model.ts'

/** As the usual frameworks and OpenTelemetry call them, the best first. */
const PLACES = [
  'http.route',
  'route',
  'path',
  'url.path',
  'http.target',
  'request.path',
  'endpoint',
  'operation',
  'rpc.method',
  'url',
  'uri',
]
const DURATIONS = [
  'duration_ms',
  'elapsed_ms',
  'took_ms',
  'latency_ms',
  'response_time_ms',
  'duration',
  'elapsed',
  'latency',
  'response_time',
  'request_time',
  'http.server.request.duration',
]
const DURATION_LIKE = /(?:duration|elapsed|latency|took|time)(?:_|\.|$)|_(?:ms|us|ns|seconds?)$/i
const SHOWN = 10

export interface SlowChoice {
  readonly by: string
  readonly field: string
}

/** The field to begin with; of durations null where no log has one. */
export function suitableField(fields: readonly FieldFact[], kind: 'by' | 'number'): string | null {
  const names = kind === 'by' ? textFields(fields) : numberFields(fields)
  const known = kind === 'by' ? PLACES : DURATIONS
  const found = known.find(name => names.includes(name))
  if (found !== undefined) return found
  if (kind === 'by') return 'service'
  return names.find(name => DURATION_LIKE.test(name)) ?? null
}

export function numberFields(fields: readonly FieldFact[]): readonly string[] {
  return fields
    .filter(({ types }) => types.some(type => type === 'integer' || type === 'number'))
    .map(({ name }) => name)
}

export function textFields(fields: readonly FieldFact[]): readonly string[] {
  return fields
    .filter(({ name, types }) => types[0] === 'text' && name !== 'message')
    .map(({ name }) => name)
}

export interface SlowNumbers {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly max: number
}

/** What `slowQuery` was answered, by place; null = rows without one. */
export function slowNumbers(rows: readonly (readonly Json[])[]): ReadonlyMap<Json, SlowNumbers> {
  return new Map(
    rows.map(([name = null, ...numbers]) => {
      const [count = 0, p50 = 0, p95 = 0, max = 0] = numbers.map(Number)
      return [name, { count, p50, p95, max }]
    }),
  )
}

/** One row a place: name, count, median, 95th percentile, maximum; the slowest first. */
export function slowQuery(conditions: string, { by, field }: SlowChoice): string {
  const exists = fieldTerm(field, 'x').slice(0, -1)
  const parsed = parseSearch(withTerm(conditions, `${exists}*`))
  if (parsed.type === 'fault') return conditions
  return printSearch({
    query: parsed.search.query,
    stages: [
      {
        type: 'summarize',
        measures: [
          { fn: 'count' },
          { fn: 'p50', field },
          { fn: 'p95', field },
          { fn: 'max', field },
        ],
        by: [by],
      },
      { type: 'sort', keys: [{ column: `p95(${field})`, isDescending: true }] },
      { type: 'limit', count: SHOWN },
    ],
  })
}
