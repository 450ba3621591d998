/** Errors at the HTTP doors: RFC 9457 bodies whose `code` is stable. */
import { STATUS_CODES } from 'node:http'
import type { Problem, QueryProblemMembers } from '#proto/api.ts'
import type { HttpAnswer } from './http-server.ts'
import { PROBLEM_STATUS, type ProblemCode } from './problem-codes.ts'

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

/** The document that tells of it. */
export function problemOf({ code, status, message, options }: HttpProblem): Problem {
  return {
    type: `urn:logboy:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Client Closed Request',
    status,
    code,
    detail: message,
    ...options.members,
  }
}

/** The answer that a problem becomes. */
export function problemAnswer(problem: HttpProblem): HttpAnswer {
  const { status, options } = problem
  const headers: (readonly [string, string])[] = [
    ['content-type', 'application/problem+json'],
    ['cache-control', 'no-store'],
    ...(options.headers ?? []),
  ]
  if (options.retryAfterMs !== undefined) {
    headers.push(['retry-after', retryAfterSeconds(options.retryAfterMs)])
  }
  if (status === 401) headers.push(['www-authenticate', 'Bearer realm="logboy"'])
  return { status, headers, body: JSON.stringify(problemOf(problem)) }
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
