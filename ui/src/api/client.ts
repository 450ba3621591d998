/** Calls of the REST interface: JSON in, JSON out, every failure an ApiError with a stable code. */
import type { Problem } from '#proto/api.ts'

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

export interface CallOptions {
  readonly body?: unknown
  readonly signal?: AbortSignal
}

let tellSignedOut: () => void = () => {}

/** Called whenever the server no longer knows the session. */
export function onSignedOut(tell: () => void): void {
  tellSignedOut = tell
}

export async function call<Reply>(
  method: 'GET' | 'POST' | 'DELETE',
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

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    const response = await fetch(path, init)
    if (response.status === 401) tellSignedOut()
    return response
  } catch (error) {
    if (init.signal?.aborted === true) throw error
    throw new ApiError('the server cannot be reached', 'LOGBOY_SERVER_AWAY', 0)
  }
}

function problemOf(status: number, text: string): ApiError {
  try {
    const { detail, title, code } = JSON.parse(text) as Problem
    return new ApiError(detail || title, code, status)
  } catch {
    return new ApiError(`the server answered ${status}`, 'LOGBOY_HTTP', status)
  }
}
