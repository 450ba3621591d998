/** Errors at the HTTP doors: RFC 9457 bodies whose `code` is stable. */
import { STATUS_CODES } from 'node:http'
import type { Problem, QueryProblemMembers } from '#proto/api.ts'
import type { HttpAnswer } from './http-server.ts'

/** The catalogue of codes; each has one status. */
export const PROBLEM_STATUS = {
  LOGBOY_BAD_REQUEST: 400,
  LOGBOY_BAD_BODY: 400,
  LOGBOY_BAD_QUERY: 400,
  LOGBOY_QUERY_TOO_DEAR: 400,
  LOGBOY_BAD_HEADER: 400,
  LOGBOY_KEY_MISSING: 401,
  LOGBOY_KEY_UNKNOWN: 401,
  LOGBOY_KEY_REVOKED: 401,
  LOGBOY_KEY_EXPIRED: 401,
  LOGBOY_SESSION_MISSING: 401,
  LOGBOY_SIGN_IN_FAILED: 401,
  LOGBOY_SCOPE_MISSING: 403,
  LOGBOY_FORBIDDEN: 403,
  LOGBOY_CROSS_ORIGIN: 403,
  LOGBOY_NOT_FOUND: 404,
  LOGBOY_PROJECT_UNKNOWN: 404,
  LOGBOY_METHOD_NOT_ALLOWED: 405,
  LOGBOY_BODY_TOO_SLOW: 408,
  LOGBOY_CONFLICT: 409,
  LOGBOY_EPOCH_EXPIRED: 409,
  LOGBOY_NAME_TAKEN: 409,
  LOGBOY_BODY_TOO_LARGE: 413,
  LOGBOY_MEDIA_UNSUPPORTED: 415,
  LOGBOY_KEY_REUSED: 422,
  LOGBOY_OVER_QUOTA: 429,
  LOGBOY_TOO_MANY_KEYS: 429,
  LOGBOY_CALLER_GONE: 499,
  LOGBOY_INTERNAL: 500,
  LOGBOY_OVERLOADED: 503,
  LOGBOY_LOG_AWAY: 503,
  LOGBOY_STOPPING: 503,
  LOGBOY_CATALOG_AWAY: 503,
  LOGBOY_STORE_AWAY: 503,
  LOGBOY_NOT_READY: 503,
  LOGBOY_DISK_FAILED: 503,
  LOGBOY_DISK_FULL: 507,
} as const

export type ProblemCode = keyof typeof PROBLEM_STATUS

export interface ProblemOptions {
  /** Whole seconds are told, at least one. */
  readonly retryAfterMs?: number
  readonly headers?: readonly (readonly [string, string])[]
  /** Members of the body beside those that every problem has. */
  readonly members?: QueryProblemMembers
  readonly cause?: unknown
}

/** Thrown anywhere below a handler, it becomes the answer. `detail` is for the caller to read. */
export class HttpProblem extends Error {
  readonly code: ProblemCode
  readonly options: ProblemOptions

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause })
    this.name = 'HttpProblem'
    this.code = code
    this.options = options
  }

  get status(): number {
    return PROBLEM_STATUS[this.code]
  }
}

/** The answer that a problem becomes. */
export function problemAnswer(problem: HttpProblem): HttpAnswer {
  const { code, status, message, options } = problem
  const body: Problem = {
    type: `urn:logboy:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Client Closed Request',
    status,
    code,
    detail: message,
    ...options.members,
  }
  const headers: (readonly [string, string])[] = [
    ['content-type', 'application/problem+json'],
    ['cache-control', 'no-store'],
    ...(options.headers ?? []),
  ]
  if (options.retryAfterMs !== undefined) {
    headers.push(['retry-after', retryAfterSeconds(options.retryAfterMs)])
  }
  if (status === 401) headers.push(['www-authenticate', 'Bearer realm="logboy"'])
  return { status, headers, body: JSON.stringify(body) }
}

/** Value of a Retry-After header: whole seconds, rounded up, at least 1. */
export function retryAfterSeconds(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)))
}

/** An answer with a JSON body. */
export function json(status: number, value: unknown): HttpAnswer {
  return jsonText(status, JSON.stringify(value))
}

/** An answer whose JSON text exists already. */
export function jsonText(status: number, text: string): HttpAnswer {
  return {
    status,
    headers: [
      ['content-type', 'application/json'],
      ['cache-control', 'no-store'],
    ],
    body: text,
  }
}
