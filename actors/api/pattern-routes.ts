/** Patterns of the logs that match: which sentences they are, how often, since when. */
import { z } from 'zod/v4'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { jsonText } from '#actors/http/problem.ts'
import type { PatternSummary } from '#actors/store/store.ts'
import { PATTERNS_DEFAULT, PATTERNS_MAX } from '#proto/limits.ts'
import { formatTime } from '#proto/time.ts'
import type { CallersProject } from './caller.ts'
import { answerOf, endpoint, projectQuery } from './endpoint.ts'
import { fieldHints } from './field-hints.ts'
import { check } from './json-body.ts'
import { STORE_PROBLEMS } from './query-gate.ts'
import { filterBody, intervalOf, levelsOf, planQuestion } from './search-request.ts'
import type { SearchDeps } from './search-routes.ts'
import { hints, row, time } from './shapes.ts'

const patternsBody = filterBody.extend({
  limit: z
    .number()
    .int()
    .min(1)
    .max(PATTERNS_MAX)
    .default(PATTERNS_DEFAULT)
    .describe('patterns at most, those with most logs'),
})
const patternsQuery = projectQuery.extend({
  query: z.string().optional().describe('the query language'),
  level: z.string().optional().describe('with commas, in any case'),
  start_time: z.string().optional(),
  end_time: z.string().optional(),
  limit: z.coerce.number().int().optional(),
})
const count = z.number().int().min(0)
const pattern = z
  .strictObject({
    pattern_id: z.string().describe('as in the rows, and in a query: pattern_id:…'),
    pattern: z.string().describe('the message with <*> for values'),
    count,
    share: z.number().describe('part of the logs that match, 0 to 1'),
    first_seen: time,
    last_seen: time,
    counts: z.array(z.strictObject({ time, count })).describe('over time; bars that have logs'),
    examples: z.array(row).describe('a few of the logs'),
  })
  .meta({ id: 'Pattern', description: 'One sentence of a program, whatever the values in it.' })
const patternsReply = z.strictObject({
  total: count.describe('logs that match; all of them are counted'),
  patterns_total: count.describe('patterns that they have'),
  interval: z.number().describe('width of a bar in seconds'),
  patterns: z.array(pattern).describe('most frequent first'),
  query_time_ms: z.number(),
  hints,
})

export function patternRoutes(deps: SearchDeps): Route[] {
  const shared = {
    path: '/api/v1/logs/patterns',
    tag: 'logs',
    who: 'member',
    needs: 'logs.read',
    problems: STORE_PROBLEMS,
    answers: { 200: answerOf('Patterns with exact counts.', patternsReply) },
  } as const
  return [
    endpoint(deps, {
      ...shared,
      method: 'POST',
      summary: 'The patterns of the logs that match, counted exactly.',
      body: patternsBody,
      handle: ({ body, project, request }) => patterns(body, project, request, deps),
    }),
    endpoint(deps, {
      ...shared,
      method: 'GET',
      summary: 'The same for a link.',
      query: patternsQuery,
      handle({ query: { level, ...given }, project, request }) {
        const body = check({ ...given, levels: levelsOf(level ?? null) }, patternsBody)
        return patterns(body, project, request, deps)
      },
    }),
  ]
}

async function patterns(
  { limit, ...filter }: z.output<typeof patternsBody>,
  project: CallersProject,
  request: HttpRequest,
  { store, clock, queries }: SearchDeps,
): Promise<HttpAnswer> {
  const begunMs = clock.monotonicMs()
  const input = planQuestion(filter, project, clock.nowUs())
  const barUsOf = (firstUs: number, lastUs: number): number =>
    intervalOf(undefined, Math.max(1, firstUs), lastUs)
  const asked = { ...input, limit, barUsOf, examples: true }
  const { absent, ...found } = await queries.run(project.id, request.signal, async signal => {
    const result = await store.patterns(asked, signal)
    const isEmpty = result.total === 0
    const hinted = isEmpty ? await fieldHints(input, each => store.search(each, signal)) : []
    return { ...result, absent: hinted.length === 0 ? {} : { hints: hinted } }
  })
  const told = found.patterns.map(each => patternText(each, found.total))
  const tail = JSON.stringify({
    total: found.total,
    patterns_total: found.found,
    interval: found.barUs / 1_000_000,
    query_time_ms: clock.monotonicMs() - begunMs,
    ...absent,
  })
  return jsonText(200, `{"patterns":[${told.join(',')}],${tail.slice(1)}`)
}

/** Examples are JSON text already. */
function patternText(
  { id, template, firstUs, lastUs, bars, examples, count: rows }: PatternSummary,
  total: number,
): string {
  const members = JSON.stringify({
    pattern_id: String(id),
    pattern: template,
    count: rows,
    share: rows / total,
    first_seen: formatTime(firstUs),
    last_seen: formatTime(lastUs),
    counts: bars.map(([startUs, each]) => ({ time: formatTime(startUs), count: each })),
  })
  return `${members.slice(0, -1)},"examples":[${examples.join(',')}]}`
}
