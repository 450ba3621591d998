/**
 * The contract as data: contract/*.yaml says what is asked and what has to be answered. Requests of
 * a file run in order; `{{name}}` stands for what an answer before was told to `save`.
 */
import assert, { AssertionError } from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod/v4'
import type { Route } from '#actors/http/http-server.ts'
import { Router } from '#actors/http/router.ts'
import { pause } from '#runtime/clock.ts'

const FOLDER = new URL('contract/', import.meta.url)

const step = z.strictObject({
  /** Method and path. */
  ask: z.string().regex(/^[A-Z]+ \/\S*$/),
  about: z.string().optional(),
  /** Whose token is sent: reader, sender, administrator, nobody, or a name that was saved. */
  as: z.string().default('reader'),
  send: z.record(z.string(), z.string()).default({}),
  /** JSON; `{ repeat, times, end }` in it is a long text. */
  body: z.unknown().optional(),
  text: z.string().optional(),
  status: z.number(),
  code: z.string().optional(),
  /** The detail of a problem matches it. */
  detail: z.string().optional(),
  /** Expressions that headers match. */
  headers: z.record(z.string(), z.string()).default({}),
  /** Members of the answer by their paths. */
  has: z.record(z.string(), z.unknown()).default({}),
  /** Lines that the answer has. */
  lines: z.number().optional(),
  /** The whole answer as text. */
  body_is: z.string().optional(),
  save: z.record(z.string(), z.string()).default({}),
  /** It may take a moment until this is the answer. */
  soon: z.boolean().default(false),
})
export type Step = z.output<typeof step>

export function contractFiles(): string[] {
  return readdirSync(FOLDER).filter(name => name.endsWith('.yaml'))
}

export function readContract(name: string): Step[] {
  return z.array(step).parse(parse(readFileSync(new URL(name, FOLDER), 'utf8')))
}

/** Who is who, and what was saved. */
export type Names = Record<string, string>

/** What was just acknowledged is searchable at once, or soon, depending on the store. */
const SOON_MS = 100
const SOON_TRIES = 100

/** Asks, and holds the answer against the step and against what the route says of itself. */
export async function runStep(
  asked: Step,
  url: string,
  names: Names,
  table: readonly Route[],
): Promise<void> {
  for (let left = asked.soon ? SOON_TRIES : 0; ; left--) {
    try {
      await askOnce(asked, url, names, table)
      return
    } catch (error) {
      if (left === 0 || !(error instanceof AssertionError)) throw error
      await pause(SOON_MS)
    }
  }
}

async function askOnce(asked: Step, url: string, names: Names, table: readonly Route[]) {
  const { as, send, body, text } = asked
  const { ask, has, headers } = filled(
    { ask: asked.ask, has: asked.has, headers: asked.headers },
    names,
  )
  const [method = '', path = ''] = ask.split(' ')
  const sent =
    text ?? (body === undefined ? undefined : JSON.stringify(longTexts(filled(body, names))))
  const token = names[as]
  const reply = await fetch(url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...filled(send, names),
    },
    ...(sent === undefined ? {} : { body: sent }),
  })
  const answer = await reply.text()
  const context = `${ask}: ${answer.slice(0, 500)}`
  assert.equal(reply.status, asked.status, context)
  for (const [name, pattern] of Object.entries(headers)) {
    assert.match(reply.headers.get(name) ?? '', new RegExp(pattern), context)
  }
  if (asked.lines !== undefined) assert.equal(answer.match(/\n/g)?.length, asked.lines, context)
  if (asked.body_is !== undefined) assert.equal(answer, asked.body_is, context)
  const isJson = /[/+]json$/.test(reply.headers.get('content-type') ?? '') && answer !== ''
  const value: unknown = isJson ? JSON.parse(answer) : null
  checkAbout(routeOf(table, method, path), reply.status, value, context)
  if (asked.code !== undefined) assert.equal(member(value, 'code'), asked.code, context)
  if (asked.detail !== undefined) {
    assert.match(String(member(value, 'detail')), new RegExp(asked.detail), context)
  }
  for (const [at, expected] of Object.entries(has)) {
    const found = member(value, at)
    if (isPlain(expected)) assert.partialDeepStrictEqual(found, expected, `${at} of ${context}`)
    else assert.deepEqual(found, expected, `${at} of ${context}`)
  }
  for (const [name, at] of Object.entries(asked.save)) names[name] = String(member(value, at))
}

/** An answer has the documented shape, a problem one of the documented codes. */
function checkAbout(route: Route | null, status: number, value: unknown, context: string): void {
  if (route?.about === undefined || value === null) return
  const { answers, problems } = route.about
  if (status >= 400) {
    assert.ok(
      problems.some(code => code === member(value, 'code')),
      `undocumented: ${context}`,
    )
    return
  }
  const shape = answers[status]
  assert.ok(shape !== undefined, `undocumented status: ${context}`)
  const fits = shape.schema?.safeParse(value)
  assert.equal(fits?.error?.message, undefined, context)
}

function routeOf(table: readonly Route[], method: string, path: string): Route | null {
  const router = new Router<Route>()
  for (const route of table) router.add(route.method, route.path, route)
  const found = router.find(method === 'HEAD' ? 'GET' : method, path.split('?')[0] as string)
  return found.type === 'found' ? found.target : null
}

/** `a.0.b` of a value; the length of a list is a member. */
function member(value: unknown, path: string): unknown {
  let at = value
  for (const name of path.split('.')) at = (at as Record<string, unknown> | null)?.[name]
  return at
}

function filled<Value>(value: Value, names: Names): Value {
  const text = JSON.stringify(value).replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const known = names[name]
    assert.ok(known !== undefined, `nothing was saved as ${name}`)
    return known
  })
  return JSON.parse(text) as Value
}

function longTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(longTexts)
  if (!isPlain(value)) return value
  const { repeat, times, end = '' } = value
  if (typeof repeat === 'string' && times !== undefined)
    return repeat.repeat(Number(times)) + String(end)
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, longTexts(each)]))
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
