/** Calls of the REST interface: JSON in, JSON out, every failure an ApiError with a stable code. */
import type { Problem } from '#proto/api.ts'
import { type Refreshed, refreshSession } from './refresh.ts'

export class ApiError extends Error {
  readonly code: string
  /** 0 = no answer at all. */
  readonly status: number

  constructor(message: string, code: string, status: number) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.status = status
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface CallOptions {
  readonly body?: unknown
  readonly signal?: AbortSignal
}

let tellSignedOut: () => void = () => {}

/** Called whenever the server no longer knows the session, and it could not be refreshed. */
export function onSignedOut(tell: () => void): void {
  tellSignedOut = tell
}

/** A session that has expired is refreshed, once for all requests, and the call repeated. */
export async function call<Reply>(
  method: Method,
  path: string,
  options: CallOptions = {},
): Promise<Reply> {
  try {
    return await once<Reply>(method, path, options)
  } catch (error) {
    if (!isSessionMissing(error)) throw error
    const refreshed = await refreshSession(
      () => tried('GET', '/api/v1/session'),
      () => tried('POST', '/api/v1/auth/refresh', { body: {} }),
    )
    if (refreshed === 'away') throw serverAway()
    if (refreshed === 'out') {
      tellSignedOut()
      throw error
    }
    return await once<Reply>(method, path, options)
  }
}

async function once<Reply>(
  method: Method,
  path: string,
  { body, signal }: CallOptions = {},
): Promise<Reply> {
  const response = await reach(path, {
    method,
    credentials: 'same-origin',
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  })
  const text = await response.text()
  if (!response.ok) throw problemOf(response.status, text)
  return (text === '' ? undefined : JSON.parse(text)) as Reply
}

async function tried(...wanted: Parameters<typeof once>): Promise<Refreshed> {
  try {
    await once(...wanted)
    return 'in'
  } catch (error) {
    const status = error instanceof ApiError ? error.status : 0
    return status >= 400 && status < 500 && status !== 429 ? 'out' : 'away'
  }
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init)
  } catch (error) {
    if (init.signal?.aborted === true) throw error
    throw serverAway()
  }
}

function isSessionMissing(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'LOGBOY_SESSION_MISSING'
}

function serverAway(): ApiError {
  return new ApiError('the server cannot be reached', 'LOGBOY_SERVER_AWAY', 0)
}

function problemOf(status: number, text: string): ApiError {
  try {
    const { detail, title, code } = JSON.parse(text) as Problem
    return new ApiError(detail || title, code, status)
  } catch {
    return new ApiError(`the server answered ${status}`, 'LOGBOY_HTTP', status)
  }
}
