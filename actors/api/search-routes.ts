/** Search, the newest, and one log by its id. */
import { z } from 'zod/v4'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { HttpProblem, jsonText } from '#actors/http/problem.ts'
import { PROBLEM_STATUS, type ProblemCode } from '#actors/http/problem-codes.ts'
import type { LogStore, SearchResult } from '#actors/store/store.ts'
import { StoreError } from '#actors/store/store-error.ts'
import { placeOf } from '#actors/tail/tail-place.ts'
import { encodeTailToken } from '#actors/tail/tail-token.ts'
import { SEARCH_LIMIT_DEFAULT, SEARCH_LIMIT_MAX } from '#proto/limits.ts'
import type { Clock } from '#runtime/clock.ts'
import type { CallerDeps, ReadableProject } from './caller.ts'
import { answerOf, endpoint, projectQuery } from './endpoint.ts'
import { fieldHints } from './field-hints.ts'
import { check } from './json-body.ts'
import { levelsOf, planInput, type SearchBody, searchBody } from './search-request.ts'
import { row, searchReply } from './shapes.ts'

export interface SearchDeps extends CallerDeps {
  readonly store: Pick<LogStore, 'search' | 'row'>
  readonly clock: Clock
}

/** What reading from the store may end in. */
export const STORE_PROBLEM_CODES: readonly ProblemCode[] = [
  'LOGBOY_BAD_QUERY',
  'LOGBOY_QUERY_TOO_DEAR',
  'LOGBOY_OVERLOADED',
  'LOGBOY_STORE_AWAY',
  'LOGBOY_STOPPING',
  'LOGBOY_DISK_FAILED',
]

const recentQuery = projectQuery.extend({
  limit: z.coerce.number().int().min(0).max(SEARCH_LIMIT_MAX).default(SEARCH_LIMIT_DEFAULT),
  level: z.string().optional().describe('with commas, in any case'),
})

export function searchRoutes(deps: SearchDeps): Route[] {
  const shared = { tag: 'logs', who: 'reader', problems: STORE_PROBLEM_CODES } as const
  return [
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/logs/search',
      summary: 'Logs that match, their number, and counts by level, service and time.',
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
      problems: [...STORE_PROBLEM_CODES, 'LOGBOY_NOT_FOUND'],
      async handle({ part, project, request }) {
        const id = part('id')
        const text = await answered(deps.store.row(project.id, id, request.signal))
        if (text === null) throw new HttpProblem('LOGBOY_NOT_FOUND', `there is no log ${id}`)
        return jsonText(200, text)
      },
    }),
  ]
}

async function search(
  body: SearchBody,
  project: ReadableProject,
  request: HttpRequest,
  { store, clock }: SearchDeps,
): Promise<HttpAnswer> {
  const begunMs = clock.monotonicMs()
  const input = planInput(body, project, clock.nowUs())
  const result = await answered(store.search(input, request.signal))
  const hints = isEmpty(result)
    ? await answered(fieldHints(input, asked => store.search(asked, request.signal)))
    : []
  return jsonText(200, replyText(result, hints, clock.monotonicMs() - begunMs))
}

/** A page behind the last one is none that found nothing. */
function isEmpty({ total, logs, next_cursor }: SearchResult): boolean {
  return total === 0 || (total === null && logs.length === 0 && next_cursor === null)
}

const STORE_PROBLEMS = {
  LOGBOY_CURSOR_INVALID: 'LOGBOY_BAD_REQUEST',
  LOGBOY_QUERY_TOO_DEAR: 'LOGBOY_QUERY_TOO_DEAR',
  LOGBOY_SEARCH_BUSY: 'LOGBOY_OVERLOADED',
  LOGBOY_STORE_AWAY: 'LOGBOY_STORE_AWAY',
  LOGBOY_STORE_CLOSED: 'LOGBOY_STOPPING',
  LOGBOY_STORE_DISK: 'LOGBOY_DISK_FAILED',
} as const
const BUSY_RETRY_MS = 1_000

/** What the store could not do, in the words of HTTP. */
async function answered<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (error) {
    if (error instanceof StoreError) {
      const code = STORE_PROBLEMS[error.code]
      const retry = PROBLEM_STATUS[code] < 500 ? {} : { retryAfterMs: BUSY_RETRY_MS }
      throw new HttpProblem(code, error.message, { ...retry, cause: error })
    }
    if ((error as Error).name === 'AbortError') {
      throw new HttpProblem('LOGBOY_CALLER_GONE', 'the caller went away', { cause: error })
    }
    throw error
  }
}

/** Rows are JSON text already; they are put into the reply as they are. */
function replyText(result: SearchResult, hints: readonly string[], queryMs: number): string {
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
  return `{"logs":[${logs.join(',')}],${tail.slice(1)}`
}
