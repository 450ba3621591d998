/** Search, the newest, one log by its id, and what was logged around it. */
import { z } from 'zod/v4'
import { etagOf, withEtag } from '#actors/http/etag.ts'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { HttpProblem, jsonText } from '#actors/http/problem.ts'
import { type ContextWish, rowContext } from '#actors/store/row-context.ts'
import type { LogStore, SearchResult, Watch } from '#actors/store/store.ts'
import { placeOf } from '#actors/tail/tail-place.ts'
import { encodeTailToken } from '#actors/tail/tail-token.ts'
import {
  CONTEXT_ROWS_DEFAULT,
  CONTEXT_ROWS_MAX,
  SEARCH_LIMIT_DEFAULT,
  SEARCH_LIMIT_MAX,
} from '#proto/limits.ts'
import { isTableStage } from '#proto/query/analysis.ts'
import type { Clock } from '#runtime/clock.ts'
import type { TaskPool } from '#runtime/threads.ts'
import { type AnalysisReply, type AnalysisTools, aggregated, analysed } from './analysis.ts'
import type { CallersProject } from './caller.ts'
import { answerOf, type EndpointDeps, endpoint, projectQuery } from './endpoint.ts'
import { fieldHints } from './field-hints.ts'
import { check } from './json-body.ts'
import { markPage } from './page-cursor.ts'
import { PROGRESS_INTERVAL_MS, progressAnswer, wantsLines } from './progress-lines.ts'
import { type QueryGate, STORE_PROBLEMS } from './query-gate.ts'
import {
  levelsOf,
  planSearch,
  type SearchBody,
  type SearchPlan,
  searchBody,
} from './search-request.ts'
import { row, searchReply } from './shapes.ts'

export interface SearchDeps extends EndpointDeps {
  readonly store: Pick<LogStore, 'search' | 'analyse' | 'patterns' | 'row' | 'sizeOf'>
  readonly clock: Clock
  readonly queries: QueryGate
  /** Encodes what is exported. */
  readonly pool: Pick<TaskPool, 'run'>
}

const recentQuery = projectQuery.extend({
  limit: z.coerce.number().int().min(0).max(SEARCH_LIMIT_MAX).default(SEARCH_LIMIT_DEFAULT),
  level: z.string().optional().describe('with commas, in any case'),
})

const sideRows = z.coerce.number().int().min(0).max(CONTEXT_ROWS_MAX).default(CONTEXT_ROWS_DEFAULT)
const contextQuery = projectQuery.extend({
  before: sideRows.describe('rows before it at most'),
  after: sideRows.describe('rows behind it at most'),
  by: z.enum(['service', 'trace']).default('service'),
})
const contextReply = z.strictObject({
  before: z.array(row),
  log: row,
  after: z.array(row),
  has_more_before: z.boolean(),
  has_more_after: z.boolean(),
})

export function searchRoutes(deps: SearchDeps): Route[] {
  const shared = {
    tag: 'logs',
    who: 'member',
    needs: 'logs.read',
    problems: STORE_PROBLEMS,
  } as const
  return [
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/logs/search',
      summary: 'Logs that match, their number, and counts by level, service and time.',
      description:
        'With `Accept: application/x-ndjson` a query that takes longer than ' +
        `${PROGRESS_INTERVAL_MS} ms tells how far it has come: lines of \`type\` progress, and last ` +
        'one of `type` result, which has the members of this answer, or problem.',
      body: searchBody,
      answers: { 200: answerOf('A page of logs, and what was asked for beside it.', searchReply) },
      handle: ({ body, project, request }) => search(body, project, request, deps),
    }),
    endpoint(deps, {
      ...shared,
      method: 'GET',
      path: '/api/v1/logs/recent',
      summary: 'The newest logs.',
      query: recentQuery,
      answers: { 200: answerOf('A page of logs.', searchReply) },
      handle({ query, project, request }) {
        const { limit, level } = query
        const body = check(
          { limit, levels: levelsOf(level ?? null), include: ['logs'] },
          searchBody,
        )
        return search(body, project, request, deps)
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'GET',
      path: '/api/v1/logs/:id',
      summary: 'One log.',
      parts: { id: 'id of the log' },
      query: projectQuery,
      answers: { 200: answerOf('The log.', row) },
      problems: [...STORE_PROBLEMS, 'LOGBOY_NOT_FOUND'],
      async handle({ part, project, request }) {
        const id = part('id')
        const text = await deps.queries.run(project.id, request.signal, signal =>
          deps.store.row(project.id, id, signal),
        )
        if (text === null) throw new HttpProblem('LOGBOY_NOT_FOUND', `there is no log ${id}`)
        // A row never changes, but patterns may come together.
        return withEtag(request, etagOf(text), jsonText(200, text))
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'GET',
      path: '/api/v1/logs/:id/context',
      summary: 'What was logged around a log.',
      description: 'In the same service and host, or with `by=trace` in the same trace.',
      parts: { id: 'id of the log' },
      query: contextQuery,
      answers: { 200: answerOf('All in order of time, oldest first.', contextReply) },
      problems: [...STORE_PROBLEMS, 'LOGBOY_NOT_FOUND'],
      handle: ({ part, query, project, request }) =>
        context({ ...query, id: part('id'), projectId: project.id }, request, deps),
    }),
  ]
}

async function context(
  wish: ContextWish,
  request: HttpRequest,
  { store, queries }: SearchDeps,
): Promise<HttpAnswer> {
  const { projectId, id } = wish
  const found = await queries.run(projectId, request.signal, signal =>
    rowContext(wish, asked => store.search(asked, signal)),
  )
  if (found === null) throw new HttpProblem('LOGBOY_NOT_FOUND', `there is no log ${id}`)
  if (found === 'no-trace') {
    throw new HttpProblem('LOGBOY_BAD_REQUEST', 'by: the log has no trace_id; leave out by=trace')
  }
  const { before, row: text, after, hasMoreBefore, hasMoreAfter } = found
  const more = `"has_more_before":${hasMoreBefore},"has_more_after":${hasMoreAfter}`
  return jsonText(
    200,
    `{"before":[${before.join(',')}],"log":${text},"after":[${after.join(',')}],${more}}`,
  )
}

async function search(
  body: SearchBody,
  project: CallersProject,
  request: HttpRequest,
  { store, clock, queries }: SearchDeps,
): Promise<HttpAnswer> {
  const begunMs = clock.monotonicMs()
  const { input, stages } = planSearch(body, project, clock.nowUs())
  const query = (watch?: Watch): Promise<string> =>
    queries.run(project.id, request.signal, async signal => {
      const result = await resultOf({ input, stages }, body.aggregate, { store, signal, watch })
      const hints = isEmpty(result)
        ? await fieldHints(input, asked => store.search(asked, signal))
        : []
      const isWhole = stages.some(stage => stage.type === 'limit')
      const next = isWhole ? null : result.next_cursor
      const told = { ...result, next_cursor: next && markPage(next, body, project.id) }
      const queryMs = clock.monotonicMs() - begunMs
      return replyText(told, { fields: input.fields, hints, queryMs })
    })
  return wantsLines(request) ? await progressAnswer(query, clock) : jsonText(200, await query())
}

type Reply = SearchResult | AnalysisReply

async function resultOf(
  { input, stages }: SearchPlan,
  aggregate: SearchBody['aggregate'],
  tools: AnalysisTools & Pick<SearchDeps, 'store'>,
): Promise<Reply> {
  if (stages.some(isTableStage)) return await analysed(input, stages, tools)
  const result = await tools.store.search(input, tools.signal, tools.watch)
  return { ...result, ...(await aggregated(aggregate, input, tools)) }
}

/** A page behind the last one is none that found nothing. */
function isEmpty({ total, logs, next_cursor }: Reply): boolean {
  return total === 0 || (total === null && logs.length === 0 && next_cursor === null)
}

interface Told {
  /** What each row is an array of; null = it is a row. */
  readonly fields: readonly string[] | null
  readonly hints: readonly string[]
  readonly queryMs: number
}

/** Rows are JSON text already; they are put into the reply as they are. */
function replyText(result: Reply, { fields, hints, queryMs }: Told): string {
  const { logs, positions, receivedAtUs, explain, ...rest } = result
  const token = encodeTailToken(placeOf({ positions, receivedAtUs }))
  const told = hints.length === 0 ? {} : { hints }
  const tail = JSON.stringify({
    ...rest,
    ...told,
    explain,
    query_time_ms: queryMs,
    tail_token: token,
  })
  const rows = `[${logs.join(',')}]`
  if (fields === null) return `{"logs":${rows},${tail.slice(1)}`
  const columns = JSON.stringify(fields.map(name => ({ name, type: 'json' })))
  return `{"logs":[],"table":{"columns":${columns},"rows":${rows},"truncated":false},${tail.slice(1)}`
}
