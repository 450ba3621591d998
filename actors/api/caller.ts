/** Who asks: the one place where REST and tail decide who may see which project. */
import type { Catalog } from '#actors/catalog/catalog.ts'
import { authenticateKey, bearerOf } from '#actors/gateway/authenticate.ts'
import type { HttpRequest } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import type { KeyCache, VerifiedKey } from '#actors/identity/key-cache.ts'
import type { Sessions } from '#actors/identity/sessions.ts'

export type Caller =
  /** A person with a session, or a command with the administrator's token. */
  | { readonly type: 'administrator' }
  /** A program with a key that may read one project. */
  | { readonly type: 'key'; readonly key: VerifiedKey }

export interface CallerDeps {
  readonly keys: Pick<KeyCache, 'verify'>
  readonly sessions: Pick<Sessions, 'isAdminToken' | 'find'>
  readonly catalog: Pick<Catalog, 'project'>
}

/** A project that the caller may read. */
export interface ReadableProject {
  readonly id: string
  /** Of times that name none. */
  readonly timeZone: string
}

export const SESSION_COOKIE = 'logboy_session'

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
  if ((await deps.sessions.find(cookie)) === null) {
    throw new HttpProblem('LOGBOY_SESSION_MISSING', 'the session has ended; sign in again')
  }
  return { type: 'administrator' }
}

export function requireAdministrator(caller: Caller): void {
  if (caller.type !== 'administrator') {
    throw new HttpProblem('LOGBOY_FORBIDDEN', 'a project key cannot do this; sign in')
  }
}

/** The project that the caller may read: a key knows its own, everyone else names one. */
export async function readableProject(
  caller: Caller,
  named: string | undefined,
  deps: CallerDeps,
): Promise<ReadableProject> {
  if (caller.type === 'key') {
    const { projectId, timeZone } = caller.key
    if (named !== undefined && named !== projectId) throw projectUnknown(named)
    return { id: projectId, timeZone }
  }
  if (named === undefined || named === '') {
    throw new HttpProblem('LOGBOY_BAD_REQUEST', 'name a project')
  }
  const project = await deps.catalog.project(named)
  if (project === null) throw projectUnknown(named)
  return { id: project.id, timeZone: project.time_zone }
}

export function cookieOf(request: HttpRequest, name: string): string | null {
  for (const part of (request.header('cookie') ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2)
    if (key === name && value !== undefined && value !== '') return value
  }
  return null
}

/**
 * Another site's page can make a browser send our cookie, but not our origin. SameSite=Strict
 * stands before this; browsers that know neither header are too old for it.
 */
export function requireSameOrigin(request: HttpRequest): void {
  const site = request.header('sec-fetch-site')
  const origin = request.header('origin')
  const foreignSite = site !== null && site !== 'same-origin' && site !== 'none'
  const foreignOrigin = origin !== null && hostOf(origin) !== request.header('host')
  const changes = request.method !== 'GET'
  if (foreignSite || foreignOrigin || (changes && site === null && origin === null)) {
    throw new HttpProblem('LOGBOY_CROSS_ORIGIN', 'a session can only be used by our own pages')
  }
}

async function bearerCaller(token: string, { keys, sessions }: CallerDeps): Promise<Caller> {
  if (sessions.isAdminToken(token)) return { type: 'administrator' }
  return { type: 'key', key: await authenticateKey(token, keys, 'read') }
}

/** The same words whether the project is somebody else's or nobody's. */
function projectUnknown(named: string): HttpProblem {
  return new HttpProblem('LOGBOY_PROJECT_UNKNOWN', `there is no project ${named}`)
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null
}
