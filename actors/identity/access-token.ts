/**
 * Access tokens of people: JWT (RFC 7519) under HMAC with SHA-256. The header is compared as a
 * whole, so no token chooses how it is judged.
 */
import type { Clock } from '#runtime/clock.ts'
import type { SignedTexts } from './signed-text.ts'

export const ACCESS_TOKEN_S = 15 * 60

export interface AccessClaims {
  readonly accountId: string
  /** The sign-in behind it, with which the token ends. */
  readonly signInId: string
}

export type AccessVerdict =
  | { readonly type: 'good'; readonly claims: AccessClaims }
  | { readonly type: 'bad' | 'expired' }

const HEADER = base64url('{"alg":"HS256","typ":"JWT"}')
const SECOND_US = 1_000_000

export class AccessTokens {
  readonly #texts: SignedTexts
  readonly #clock: Clock

  constructor(texts: SignedTexts, clock: Clock) {
    this.#texts = texts
    this.#clock = clock
  }

  issue({ accountId, signInId }: AccessClaims): string {
    const iat = Math.floor(this.#clock.nowUs() / SECOND_US)
    const claims = { iss: 'logboy', sub: accountId, sid: signInId, iat, exp: iat + ACCESS_TOKEN_S }
    return this.#texts.sign([HEADER, base64url(JSON.stringify(claims))])
  }

  verify(token: string): AccessVerdict {
    const [header, payload, ...more] = this.#texts.read(token) ?? []
    if (header !== HEADER || payload === undefined || more.length > 0) return { type: 'bad' }
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      readonly sub: string
      readonly sid: string
      readonly exp: number
    }
    if (claims.exp * SECOND_US <= this.#clock.nowUs()) return { type: 'expired' }
    return { type: 'good', claims: { accountId: claims.sub, signInId: claims.sid } }
  }
}

/** Of the form of a JWT, which neither keys nor session tokens have. */
export function isAccessToken(text: string): boolean {
  return text.startsWith(`${HEADER}.`)
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}
