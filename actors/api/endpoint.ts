/**
 * A route of the interface, declared once: who may call it, the shapes of what comes in and goes
 * out, what can go wrong. It is served by that declaration, and documented by it.
 */
import { z } from 'zod/v4'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import type { ProblemCode } from '#actors/http/problem-codes.ts'
import type { AnswerAbout, ParameterAbout, RouteTag } from '#actors/http/route-about.ts'
import {
  type Caller,
  type CallerDeps,
  callerOf,
  type ReadableProject,
  readableProject,
  requireAdministrator,
} from './caller.ts'
import { check, JSON_BODY_BYTES_MAX, readJson } from './json-body.ts'

/** What a handler gets: everything checked. */
export interface Call<Query, Body> {
  readonly request: HttpRequest
  readonly query: Query
  readonly body: Body
  /** A part of the path by its name. */
  readonly part: (name: string) => string
}

interface Calls<Query, Body> {
  readonly anyone: Call<Query, Body>
  readonly caller: Call<Query, Body> & { readonly caller: Caller }
  readonly administrator: Call<Query, Body>
  readonly reader: Call<Query, Body> & { readonly project: ReadableProject }
}

/** `who` is enforced before anything else is looked at; a `page` sees to it itself. */
export interface Declared<Who extends keyof Calls<never, never>, Query, Body> {
  readonly method: Route['method']
  readonly path: string
  readonly tag: RouteTag
  readonly summary: string
  readonly description?: string
  readonly who: Who
  /** What the `:names` of the path mean. */
  readonly parts?: Readonly<Record<string, string>>
  /** Of a reader it names a `project`, if the body does not. */
  readonly query?: Query
  readonly body?: Body
  readonly answers: Readonly<Record<number, AnswerAbout>>
  /** Beside those that all routes for such callers have. */
  readonly problems?: readonly ProblemCode[]
  readonly handle: (
    call: Calls<OutputOf<Query>, OutputOf<Body>>[Who],
  ) => HttpAnswer | Promise<HttpAnswer>
}

type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined

export function endpoint<
  Who extends keyof Calls<never, never>,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(deps: CallerDeps, declared: Declared<Who, Query, Body>): Route {
  const { method, path, who, tag, summary, description, query, body, answers } = declared
  const admit = ADMISSION[who]
  return {
    method,
    path,
    ...(body === undefined ? {} : { bodyBytesMax: JSON_BODY_BYTES_MAX }),
    async handle(request) {
      const caller = who === 'anyone' ? null : await callerOf(request, deps)
      admit(caller)
      const asked = query === undefined ? undefined : check(queryObject(request.query), query)
      const sent = body === undefined ? undefined : await readJson(request, body)
      const project =
        who === 'reader' && caller !== null
          ? await readableProject(caller, projectNamed(sent ?? asked), deps)
          : null
      const part = (name: string): string => request.parameters[name] ?? ''
      // What `who` promises is there by now; the compiler cannot know.
      const call = { request, query: asked, body: sent, part, caller, project } as never
      return declared.handle(call)
    },
    about: {
      tag,
      summary,
      ...(description === undefined ? {} : { description }),
      who,
      parameters: partsOf(declared.parts ?? {}),
      ...(query === undefined ? {} : { query }),
      ...(body === undefined
        ? {}
        : { body: { content: { 'application/json': body }, required: true } }),
      answers,
      problems: [
        ...PROBLEMS_OF[who],
        ...(query === undefined ? [] : (['LOGBOY_BAD_REQUEST'] as const)),
        ...(body === undefined ? [] : BODY_PROBLEMS),
        ...(declared.problems ?? []),
      ],
    },
  }
}

/** The query of readers who cannot send a body. */
export const projectQuery = z.strictObject({
  project: z.string().optional().describe('needed with a session; a key knows its own'),
})

/** An answer in JSON. */
export function answerOf(description: string, schema: z.ZodType): AnswerAbout {
  return { description, schema }
}

export const NO_CONTENT: AnswerAbout = { description: 'Done.', schema: null }

const CALLER_PROBLEMS: readonly ProblemCode[] = [
  'LOGBOY_SESSION_MISSING',
  'LOGBOY_KEY_UNKNOWN',
  'LOGBOY_KEY_REVOKED',
  'LOGBOY_KEY_EXPIRED',
  'LOGBOY_SCOPE_MISSING',
  'LOGBOY_CROSS_ORIGIN',
  'LOGBOY_CATALOG_AWAY',
]
const BODY_PROBLEMS: readonly ProblemCode[] = [
  'LOGBOY_BAD_BODY',
  'LOGBOY_BAD_REQUEST',
  'LOGBOY_BODY_TOO_SLOW',
  'LOGBOY_BODY_TOO_LARGE',
  'LOGBOY_OVERLOADED',
]
/** What may come of asking at all. */
export const PROBLEMS_OF: Readonly<Record<keyof Calls<never, never>, readonly ProblemCode[]>> = {
  anyone: [],
  caller: CALLER_PROBLEMS,
  administrator: [...CALLER_PROBLEMS, 'LOGBOY_FORBIDDEN'],
  reader: [...CALLER_PROBLEMS, 'LOGBOY_BAD_REQUEST', 'LOGBOY_PROJECT_UNKNOWN'],
}

const ADMISSION: Readonly<Record<keyof Calls<never, never>, (caller: Caller | null) => void>> = {
  anyone: () => undefined,
  caller: () => undefined,
  reader: () => undefined,
  administrator: caller => caller !== null && requireAdministrator(caller),
}

/** A name that comes twice is a list. */
function queryObject(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...query.keys()].map(name => [name, query.getAll(name).join(',')]))
}

function projectNamed(from: unknown): string | undefined {
  return (from as { readonly project?: string } | undefined)?.project
}

function partsOf(parts: Readonly<Record<string, string>>): ParameterAbout[] {
  return Object.entries(parts).map(([name, description]) => ({
    in: 'path',
    name,
    description,
    required: true,
  }))
}
