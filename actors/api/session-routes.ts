/** Signing in and out, and who am I. */
import { z } from 'zod/v4'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import type { KeyCache } from '#actors/identity/key-cache.ts'
import type { Persons } from '#actors/identity/persons.ts'
import type { Sessions } from '#actors/identity/sessions.ts'
import type { WhoAmI } from '#proto/people.ts'
import type { Caller } from './caller.ts'
import { isSecure, requireSameOrigin, SESSION_COOKIE, setCookie } from './cookies.ts'
import { answerOf, type EndpointDeps, endpoint, NO_CONTENT } from './endpoint.ts'
import { JSON_BODY_BYTES_MAX, readJson } from './json-body.ts'
import { account } from './shapes.ts'
import { type SignOutDeps, signOut } from './sign-out.ts'

export interface SessionDeps extends EndpointDeps, SignOutDeps {
  readonly keys: Pick<KeyCache, 'verify' | 'refresh'>
  readonly persons: Persons
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
      about: {
        tag: 'sessions',
        summary: "Signs a browser in, by a ticket or the administrator's token.",
        who: 'page',
        body: { content: { 'application/json': signInBody }, required: true },
        answers: { 200: answerOf('Signed in; the session is a cookie.', administratorRole) },
        problems: [
          'LOGBOY_SIGN_IN_FAILED',
          'LOGBOY_CROSS_ORIGIN',
          'LOGBOY_BAD_BODY',
          'LOGBOY_BAD_REQUEST',
          'LOGBOY_BODY_TOO_LARGE',
          'LOGBOY_CATALOG_AWAY',
        ],
      },
    },
    endpoint(deps, {
      method: 'POST',
      path: '/api/v1/sessions/tickets',
      tag: 'sessions',
      summary: 'A link that signs one browser in, within a quarter of an hour.',
      who: 'administrator',
      body: z.strictObject({}),
      answers: { 201: answerOf('The link.', ticketCreated) },
      handle() {
        const url = signInLink(deps)
        return json(201, { ticket: new URL(url).searchParams.get('ticket'), url })
      },
    }),
    endpoint(deps, {
      method: 'GET',
      path: '/api/v1/session',
      tag: 'sessions',
      summary: 'Who am I.',
      who: 'caller',
      answers: {
        200: answerOf('What the caller is.', z.union([administratorRole, personRole, keyRole])),
      },
      handle: ({ caller }) => json(200, whoIs(caller)),
    }),
    {
      method: 'DELETE',
      path: '/api/v1/session',
      handle: request => signOut(request, deps),
      about: {
        tag: 'sessions',
        summary: 'Signs out.',
        who: 'page',
        answers: { 204: NO_CONTENT },
        problems: ['LOGBOY_CROSS_ORIGIN', 'LOGBOY_CATALOG_AWAY'],
      },
    },
  ]
}

const administratorRole = z.strictObject({ role: z.literal('administrator') })
const personRole = z.strictObject({ role: z.literal('person'), account })
const keyRole = z.strictObject({
  role: z.literal('key'),
  project: z.string(),
  scopes: z.array(z.enum(['ingest', 'read'])),
})
const ticketCreated = z.strictObject({ ticket: z.string(), url: z.string() })

function whoIs(caller: Caller): WhoAmI {
  switch (caller.type) {
    case 'administrator':
      return { role: 'administrator' }
    case 'person':
      return { role: 'person', account: caller.account }
    case 'key':
      return { role: 'key', project: caller.key.projectId, scopes: caller.key.scopes }
  }
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
      setCookie({
        name: SESSION_COOKIE,
        value: opened.token,
        expiresAtUs: opened.expiresAtUs,
        secure: isSecure(request, publicUrl),
      }),
    ],
  }
}
