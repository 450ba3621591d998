/**
 * What one project may ask of the store at once, and for how long, so that nobody's dear queries
 * are felt by everybody.
 */
import { HttpProblem } from '#actors/http/problem.ts'
import type { ProblemCode } from '#actors/http/problem-codes.ts'
import { Turnstile } from '#actors/store/lanes.ts'
import { StoreError, type StoreErrorCode } from '#actors/store/store-error.ts'
import type { Clock } from '#runtime/clock.ts'

export interface QueryLimits {
  /** Queries of one project that run at once; eight times as many wait. */
  readonly perProject: number
  /** A query that takes longer, waiting included, is stopped. */
  readonly timeoutMs: number
}

const WAITING_PER_RUNNING = 8
const BUSY_RETRY_MS = 1_000

/** What reading from the store may end in. */
export const STORE_PROBLEMS: readonly ProblemCode[] = [
  'LOGBOY_BAD_QUERY',
  'LOGBOY_QUERY_TOO_DEAR',
  'LOGBOY_TOO_MANY_QUERIES',
  'LOGBOY_OVERLOADED',
  'LOGBOY_STORE_AWAY',
  'LOGBOY_STOPPING',
  'LOGBOY_DISK_FAILED',
  'LOGBOY_CALLER_GONE',
]

export class QueryGate {
  readonly #clock: Clock
  readonly #limits: QueryLimits
  readonly #projects = new Map<string, { readonly turns: Turnstile; users: number }>()

  constructor(clock: Clock, limits: QueryLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Runs a query of the project; what the store cannot do becomes a problem of the caller. */
  async run<Value>(
    projectId: string,
    callerGone: AbortSignal,
    query: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    const late = new AbortController()
    const cancel = this.#clock.after(this.#limits.timeoutMs, () => late.abort(this.#tooLate()))
    const signal = AbortSignal.any([callerGone, late.signal])
    try {
      return await this.#inTurn(projectId, signal, () => query(signal))
    } catch (error) {
      throw storeProblem(late.signal.aborted ? late.signal.reason : error)
    } finally {
      cancel()
    }
  }

  async #inTurn<Value>(
    projectId: string,
    signal: AbortSignal,
    work: () => Promise<Value>,
  ): Promise<Value> {
    const { perProject: running } = this.#limits
    const waiting = running * WAITING_PER_RUNNING
    const project = this.#projects.get(projectId) ?? {
      turns: new Turnstile({ running, waiting }),
      users: 0,
    }
    this.#projects.set(projectId, project)
    project.users++
    try {
      const entered = await project.turns.enter(work, signal)
      if (entered !== false) return entered.result
      const detail = `${running} queries of the project run and ${waiting} wait; ask again later`
      throw new HttpProblem('LOGBOY_TOO_MANY_QUERIES', detail, { retryAfterMs: BUSY_RETRY_MS })
    } finally {
      if (--project.users === 0) this.#projects.delete(projectId)
    }
  }

  #tooLate(): StoreError {
    const { timeoutMs } = this.#limits
    const advice = 'narrow the time range, or name a service, a level or a word'
    const message = `the query took longer than ${timeoutMs / 1_000} s and was stopped: ${advice}`
    return new StoreError('LOGBOY_QUERY_TOO_DEAR', message)
  }
}

const PROBLEM_OF: Readonly<Record<StoreErrorCode, readonly [ProblemCode, retryAfterMs?: number]>> =
  {
    LOGBOY_CURSOR_INVALID: ['LOGBOY_BAD_REQUEST'],
    LOGBOY_QUERY_TOO_DEAR: ['LOGBOY_QUERY_TOO_DEAR'],
    LOGBOY_SEARCH_BUSY: ['LOGBOY_OVERLOADED', BUSY_RETRY_MS],
    LOGBOY_STORE_AWAY: ['LOGBOY_STORE_AWAY', BUSY_RETRY_MS],
    LOGBOY_STORE_CLOSED: ['LOGBOY_STOPPING', BUSY_RETRY_MS],
    LOGBOY_STORE_DISK: ['LOGBOY_DISK_FAILED', BUSY_RETRY_MS],
  }

/** What the store could not do, in the words of HTTP. */
export function storeProblem(error: unknown): unknown {
  if (error instanceof StoreError) {
    const [code, retryAfterMs] = PROBLEM_OF[error.code]
    const retry = retryAfterMs === undefined ? {} : { retryAfterMs }
    return new HttpProblem(code, error.message, { ...retry, cause: error })
  }
  if ((error as Error).name === 'AbortError') {
    return new HttpProblem('LOGBOY_CALLER_GONE', 'the caller went away', { cause: error })
  }
  return error
}
