/** What routes of the fake server answer, and the words for it. */
import type { Account } from '#proto/people.ts'

/** A problem where it has a code. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly code?: string
  readonly detail?: string
  readonly cookies?: readonly string[]
}

export interface Call {
  readonly who: Account | 'administrator' | null
  readonly body: Readonly<Record<string, unknown>>
  readonly parts: readonly string[]
  readonly query: URLSearchParams
  readonly cookies: ReadonlyMap<string, string>
}

/** Method, path and handler; the last tells whether nobody needs to be signed in. */
export type FakeRoute = readonly [string, RegExp, (call: Call) => Answer, boolean?]

export const DONE: Answer = { status: 204 }

/** A `:` stands for one part of the path. */
export function route(path: string): RegExp {
  return new RegExp(`^/api/v1/${path.replaceAll(':', '([^/]+)')}$`)
}

export function remove<Item>(list: Item[], name: keyof Item, value: unknown): Answer {
  const at = list.findIndex(item => item[name] === value)
  if (at < 0) return notFound()
  list.splice(at, 1)
  return DONE
}

/** What is not as the caller read it; null = all of it is. */
export function meanwhile(now: object, { expected = {} }: Call['body']): Answer | null {
  const wanted = Object.entries(expected as object)
  const other = wanted.find(([name, value]) => {
    return JSON.stringify(value) !== JSON.stringify(now[name as keyof typeof now])
  })
  return other === undefined
    ? null
    : problem(409, 'LOGBOY_CONFLICT', `somebody else changed this meanwhile: ${other[0]}`)
}

export function ok(body: unknown): Answer {
  return { status: 200, body }
}

export function problem(status: number, code: string, detail: string): Answer {
  return { status, code, detail }
}

export function notFound(): Answer {
  return problem(404, 'LOGBOY_NOT_FOUND', 'there is no such thing')
}
