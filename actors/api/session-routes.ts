/** Signing in and out, and who am I. */
import { z } from 'zod/v4'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import type { Sessions } from '#actors/identity/sessions.ts'
import {
  type CallerDeps,
  callerOf,
  cookieOf,
  requireAdministrator,
  requireSameOrigin,
  SESSION_COOKIE,
} from './caller.ts'
import { JSON_BODY_BYTES_MAX, readJson } from './json-body.ts'

export interface SessionDeps extends CallerDeps {
  readonly sessions: Sessions
  /** URL that people open; sign-in links start with it. */
  readonly publicUrl: () => string
}

const signInBody = z.strictObject({ ticket: z.string().optional(), token: z.string().optional() })

export function sessionRoutes(deps: SessionDeps): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/sessions',
      bodyBytesMax: JSON_BODY_BYTES_MAX,
      handle: request => signIn(request, deps),
    },
    {
      method: 'POST',
      path: '/api/v1/sessions/tickets',
      bodyBytesMax: JSON_BODY_BYTES_MAX,
      async handle(request) {
        requireAdministrator(await callerOf(request, deps))
        const url = signInLink(deps)
        return json(201, { ticket: new URL(url).searchParams.get('ticket'), url })
      },
    },
    {
      method: 'GET',
      path: '/api/v1/session',
      async handle(request) {
        const caller = await callerOf(request, deps)
        if (caller.type === 'administrator') return json(200, { role: 'administrator' })
        return json(200, { role: 'key', project: caller.key.projectId, scopes: caller.key.scopes })
      },
    },
    { method: 'DELETE', path: '/api/v1/session', handle: request => signOut(request, deps) },
  ]
}

/** Signs one browser in, within a quarter of an hour. */
export function signInLink({ sessions, publicUrl }: Pick<SessionDeps, 'sessions' | 'publicUrl'>) {
  return `${publicUrl()}/sign-in?ticket=${sessions.issueTicket()}`
}

async function signIn(
  request: HttpRequest,
  { sessions, publicUrl }: SessionDeps,
): Promise<HttpAnswer> {
  requireSameOrigin(request)
  const { ticket, token } = await readJson(request, signInBody)
  const welcome =
    (ticket !== undefined && sessions.redeemTicket(ticket)) ||
    (token !== undefined && sessions.isAdminToken(token.trim()))
  if (!welcome) {
    throw new HttpProblem(
      'LOGBOY_SIGN_IN_FAILED',
      ticket === undefined ? 'the token is not right' : 'the link was used already or has expired',
    )
  }
  const opened = await sessions.open()
  return {
    ...json(200, { role: 'administrator' }),
    headers: [
      ['content-type', 'application/json'],
      ['cache-control', 'no-store'],
      ['set-cookie', sessionCookie(opened.token, opened.expiresAtUs, isSecure(request, publicUrl))],
    ],
  }
}

async function signOut(request: HttpRequest, deps: SessionDeps): Promise<HttpAnswer> {
  requireSameOrigin(request)
  const cookie = cookieOf(request, SESSION_COOKIE)
  if (cookie !== null) await deps.sessions.close(cookie)
  const cleared = sessionCookie('', 0, isSecure(request, deps.publicUrl))
  return { status: 204, headers: [['set-cookie', cleared]] }
}

/** TLS may end at a proxy: then people's URL says so, and their browsers come over TLS alone. */
function isSecure(request: HttpRequest, publicUrl: SessionDeps['publicUrl']): boolean {
  return request.secure || publicUrl().startsWith('https:')
}

function sessionCookie(token: string, expiresAtUs: number, secure: boolean): string {
  const expires = new Date(expiresAtUs / 1000).toUTCString()
  const rules = `Path=/; HttpOnly; SameSite=Strict; Expires=${expires}${secure ? '; Secure' : ''}`
  return `${SESSION_COOKIE}=${token}; ${rules}`
}
