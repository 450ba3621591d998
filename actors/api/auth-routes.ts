/** People sign up, in, on and out. */
import { z } from 'zod/v4'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import type { KeyCache } from '#actors/identity/key-cache.ts'
import type { Persons } from '#actors/identity/persons.ts'
import type { Sessions } from '#actors/identity/sessions.ts'
import type { SignInDesk } from '#actors/identity/sign-in-desk.ts'
import type { Mailer } from '#actors/mail/mailer.ts'
import { type Account, PASSWORD_LENGTH_MIN, type SignInOptions } from '#proto/people.ts'
import type { AuditLog } from './audit-log.ts'
import { DEVICE_COOKIE, REFRESH_COOKIE, signedIn } from './auth-cookies.ts'
import { cookieOf, refuseForeignOrigin, requireSameOrigin } from './cookies.ts'
import { answerOf, type EndpointDeps, endpoint, NO_CONTENT } from './endpoint.ts'
import { email, password } from './person-shapes.ts'
import { account } from './shapes.ts'
import { type SignOutDeps, signOut, signOutEverywhere } from './sign-out.ts'
import { confirmSignUp, type SignUpDeps, signUp, signUpBody } from './sign-up.ts'
import { tooManyAttempts } from './too-many-attempts.ts'

export interface AuthDeps extends EndpointDeps, SignUpDeps, SignOutDeps {
  readonly desk: SignInDesk
  readonly keys: Pick<KeyCache, 'verify' | 'refresh'>
  readonly sessions: Sessions
  readonly persons: Persons
  readonly mailer: Mailer
  readonly audit: Pick<AuditLog, 'changed' | 'searched' | 'refused'>
}

const options = z.strictObject({
  sign_up: z.enum(['first', 'open', 'invitation']),
  reset: z.enum(['mail', 'printed']),
  password_length_min: z.number().int(),
})
const signedInReply = z.strictObject({
  access_token: z.string().describe('JWT; send it as Bearer to REST and tail'),
  token_type: z.literal('Bearer'),
  expires_in: z.number().int().describe('seconds'),
  account,
})
const SIGNED_IN =
  'The access token comes as a cookie, too, and a refresh token that is good once as another one.'
/** Address, name and hash, sealed. */
const CONFIRM_CHARS_MAX = 4_000
const loginBody = z.strictObject({ email, password })
const logoutBody = z.strictObject({ everywhere: z.boolean().default(false) })

export function authRoutes(deps: AuthDeps): Route[] {
  const shared = { tag: 'sessions', who: 'anyone' } as const
  return [
    endpoint(deps, {
      ...shared,
      method: 'GET',
      path: '/api/v1/auth/options',
      summary: 'What the sign-in page offers.',
      answers: { 200: answerOf('Options.', options) },
      problems: ['LOGBOY_CATALOG_AWAY'],
      handle: async () => json(200, await signInOptions(deps)),
    }),
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/auth/sign-up',
      summary: 'Makes an account and signs it in.',
      description:
        'The first one becomes administrator. Where everybody may sign up and mail is set up, a ' +
        `link that is mailed to the address makes the account. ${SIGNED_IN}`,
      body: signUpBody,
      answers: {
        201: answerOf('Signed in.', signedInReply),
        202: { description: 'A mail is on its way, the same to every address.', schema: null },
      },
      problems: [...SIGN_IN_PROBLEMS, 'LOGBOY_NAME_TAKEN', 'LOGBOY_FORBIDDEN'],
      async handle({ request, body }) {
        refuseForeignOrigin(request)
        const made = await signUp(body, request.peer, deps)
        return made === 'mailed' ? { status: 202 } : welcome(request, made, deps)
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/auth/confirm',
      summary: 'Makes the account of a link that was mailed, and signs it in.',
      body: z.strictObject({ token: z.string().max(CONFIRM_CHARS_MAX) }),
      answers: { 201: answerOf('Signed in.', signedInReply) },
      problems: [
        'LOGBOY_CROSS_ORIGIN',
        'LOGBOY_SIGN_IN_FAILED',
        'LOGBOY_FORBIDDEN',
        'LOGBOY_CATALOG_AWAY',
      ],
      async handle({ request, body }) {
        refuseForeignOrigin(request)
        return welcome(request, await confirmSignUp(body.token, deps), deps)
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/auth/login',
      summary: 'Signs in by email and password.',
      description: SIGNED_IN,
      body: loginBody,
      answers: { 200: answerOf('Signed in.', signedInReply) },
      problems: [...SIGN_IN_PROBLEMS, 'LOGBOY_SIGN_IN_FAILED'],
      handle: ({ request, body }) => login(request, body, deps),
    }),
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/auth/refresh',
      summary: 'Another access token for the refresh cookie, which is good once.',
      description:
        'A refresh token that comes a second time ends the sign-in: it was stolen. Within ten ' +
        'seconds it is taken for another tab, and answered with the same successor.',
      body: z.strictObject({}),
      answers: { 200: answerOf('Signed in.', signedInReply) },
      problems: ['LOGBOY_SESSION_MISSING', 'LOGBOY_CROSS_ORIGIN', 'LOGBOY_CATALOG_AWAY'],
      handle: ({ request }) => refresh(request, deps),
    }),
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/auth/logout',
      summary: 'Signs out, here or everywhere.',
      description: 'Access tokens and open tails of the sign-in end within a second.',
      body: logoutBody,
      answers: { 204: NO_CONTENT },
      problems: ['LOGBOY_SESSION_MISSING', 'LOGBOY_CROSS_ORIGIN', 'LOGBOY_CATALOG_AWAY'],
      handle: ({ request, body }) =>
        body.everywhere ? signOutEverywhere(request, deps) : signOut(request, deps),
    }),
  ]
}

const SIGN_IN_PROBLEMS = [
  'LOGBOY_CROSS_ORIGIN',
  'LOGBOY_TOO_MANY_ATTEMPTS',
  'LOGBOY_OVERLOADED',
  'LOGBOY_CATALOG_AWAY',
] as const

async function signInOptions({ accounts, rules, mailer }: AuthDeps): Promise<SignInOptions> {
  return {
    sign_up: (await accounts.isEmpty()) ? 'first' : rules().signUp,
    reset: mailer.type,
    password_length_min: PASSWORD_LENGTH_MIN,
  }
}

async function welcome(
  request: HttpRequest,
  account: Account,
  deps: AuthDeps,
): Promise<HttpAnswer> {
  const opened = await deps.desk.open(account)
  const device = deps.desk.deviceOf(account)
  return signedIn({ status: 201, request, device }, opened, deps)
}

async function login(
  request: HttpRequest,
  credentials: z.output<typeof loginBody>,
  deps: AuthDeps,
): Promise<HttpAnswer> {
  refuseForeignOrigin(request)
  const device = cookieOf(request, DEVICE_COOKIE)
  const outcome = await deps.desk.signIn({ ...credentials, address: request.peer, device })
  switch (outcome.type) {
    case 'refused':
      deps.audit.refused({
        actor: 'nobody',
        actorName: credentials.email,
        peer: request.peer,
        action: 'auth.refused',
        projectId: null,
        detail: { email: credentials.email },
      })
      throw new HttpProblem('LOGBOY_SIGN_IN_FAILED', 'email or password is not right')
    case 'wait':
      throw tooManyAttempts(outcome.ms)
    case 'opened': {
      const known = deps.desk.deviceOf(outcome.account)
      return signedIn({ status: 200, request, device: known }, outcome, deps)
    }
  }
}

async function refresh(request: HttpRequest, deps: AuthDeps): Promise<HttpAnswer> {
  requireSameOrigin(request)
  const token = cookieOf(request, REFRESH_COOKIE)
  const opened = token === null ? null : await deps.desk.refresh(token)
  if (opened !== null) return signedIn({ status: 200, request }, opened, deps)
  // It may have ended a sign-in just now.
  if (token !== null) await deps.keys.refresh()
  throw new HttpProblem('LOGBOY_SESSION_MISSING', 'the session has ended; sign in again')
}
