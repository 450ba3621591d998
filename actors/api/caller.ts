/** Who asks: the one place where REST and tail decide who may do what in which project. */
import type { Catalog } from '#actors/catalog/catalog.ts'
import { authenticateKey, bearerOf } from '#actors/gateway/authenticate.ts'
import type { HttpRequest } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import { isAccessToken } from '#actors/identity/access-token.ts'
import { isApiToken } from '#actors/identity/api-token.ts'
import type { KeyCache, VerifiedKey } from '#actors/identity/key-cache.ts'
import type { Person, Persons } from '#actors/identity/persons.ts'
import type { Sessions } from '#actors/identity/sessions.ts'
import type { ProjectAccess } from '#proto/people.ts'
import { PERMISSIONS, type Permission } from '#proto/permissions.ts'
import { cookieOf, requireSameOrigin, SESSION_COOKIE } from './cookies.ts'

export type Caller =
  /** The administrator's token, or a browser that a sign-in link let in. */
  | { readonly type: 'administrator' }
  /** Somebody with an account. */
  | ({ readonly type: 'person' } & Person)
  /** A program with a key that may read one project. */
  | { readonly type: 'key'; readonly key: VerifiedKey }

/** Whoever is no program with a key. */
export type PersonCaller = Exclude<Caller, { readonly type: 'key' }>

export interface CallerDeps {
  readonly keys: Pick<KeyCache, 'verify'>
  readonly sessions: Pick<Sessions, 'isAdminToken' | 'find'>
  readonly persons: Pick<Persons, 'verify' | 'again' | 'access'>
  readonly catalog: Pick<Catalog, 'project'>
}

/** A project of the caller's, and what they may do in it. */
export interface CallersProject extends Pick<ProjectAccess, 'id' | 'role' | 'permissions'> {
  /** Of times that name none. */
  readonly timeZone: string
}

/** Signs the request in, or throws 401. A cookie counts only from a page of this very origin. */
export async function callerOf(
  request: HttpRequest,
  deps: CallerDeps,
  bearer = bearerOf(request),
): Promise<Caller> {
  if (bearer !== null) return bearerCaller(bearer, deps)
  const cookie = cookieOf(request, SESSION_COOKIE)
  if (cookie === null) {
    throw new HttpProblem(
      'LOGBOY_SESSION_MISSING',
      'sign in, or send Authorization: Bearer with a key or token',
    )
  }
  requireSameOrigin(request)
  if (isAccessToken(cookie)) return personCaller(cookie, deps)
  if ((await deps.sessions.find(cookie)) === null) throw sessionEnded()
  return { type: 'administrator' }
}

/** Whether the caller may do everything, everywhere. */
export function isAdministrator(caller: Caller): boolean {
  return (
    caller.type === 'administrator' || (caller.type === 'person' && caller.account.administrator)
  )
}

export function requireAdministrator(caller: Caller): void {
  requirePerson(caller)
  if (isAdministrator(caller)) return
  const detail = 'only an administrator of the installation can do this'
  throw new HttpProblem('LOGBOY_FORBIDDEN', detail)
}

export function requirePerson(caller: Caller): void {
  if (caller.type !== 'key') return
  throw new HttpProblem('LOGBOY_FORBIDDEN', 'a project key cannot do this; sign in')
}

/**
 * The project that the caller means: a key knows its own, everyone else names one. Throws 404 in
 * the same words whether it is somebody else's or nobody's.
 */
export async function callersProject(
  caller: Caller,
  named: string | undefined,
  deps: CallerDeps,
): Promise<CallersProject> {
  if (caller.type === 'key') return keysProject(caller.key, named)
  if (named === undefined || named === '') {
    throw new HttpProblem('LOGBOY_BAD_REQUEST', 'name a project')
  }
  const access =
    caller.type === 'person' && !caller.account.administrator
      ? await deps.persons.access(caller.account.id, named)
      : await administratorsAccess(named, deps)
  if (access === null) throw projectUnknown(named)
  const { id, role, permissions, time_zone: timeZone } = access
  return { id, role, permissions, timeZone }
}

/** Throws 403 that names what is missing. */
export function requirePermission({ permissions }: CallersProject, needed: Permission): void {
  if (permissions.includes(needed)) return
  const detail = `this needs the permission ${needed} in the project`
  throw new HttpProblem('LOGBOY_FORBIDDEN', detail)
}

/** Whether a caller who was let in still would be: asked of open sockets. */
export async function mayStill(
  caller: Caller,
  projectId: string,
  needed: Permission,
  deps: CallerDeps,
): Promise<boolean> {
  if (caller.type === 'key') return true
  if (caller.type === 'administrator') return (await deps.catalog.project(projectId)) !== null
  const verdict = await deps.persons.again(caller)
  if (verdict.type !== 'verified') return false
  try {
    const now: Caller = { type: 'person', ...verdict.person }
    requirePermission(await callersProject(now, projectId, deps), needed)
    return true
  } catch (error) {
    if (error instanceof HttpProblem) return false
    throw error
  }
}

/** What the scope `read` of a key allows. */
export const READ_KEY_PERMISSIONS: readonly Permission[] = ['logs.read', 'logs.export']

export function keyAccess({ scopes }: VerifiedKey): Pick<ProjectAccess, 'role' | 'permissions'> {
  return { role: 'key', permissions: scopes.includes('read') ? READ_KEY_PERMISSIONS : [] }
}

export const ADMINISTRATOR_ACCESS = { role: 'administrator', permissions: PERMISSIONS } as const

function keysProject(key: VerifiedKey, named: string | undefined): CallersProject {
  const { projectId: id, timeZone } = key
  if (named !== undefined && named !== id) throw projectUnknown(named)
  return { id, timeZone, ...keyAccess(key) }
}

async function administratorsAccess(
  named: string,
  { catalog }: CallerDeps,
): Promise<ProjectAccess | null> {
  const project = await catalog.project(named)
  return project === null ? null : { ...project, ...ADMINISTRATOR_ACCESS }
}

async function bearerCaller(token: string, deps: CallerDeps): Promise<Caller> {
  if (deps.sessions.isAdminToken(token)) return { type: 'administrator' }
  if (isAccessToken(token) || isApiToken(token)) return personCaller(token, deps)
  return { type: 'key', key: await authenticateKey(token, deps.keys, 'read') }
}

async function personCaller(token: string, { persons }: CallerDeps): Promise<Caller> {
  const verdict = await persons.verify(token)
  if (verdict.type === 'verified') return { type: 'person', ...verdict.person }
  if (isAccessToken(token)) throw sessionEnded()
  throw verdict.type === 'expired'
    ? new HttpProblem('LOGBOY_KEY_EXPIRED', 'the token has expired')
    : new HttpProblem('LOGBOY_KEY_UNKNOWN', 'the token is unknown')
}

function sessionEnded(): HttpProblem {
  return new HttpProblem('LOGBOY_SESSION_MISSING', 'the session has ended; sign in again')
}

function projectUnknown(named: string): HttpProblem {
  return new HttpProblem('LOGBOY_PROJECT_UNKNOWN', `there is no project ${named}`)
}
