/** Cookies of a person's sign-in: access token, refresh token, and the browser that is known. */
import type { HttpAnswer, HttpRequest } from '#actors/http/http-server.ts'
import { json } from '#actors/http/problem.ts'
import { ACCESS_TOKEN_S } from '#actors/identity/access-token.ts'
import type { OpenedSignIn } from '#actors/identity/sign-in-desk.ts'
import type { SignedIn } from '#proto/people.ts'
import type { Clock } from '#runtime/clock.ts'
import { isSecure, SESSION_COOKIE, setCookie } from './cookies.ts'

export const REFRESH_COOKIE = 'logboy_refresh'
export const DEVICE_COOKIE = 'logboy_device'
/** Only these routes are sent what renews a sign-in. */
const AUTH_PATH = '/api/v1/auth'
/** Browsers keep none for longer. */
const DEVICE_US = 400 * 86_400_000_000

export interface CookieDeps {
  readonly clock: Clock
  /** URL that people open. */
  readonly publicUrl: () => string
}

/** Tells a browser or script what it was let in with; `device` where it is to be known. */
export function signedIn(
  { status, request, device }: { status: number; request: HttpRequest; device?: string },
  { account, accessToken, refreshToken, expiresAtUs }: OpenedSignIn,
  { clock, publicUrl }: CookieDeps,
): HttpAnswer {
  const secure = isSecure(request, publicUrl)
  const nowUs = clock.nowUs()
  const body: SignedIn = {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_S,
    account,
  }
  const answer = json(status, body)
  const accessEndsUs = nowUs + ACCESS_TOKEN_S * 1_000_000
  const cookies = [
    setCookie({ name: SESSION_COOKIE, value: accessToken, expiresAtUs: accessEndsUs, secure }),
    setCookie({ name: REFRESH_COOKIE, value: refreshToken, path: AUTH_PATH, expiresAtUs, secure }),
    ...(device === undefined ? [] : [deviceCookie(device, nowUs, secure)]),
  ]
  return { ...answer, headers: [...(answer.headers ?? []), ...cookies] }
}

/** Takes access and refresh token away; the browser stays known. */
export function signedOut(request: HttpRequest, { publicUrl }: CookieDeps): HttpAnswer {
  const ended = { value: '', expiresAtUs: 0, secure: isSecure(request, publicUrl) }
  const headers = [
    setCookie({ ...ended, name: SESSION_COOKIE }),
    setCookie({ ...ended, name: REFRESH_COOKIE, path: AUTH_PATH }),
  ]
  return { status: 204, headers }
}

/** For whoever has proven who they are, without being let in by it. */
export function knownBrowser(request: HttpRequest, device: string, deps: CookieDeps): HttpAnswer {
  const secure = isSecure(request, deps.publicUrl)
  return { status: 204, headers: [deviceCookie(device, deps.clock.nowUs(), secure)] }
}

function deviceCookie(value: string, nowUs: number, secure: boolean) {
  const expiresAtUs = nowUs + DEVICE_US
  return setCookie({ name: DEVICE_COOKIE, value, path: AUTH_PATH, expiresAtUs, secure })
}
