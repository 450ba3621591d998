/** Requests as somebody would write them who wants what is not theirs, for any route of a table. */
import { z } from 'zod/v4'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { HttpProblem, problemAnswer } from '#actors/http/problem.ts'
import type { Random } from '#runtime/random.ts'

/** What may stand in path, query and body, by name. */
export type Values = Readonly<Record<string, unknown>>

export interface RandomRequest {
  readonly route: Route
  readonly query: Values
  readonly body: unknown
}

/** Members that a route's own shapes name, as many as chance will have. */
export function randomRequest(route: Route, values: Values, random: Random): RandomRequest {
  const json = route.about?.body?.content['application/json']
  return {
    route,
    query: members(route.about?.query, values, random),
    body: json === undefined ? undefined : bodyOf(json, values, random),
  }
}

/** The same for other ids. */
export function renamed(request: RandomRequest, from: Values, to: Values): RandomRequest {
  let text = JSON.stringify({ query: request.query, body: request.body })
  for (const [name, value] of Object.entries(from)) {
    if (typeof value === 'string') text = text.replaceAll(value, String(to[name]))
  }
  return { route: request.route, ...(JSON.parse(text) as Pick<RandomRequest, 'query' | 'body'>) }
}

function bodyOf(schema: z.ZodType, values: Values, random: Random): unknown {
  if (random.below(20) === 0) return ODD[random.below(ODD.length)]
  if (schema instanceof z.ZodUnion) {
    const options = schema.options as z.ZodType[]
    return bodyOf(options[random.below(options.length)] as z.ZodType, values, random)
  }
  return members(schema, values, random)
}

const ODD: readonly unknown[] = [null, [], 'text', 7, { constructor: {} }]

function members(schema: unknown, values: Values, random: Random): Record<string, unknown> {
  if (!(schema instanceof z.ZodObject)) return {}
  const names = Object.keys(schema.shape).filter(
    name => name === 'project' || name === 'ids' || random.below(3) > 0,
  )
  return Object.fromEntries(names.map(name => [name, PLAIN[name] ?? values[name] ?? 'x']))
}

const PLAIN: Values = {
  name: 'x',
  start_time: 0,
  end_time: 'now',
  limit: 5,
  records_per_second: 1,
  bytes_per_second: 1,
  retention_days: 1,
  expires_in: 100,
  overlap_seconds: 10,
  scopes: ['read'],
  permissions: ['logs.read'],
  role: 'owner',
  shared: true,
  version: 1,
  administrator: true,
  audit_days: 1,
  fields: ['service'],
  time_range: '1h',
  time_zone: 'UTC',
  email: 'mallory@example.org',
  query: '',
}

export interface Sent extends RandomRequest {
  readonly parameters: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
}

export interface Answered {
  readonly status: number
  readonly text: string
  readonly code: string | null
}

/** What the server would answer. */
export async function answered(sent: Sent): Promise<Answered> {
  const { route } = sent
  try {
    return read(await route.handle(httpRequest(route.method, route.path, sent)))
  } catch (error) {
    if (error instanceof HttpProblem) return read(problemAnswer(error))
    throw error
  }
}

export function httpRequest(method: Route['method'], path: string, sent: Sent): HttpRequest {
  const { query, body, parameters, headers } = sent
  const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body))
  return {
    method,
    path: path.replaceAll(/:(\w+)/g, (_, name: string) => parameters[name] ?? ''),
    parameters,
    query: new URLSearchParams(
      Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
    ),
    header: name => headers[name] ?? null,
    peer: '10.0.0.9',
    secure: false,
    signal: new AbortController().signal,
    body: async () => Uint8Array.from(bytes),
  }
}

function read({ status, body }: HttpAnswer): Answered {
  const text = typeof body === 'string' ? body : ''
  const { code = null } =
    status < 400 || !text.startsWith('{') ? {} : (JSON.parse(text) as { readonly code?: string })
  return { status, text, code }
}
