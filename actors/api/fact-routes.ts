/** What logs have in common: bars over time, top values, which fields there are. */
import { z } from 'zod/v4'
import type { HttpRequest, Route } from '#actors/http/http-server.ts'
import { json } from '#actors/http/problem.ts'
import type { SearchPlanInput, SearchResult } from '#actors/store/store.ts'
import {
  FACET_FIELDS_MAX,
  FACET_VALUES_DEFAULT,
  FACET_VALUES_MAX,
  FIELD_SAMPLE_DEFAULT,
  FIELD_SAMPLE_MAX,
} from '#proto/limits.ts'
import { topValues } from './analysis.ts'
import type { CallersProject } from './caller.ts'
import { answerOf, endpoint } from './endpoint.ts'
import { fieldHints, unknownField } from './field-hints.ts'
import { type FieldType, sampleFields } from './field-sample.ts'
import { STORE_PROBLEMS } from './query-gate.ts'
import { filterBody, histogramBody, planQuestion } from './search-request.ts'
import type { SearchDeps } from './search-routes.ts'
import { bar, byLevel, hints } from './shapes.ts'

/** Fields that nearly every row has a value of its own of, or that have no order of values. */
const UNCOUNTED = ['time', 'ingested_at', 'id', 'trace_id', 'span_id', 'pattern_id']

const facetsBody = filterBody.extend({
  fields: z
    .array(
      z
        .string()
        .min(1)
        .max(1_024)
        .refine(name => !UNCOUNTED.includes(name), {
          error: issue => `values of ${String(issue.input)} are not counted`,
        }),
    )
    .min(1)
    .max(FACET_FIELDS_MAX)
    .default(['service', 'level', 'host']),
  limit: z.number().int().min(1).max(FACET_VALUES_MAX).default(FACET_VALUES_DEFAULT),
})
const fieldsBody = filterBody.extend({
  sample: z
    .number()
    .int()
    .min(1)
    .max(FIELD_SAMPLE_MAX)
    .default(FIELD_SAMPLE_DEFAULT)
    .describe('newest matching rows that are looked at'),
})
const count = z.number().int().min(0)
const histogramReply = z.strictObject({
  total: count,
  interval: z.number().describe('width of a bar in seconds'),
  histogram: z.array(bar).describe('bars that have rows, in order of time'),
  by_level: byLevel,
  hints,
})
const facet = z.strictObject({
  field: z.string(),
  values: z.array(z.strictObject({ value: z.string(), count })).describe('most frequent first'),
  has_more: z.boolean().describe('there are values beyond the limit'),
})
const facetsReply = z.strictObject({ total: count, facets: z.array(facet), hints })
const FIELD_TYPES = [
  'text',
  'integer',
  'number',
  'boolean',
  'null',
  'json',
] as const satisfies readonly FieldType[]
const fieldsReply = z.strictObject({
  total: count.describe('rows that match'),
  sample: count.describe('the newest of them, which the fields are told of'),
  is_exact: z.boolean().describe('the sample is all of them'),
  fields: z.array(
    z.strictObject({
      name: z.string(),
      types: z.array(z.enum(FIELD_TYPES)),
      rows: count,
      share: z.number().describe('part of the sample that has it, 0 to 1'),
      distinct: count.describe('different values; of service and level among all rows that match'),
    }),
  ),
  hints,
})

export function factRoutes(deps: SearchDeps): Route[] {
  const { clock } = deps
  const shared = {
    tag: 'logs',
    who: 'member',
    needs: 'logs.read',
    problems: STORE_PROBLEMS,
    method: 'POST',
  } as const
  return [
    endpoint(deps, {
      ...shared,
      path: '/api/v1/logs/histogram',
      summary: 'Matching logs over time, by level.',
      body: histogramBody,
      answers: { 200: answerOf('Bars.', histogramReply) },
      async handle({ body, project, request }) {
        const include: ('total' | 'histogram' | 'by_level')[] = ['total', 'histogram', 'by_level']
        const input = planQuestion({ ...body, include }, project, clock.nowUs())
        const { total, aggregations, hints } = await ask(input, project, request, deps)
        const { by_level, histogram, interval } = aggregations
        return json(200, { total, interval, histogram, by_level, ...hints })
      },
    }),
    endpoint(deps, {
      ...shared,
      path: '/api/v1/logs/facets',
      summary: 'The most frequent values of some fields, among the logs that match.',
      description: 'Services and levels are counted from summaries, other fields row by row.',
      body: facetsBody,
      answers: { 200: answerOf('Values with their counts.', facetsReply) },
      async handle({ body: { fields, limit, ...filter }, project, request }) {
        const input = planQuestion({ ...filter, include: ['total'] }, project, clock.nowUs())
        return json(200, await facetsOf({ input, fields, limit }, project, request, deps))
      },
    }),
    endpoint(deps, {
      ...shared,
      path: '/api/v1/logs/fields',
      summary: 'Which fields the logs that match have: types, share, distinct values.',
      description: 'Told of the newest rows that match; how many these are stands in `sample`.',
      body: fieldsBody,
      answers: { 200: answerOf('Fields, most frequent first.', fieldsReply) },
      async handle({ body: { sample, ...filter }, project, request }) {
        const include: ('total' | 'logs' | 'by_level' | 'by_service')[] = [
          'total',
          'logs',
          'by_level',
          'by_service',
        ]
        const asked = { ...filter, include, limit: sample }
        const input = planQuestion(asked, project, clock.nowUs())
        const { total, logs, aggregations, hints } = await ask(input, project, request, deps)
        const { by_level, by_service } = aggregations
        const exact = new Map([
          ['level', Object.keys(by_level).length],
          ['service', Object.keys(by_service).filter(name => name !== '').length],
        ])
        const fields = sampleFields(logs).map(field => ({
          ...field,
          distinct: exact.get(field.name) ?? field.distinct,
        }))
        const is_exact = logs.length === total
        return json(200, { total, sample: logs.length, is_exact, fields, ...hints })
      },
    }),
  ]
}

type Hinted = SearchResult & { readonly hints: { readonly hints?: readonly string[] } }

/** One search; if nothing matches, with hints at fields that no row has. */
function ask(
  input: SearchPlanInput,
  project: CallersProject,
  request: HttpRequest,
  { store, queries }: SearchDeps,
): Promise<Hinted> {
  return queries.run(project.id, request.signal, async signal => {
    const result = await store.search(input, signal)
    const found =
      result.total === 0 ? await fieldHints(input, each => store.search(each, signal)) : []
    return { ...result, hints: found.length === 0 ? {} : { hints: found } }
  })
}

interface FacetsWish {
  readonly input: SearchPlanInput
  readonly fields: readonly string[]
  readonly limit: number
}

function facetsOf(
  { input, fields, limit }: FacetsWish,
  project: CallersProject,
  request: HttpRequest,
  { store, queries }: SearchDeps,
): Promise<z.output<typeof facetsReply>> {
  return queries.run(project.id, request.signal, async signal => {
    const search = (asked: SearchPlanInput): Promise<SearchResult> => store.search(asked, signal)
    const { total } = await search(input)
    const facets: z.output<typeof facet>[] = []
    const absent: string[] = []
    for (const field of new Set(fields)) {
      const values = await topValues(input, { field, count: limit + 1 }, { store, signal })
      facets.push({ field, values: values.slice(0, limit), has_more: values.length > limit })
      if (values.length === 0 && (total ?? 0) > 0) absent.push(unknownField(field))
    }
    if (total === 0) absent.push(...(await fieldHints(input, search)))
    return { total: total ?? 0, facets, ...(absent.length === 0 ? {} : { hints: absent }) }
  })
}
