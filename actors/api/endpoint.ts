/**
 * A route of the interface, declared once: who may call it, the shapes of what comes in and goes
 * out, what can go wrong. It is served by that declaration, and documented by it.
 */
import { z } from 'zod/v4'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { HttpProblem, problemAnswer } from '#actors/http/problem.ts'
import type { ProblemCode } from '#actors/http/problem-codes.ts'
import type { AnswerAbout, ParameterAbout, RouteAbout, RouteTag } from '#actors/http/route-about.ts'
import type { Permission } from '#proto/permissions.ts'
import type { AuditLog } from './audit-log.ts'
import { noted } from './audited.ts'
import {
  type Caller,
  type CallerDeps,
  type CallersProject,
  callerOf,
  callersProject,
  type PersonCaller,
  requireAdministrator,
  requirePermission,
  requirePerson,
} from './caller.ts'
import { cookieOf, SESSION_COOKIE } from './cookies.ts'
import { check, JSON_BODY_BYTES_MAX, readJson } from './json-body.ts'
import { queryObject } from './query-object.ts'
import { type RequestRate, withHeaders } from './request-rate.ts'

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
  readonly person: Call<Query, Body> & { readonly caller: PersonCaller }
  readonly administrator: Call<Query, Body> & { readonly caller: PersonCaller }
  readonly member: Call<Query, Body> & {
    readonly caller: Caller
    readonly project: CallersProject
  }
}

/** `who` is enforced before anything else is looked at; a `page` sees to it itself. */
export type Declared<Who extends keyof Calls<never, never>, Query, Body> = Needs<Who> & {
  readonly method: Route['method']
  readonly path: string
  readonly tag: RouteTag
  readonly summary: string
  readonly description?: string
  readonly who: Who
  /** What the `:names` of the path mean. */
  readonly parts?: Readonly<Record<string, string>>
  /** Of a member it names a `project`, where neither path (`projects/:id`) nor body does. */
  readonly query?: Query
  readonly body?: Body
  /** Where bodies may be larger than those of other calls. */
  readonly bodyBytesMax?: number
  readonly answers: Readonly<Record<number, AnswerAbout>>
  /** Beside those that all routes for such callers have. */
  readonly problems?: readonly ProblemCode[]
  readonly handle: (
    call: Calls<OutputOf<Query>, OutputOf<Body>>[Who],
  ) => HttpAnswer | Promise<HttpAnswer>
}

/** What a member must be allowed to do in the project; null = nothing, being one is enough. */
type Needs<Who> = Who extends 'member'
  ? { readonly needs: Permission | null }
  : { readonly needs?: never }

type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined

/** What serving takes. */
export interface EndpointDeps extends CallerDeps {
  readonly rate: RequestRate
  readonly audit: Pick<AuditLog, 'changed' | 'searched'>
}

export function endpoint<
  Who extends keyof Calls<never, never>,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(deps: EndpointDeps, declared: Declared<Who, Query, Body>): Route {
  const { method, path, who, body, bodyBytesMax = JSON_BODY_BYTES_MAX } = declared
  const open = who === 'anyone'
  return {
    method,
    path,
    ...(body === undefined ? {} : { bodyBytesMax }),
    handle: request =>
      open ? serve(request, null, declared, deps) : serveCaller(request, declared, deps),
    about: aboutOf(declared),
  }
}

/** Whoever asks too often is told so before anything is looked at. */
async function serveCaller(
  request: HttpRequest,
  declared: AnyDeclared,
  deps: EndpointDeps,
): Promise<HttpAnswer> {
  const caller = await callerOf(request, deps)
  const rate = deps.rate.take(callerName(caller, request))
  try {
    if (declared.who === 'person') requirePerson(caller)
    if (declared.who === 'administrator') requireAdministrator(caller)
    return withHeaders(await serve(request, caller, declared, deps), rate)
  } catch (error) {
    if (error instanceof HttpProblem) return withHeaders(problemAnswer(error), rate)
    throw error
  }
}

async function serve(
  request: HttpRequest,
  caller: Caller | null,
  { method, query, body, who, needs = null, path, handle }: AnyDeclared,
  deps: EndpointDeps,
): Promise<HttpAnswer> {
  const isMembers = who === 'member' && caller !== null
  const inPath = path.startsWith(PROJECT_PATH) ? (request.parameters['id'] ?? '') : null
  // Where the path names it nothing else is looked at before.
  const byPath = isMembers && inPath !== null ? await allowed(caller, inPath, needs, deps) : null
  const asked = query === undefined ? undefined : check(queryObject(request.query, query), query)
  const sent = body === undefined ? undefined : await readJson(request, body)
  const project =
    isMembers && inPath === null
      ? await allowed(caller, projectNamed(sent ?? asked), needs, deps)
      : byPath
  const part = (name: string): string => request.parameters[name] ?? ''
  // What `who` promises is there by now; the compiler cannot know.
  const answer = await handle({ request, query: asked, body: sent, part, caller, project } as never)
  const projectId = project?.id ?? null
  const audited = { method, path, request, caller, projectId, query: asked, body: sent }
  return await noted(deps.audit, audited, answer)
}

const PROJECT_PATH = '/api/v1/projects/:id'

async function allowed(
  caller: Caller,
  named: string | undefined,
  needs: Permission | null,
  deps: EndpointDeps,
): Promise<CallersProject> {
  const project = await callersProject(caller, named, deps)
  if (needs !== null) requirePermission(project, needs)
  return project
}

/** A declaration without its types. */
type AnyDeclared = Omit<
  Declared<keyof Calls<never, never>, z.ZodObject | undefined, z.ZodType | undefined>,
  'handle' | 'needs'
> & {
  readonly needs?: Permission | null
  readonly handle: (call: never) => HttpAnswer | Promise<HttpAnswer>
}

function aboutOf({ query, body, parts = {}, ...declared }: AnyDeclared): RouteAbout {
  const { tag, summary, description, who, needs, answers, problems = [] } = declared
  return {
    tag,
    summary,
    ...(description === undefined ? {} : { description }),
    who,
    ...(needs === undefined ? {} : { needs }),
    parameters: partsOf(parts),
    ...(query === undefined ? {} : { query }),
    ...(body === undefined
      ? {}
      : { body: { content: { 'application/json': body }, required: true } }),
    answers,
    problems: [
      ...PROBLEMS_OF[who],
      ...(query === undefined ? [] : (['LOGBOY_BAD_REQUEST'] as const)),
      ...(body === undefined ? [] : BODY_PROBLEMS),
      ...problems,
    ],
  }
}

/** A key or a person wherever they ask from, another browser by its session. */
function callerName(caller: Caller, request: HttpRequest): string {
  switch (caller.type) {
    case 'key':
      return `key ${caller.key.keyId}`
    case 'person':
      return `account ${caller.account.id}`
    case 'administrator':
      return `session ${cookieOf(request, SESSION_COOKIE) ?? ''}`
  }
}

/** The query of members who cannot send a body. */
export const projectQuery = z.strictObject({
  project: z.string().optional().describe('needed but for a key, which knows its own'),
})

/** The same as a member of a body. */
export const projectInBody = z.string().optional().describe('needed with a session')

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
  'LOGBOY_TOO_MANY_REQUESTS',
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
  person: [...CALLER_PROBLEMS, 'LOGBOY_FORBIDDEN'],
  administrator: [...CALLER_PROBLEMS, 'LOGBOY_FORBIDDEN'],
  member: [...CALLER_PROBLEMS, 'LOGBOY_BAD_REQUEST', 'LOGBOY_FORBIDDEN', 'LOGBOY_PROJECT_UNKNOWN'],
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
