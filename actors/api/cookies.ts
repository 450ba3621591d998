/** Cookies of people's browsers: how they are read, set, and from where they count. */
import type { HttpRequest } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'

/** An access token of a person, or a session that a sign-in link opened. */
export const SESSION_COOKIE = 'logboy_session'

export function cookieOf(request: HttpRequest, name: string): string | null {
  for (const part of (request.header('cookie') ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2)
    if (key === name && value !== undefined && value !== '') return value
  }
  return null
}

export interface CookieWish {
  readonly name: string
  /** '' = it ends. */
  readonly value: string
  readonly path?: string
  readonly expiresAtUs: number
  readonly secure: boolean
}

/** A `set-cookie` header of a cookie that no script reads and no other site sends. */
export function setCookie({ name, value, path = '/', expiresAtUs, secure }: CookieWish) {
  const expires = new Date(value === '' ? 0 : expiresAtUs / 1000).toUTCString()
  const rules = `Path=${path}; HttpOnly; SameSite=Strict; Expires=${expires}`
  return ['set-cookie', `${name}=${value}; ${rules}${secure ? '; Secure' : ''}`] as const
}

/** TLS may end at a proxy: then people's URL says so, and their browsers come over TLS alone. */
export function isSecure(request: HttpRequest, publicUrl: () => string): boolean {
  return request.secure || publicUrl().startsWith('https:')
}

/**
 * Another site's page can make a browser send our cookie, but not our origin. SameSite=Strict
 * stands before this; browsers that know neither header are too old for it.
 */
export function requireSameOrigin(request: HttpRequest): void {
  refuseForeignOrigin(request)
  const isTold = request.header('sec-fetch-site') !== null || request.header('origin') !== null
  if (request.method !== 'GET' && !isTold) throw crossOrigin()
}

/** For what takes no cookie but may set one: scripts, which tell no origin, are welcome. */
export function refuseForeignOrigin(request: HttpRequest): void {
  const site = request.header('sec-fetch-site')
  const origin = request.header('origin')
  const foreignSite = site !== null && site !== 'same-origin' && site !== 'none'
  const foreignOrigin = origin !== null && hostOf(origin) !== request.header('host')
  if (foreignSite || foreignOrigin) throw crossOrigin()
}

function crossOrigin(): HttpProblem {
  return new HttpProblem('LOGBOY_CROSS_ORIGIN', 'a session can only be used by our own pages')
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null
}
