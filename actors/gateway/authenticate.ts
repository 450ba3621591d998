/** Who may come in through the doors of ingest and search: the one place that judges keys. */

import type { HttpRequest } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import type { KeyVerdict, SigningVerdict, VerifiedKey } from '#actors/identity/key-cache.ts'
import type { KeyScope } from '#proto/api.ts'

export interface KeyVerifier {
  verify(key: string): Promise<KeyVerdict>
  /** The key that requests are signed with. */
  signing(keyId: string): Promise<SigningVerdict>
}

/** Reads `Authorization: Bearer KEY`; null = there is none. */
export function bearerOf(request: HttpRequest): string | null {
  return bearerIn(request.header('authorization') ?? '')
}

/** The same of the header's value. */
export function bearerIn(header: string): string | null {
  const [, token] = /^bearer +(\S+) *$/i.exec(header) ?? []
  return token ?? null
}

/** The key of a request, verified and fit for `scope`, or the HttpProblem that refuses it. */
export async function authenticate(
  request: HttpRequest,
  verifier: Pick<KeyVerifier, 'verify'>,
  scope: KeyScope,
): Promise<VerifiedKey> {
  const text = bearerOf(request)
  if (text === null) {
    throw new HttpProblem('LOGBOY_KEY_MISSING', 'send a key: Authorization: Bearer KEY')
  }
  return authenticateKey(text, verifier, scope)
}

/** The same for a key that came by another way. */
export async function authenticateKey(
  text: string,
  verifier: Pick<KeyVerifier, 'verify'>,
  scope: KeyScope,
): Promise<VerifiedKey> {
  return fitVerdict(await verifier.verify(text), scope).key
}

type Verified<Verdict> = Extract<Verdict, { readonly type: 'verified' }>

/** What was verified, if it is fit for `scope`; else the HttpProblem that says why not. */
export function fitVerdict<Verdict extends KeyVerdict>(
  verdict: Verdict,
  scope: KeyScope,
): Verified<Verdict> {
  if (verdict.type !== 'verified') throw refusalOf(verdict.type)
  const verified = verdict as Verified<Verdict>
  if (!verified.key.scopes.includes(scope)) {
    throw new HttpProblem('LOGBOY_SCOPE_MISSING', `the key has no scope "${scope}"`)
  }
  return verified
}

function refusalOf(type: Exclude<KeyVerdict['type'], 'verified'>): HttpProblem {
  switch (type) {
    case 'unknown':
      return new HttpProblem('LOGBOY_KEY_UNKNOWN', 'the key is unknown')
    case 'revoked':
      return new HttpProblem('LOGBOY_KEY_REVOKED', 'the key was revoked')
    case 'expired':
      return new HttpProblem('LOGBOY_KEY_EXPIRED', 'the key has expired')
    case 'unavailable':
      return new HttpProblem('LOGBOY_CATALOG_AWAY', 'keys cannot be checked right now', {
        retryAfterMs: 1_000,
      })
  }
}
