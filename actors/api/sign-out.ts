/** Signing out: of this browser, or everywhere. */
import type { SignIns } from '#actors/catalog/sign-ins.ts'
import { bearerOf } from '#actors/gateway/authenticate.ts'
import type { HttpAnswer, HttpRequest } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import { isAccessToken } from '#actors/identity/access-token.ts'
import type { KeyCache } from '#actors/identity/key-cache.ts'
import type { Person, Persons } from '#actors/identity/persons.ts'
import type { Sessions } from '#actors/identity/sessions.ts'
import type { SignInDesk } from '#actors/identity/sign-in-desk.ts'
import { type CookieDeps, REFRESH_COOKIE, signedOut } from './auth-cookies.ts'
import { cookieOf, requireSameOrigin, SESSION_COOKIE } from './cookies.ts'

export interface SignOutDeps extends CookieDeps {
  readonly signIns: Pick<SignIns, 'end' | 'endAll'>
  readonly sessions: Pick<Sessions, 'close'>
  readonly persons: Pick<Persons, 'verify'>
  readonly desk: Pick<SignInDesk, 'refresh' | 'signInOf'>
  readonly keys: Pick<KeyCache, 'refresh'>
}

/** By whatever of the sign-in there is: its access token may have expired long ago. */
export async function signOut(request: HttpRequest, deps: SignOutDeps): Promise<HttpAnswer> {
  const { signIns, sessions, desk } = deps
  const { access, refresh } = tokensOf(request)
  const person = await personOf(access, deps)
  if (access !== null && !isAccessToken(access)) await sessions.close(access)
  const id = person?.means.id ?? (refresh === null ? null : desk.signInOf(refresh))
  if (id !== null) await signIns.end(id)
  await deps.keys.refresh()
  return signedOut(request, deps)
}

/** All sign-ins of the person; their own tokens for programs stay. */
export async function signOutEverywhere(
  request: HttpRequest,
  deps: SignOutDeps,
): Promise<HttpAnswer> {
  const { access, refresh } = tokensOf(request)
  const person =
    (await personOf(access, deps)) ?? (refresh === null ? null : await deps.desk.refresh(refresh))
  if (person === null) {
    throw new HttpProblem('LOGBOY_SESSION_MISSING', 'sign in to sign out everywhere')
  }
  await deps.signIns.endAll(person.account.id)
  await deps.keys.refresh()
  return signedOut(request, deps)
}

interface ShownTokens {
  readonly access: string | null
  readonly refresh: string | null
}

function tokensOf(request: HttpRequest): ShownTokens {
  const bearer = bearerOf(request)
  if (bearer !== null) return { access: bearer, refresh: null }
  requireSameOrigin(request)
  return { access: cookieOf(request, SESSION_COOKIE), refresh: cookieOf(request, REFRESH_COOKIE) }
}

async function personOf(access: string | null, { persons }: SignOutDeps): Promise<Person | null> {
  if (access === null || !isAccessToken(access)) return null
  const verdict = await persons.verify(access)
  return verdict.type === 'verified' ? verdict.person : null
}
