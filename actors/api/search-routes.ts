/** Search, the newest, and one log by its id. */
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { HttpProblem, jsonText, PROBLEM_STATUS } from '#actors/http/problem.ts'
import type { LogStore, SearchResult } from '#actors/store/store.ts'
import { StoreError } from '#actors/store/store-error.ts'
import { placeOf } from '#actors/tail/tail-place.ts'
import { encodeTailToken } from '#actors/tail/tail-token.ts'
import type { Clock } from '#runtime/clock.ts'
import { type CallerDeps, callerOf, type ReadableProject, readableProject } from './caller.ts'
import { fieldHints } from './field-hints.ts'
import { check, JSON_BODY_BYTES_MAX, readJson } from './json-body.ts'
import { levelsOf, planInput, type SearchBody, searchBody } from './search-request.ts'

export interface SearchDeps extends CallerDeps {
  readonly store: Pick<LogStore, 'search' | 'row'>
  readonly clock: Clock
}

export function searchRoutes(deps: SearchDeps): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/logs/search',
      bodyBytesMax: JSON_BODY_BYTES_MAX,
      async handle(request) {
        const caller = await callerOf(request, deps)
        const body = await readJson(request, searchBody)
        return search(body, await readableProject(caller, body.project, deps), request, deps)
      },
    },
    {
      method: 'GET',
      path: '/api/v1/logs/recent',
      async handle(request) {
        const caller = await callerOf(request, deps)
        const { query } = request
        const body = check(
          {
            limit: Number(query.get('limit') ?? 100),
            levels: levelsOf(query.get('level')),
            include: ['logs'],
          },
          searchBody,
        )
        const project = await readableProject(caller, query.get('project') ?? undefined, deps)
        return search(body, project, request, deps)
      },
    },
    {
      method: 'GET',
      path: '/api/v1/logs/:id',
      async handle(request) {
        const caller = await callerOf(request, deps)
        const named = request.query.get('project') ?? undefined
        const project = await readableProject(caller, named, deps)
        const id = request.parameters['id'] ?? ''
        const row = await answered(deps.store.row(project.id, id, request.signal))
        if (row === null) throw new HttpProblem('LOGBOY_NOT_FOUND', `there is no log ${id}`)
        return jsonText(200, row)
      },
    },
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
