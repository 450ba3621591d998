/** Passwords: forgotten, set anew by a link, and changed. */
import { z } from 'zod/v4'
import type { Accounts } from '#actors/catalog/accounts.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import type { KeyCache } from '#actors/identity/key-cache.ts'
import type { Passwords } from '#actors/identity/password-hash.ts'
import type { ResetLinks } from '#actors/identity/reset-links.ts'
import type { SignInDesk } from '#actors/identity/sign-in-desk.ts'
import type { SignInThrottle } from '#actors/identity/sign-in-throttle.ts'
import type { Account } from '#proto/people.ts'
import { type CookieDeps, knownBrowser } from './auth-cookies.ts'
import type { PersonCaller } from './caller.ts'
import { refuseForeignOrigin } from './cookies.ts'
import { type EndpointDeps, endpoint, NO_CONTENT } from './endpoint.ts'
import { email, password } from './person-shapes.ts'
import { requireSignIn } from './require-sign-in.ts'
import { requireGoodPassword } from './sign-up.ts'
import { tooManyAttempts } from './too-many-attempts.ts'

export interface PasswordDeps extends EndpointDeps, CookieDeps {
  readonly desk: Pick<SignInDesk, 'deviceOf'>
  readonly accounts: Accounts
  readonly passwords: Passwords
  readonly throttle: SignInThrottle
  readonly resets: ResetLinks
  readonly keys: Pick<KeyCache, 'verify' | 'refresh'>
}

const resetBody = z.strictObject({ token: z.string().max(200), password })
const changeBody = z.strictObject({ current: password, next: password })

export function passwordRoutes(deps: PasswordDeps): Route[] {
  const shared = { tag: 'sessions', method: 'POST' } as const
  return [
    endpoint(deps, {
      ...shared,
      path: '/api/v1/auth/forgotten',
      who: 'anyone',
      summary: 'Sends a link that sets a password anew, if there is such an account.',
      body: z.strictObject({ email }),
      answers: { 202: { description: 'The same whoever asks.', schema: null } },
      problems: ['LOGBOY_CROSS_ORIGIN', 'LOGBOY_TOO_MANY_ATTEMPTS'],
      handle({ request, body }) {
        refuseForeignOrigin(request)
        const waitMs = deps.resets.ask(body.email, request.peer)
        if (waitMs > 0) throw tooManyAttempts(waitMs)
        return { status: 202 }
      },
    }),
    endpoint(deps, {
      ...shared,
      path: '/api/v1/auth/reset',
      who: 'anyone',
      summary: 'Sets a password by such a link; all sessions of the person end.',
      body: resetBody,
      answers: { 204: NO_CONTENT },
      problems: [
        'LOGBOY_CROSS_ORIGIN',
        'LOGBOY_SIGN_IN_FAILED',
        'LOGBOY_OVERLOADED',
        'LOGBOY_CATALOG_AWAY',
      ],
      async handle({ request, body }) {
        refuseForeignOrigin(request)
        const owner = await reset(body, deps)
        return knownBrowser(request, deps.desk.deviceOf(owner), deps)
      },
    }),
    endpoint(deps, {
      ...shared,
      path: '/api/v1/auth/password',
      who: 'person',
      summary: "Changes one's password; one's other sessions end.",
      body: changeBody,
      answers: { 204: NO_CONTENT },
      problems: ['LOGBOY_SIGN_IN_FAILED', 'LOGBOY_TOO_MANY_ATTEMPTS', 'LOGBOY_OVERLOADED'],
      async handle({ caller, request, body }) {
        await change(caller, body, request.peer, deps)
        return { status: 204 }
      },
    }),
  ]
}

async function reset(
  { token, password: next }: z.output<typeof resetBody>,
  { resets, passwords, keys }: PasswordDeps,
): Promise<Account> {
  const owner = await resets.ownerOf(token)
  if (owner === null) throw linkUsed()
  requireGoodPassword('password', next, owner)
  if (!(await resets.redeem(token, await passwords.hash(next)))) throw linkUsed()
  await keys.refresh()
  return owner
}

async function change(
  caller: PersonCaller,
  { current, next }: z.output<typeof changeBody>,
  address: string,
  { accounts, passwords, throttle, keys }: PasswordDeps,
): Promise<void> {
  const { account, signInId } = requireSignIn(caller)
  // Whoever has the browser in hand guesses no faster than anybody else.
  const attempt = { address, email: account.email, deviceId: null }
  const waitMs = throttle.begin(attempt)
  if (waitMs > 0) throw tooManyAttempts(waitMs)
  const stored = (await accounts.byEmail(account.email))?.passwordHash ?? null
  if (!(await passwords.verify(current, stored))) {
    throw new HttpProblem('LOGBOY_SIGN_IN_FAILED', 'the current password is not right')
  }
  throttle.succeeded(attempt)
  requireGoodPassword('next', next, account)
  await accounts.setPassword(account.id, await passwords.hash(next), signInId)
  await keys.refresh()
}

function linkUsed(): HttpProblem {
  return new HttpProblem('LOGBOY_SIGN_IN_FAILED', 'the link was used already or has expired')
}
