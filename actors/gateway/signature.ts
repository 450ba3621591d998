/**
 * Requests that are signed in place of sending a secret:
 *
 *   Logboy-Key-Id: ID
 *   Logboy-Timestamp: seconds since 1970
 *   Logboy-Signature: v1=hex(hmac_sha256(secret, timestamp + '.' + body))
 *
 * where the body is as it is sent, packed or not.
 */
import { webcrypto } from 'node:crypto'
import type { HttpRequest } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import { formatTime } from '#proto/time.ts'

/** How far the clock of a sender may be off, either way. */
export const SIGNATURE_WINDOW_S = 300

export interface Signature {
  readonly keyId: string
  /** As it was signed. */
  readonly timestamp: string
  readonly hmac: Uint8Array<ArrayBuffer>
}

const SIGNATURE_FORM = /^v1=([0-9a-f]{64})$/i
const TIMESTAMP_FORM = /^\d{1,12}$/

/** null = the request is not signed. Throws for one that cannot be good, whatever the body is. */
export function signatureOf(request: HttpRequest, nowUs: number): Signature | null {
  const given = request.header('logboy-signature')
  if (given === null) return null
  const [, hex] = SIGNATURE_FORM.exec(given.trim()) ?? []
  if (hex === undefined) {
    throw bad('the header Logboy-Signature has to be v1= and 64 hexadecimal digits')
  }
  const keyId = request.header('logboy-key-id') ?? ''
  if (keyId === '') throw bad('a signed request needs the header Logboy-Key-Id')
  const timestamp = request.header('logboy-timestamp') ?? ''
  if (!TIMESTAMP_FORM.test(timestamp)) {
    throw bad('a signed request needs the header Logboy-Timestamp: seconds since 1970')
  }
  refuseSkew(Number(timestamp), nowUs)
  return { keyId, timestamp, hmac: Uint8Array.from(Buffer.from(hex, 'hex')) }
}

/** In constant time, and on another thread: the hash of a large body would hold everybody up. */
export async function isSigned(
  { timestamp, hmac }: Signature,
  secret: Uint8Array,
  body: Uint8Array,
): Promise<boolean> {
  const { subtle } = webcrypto
  const how = { name: 'HMAC', hash: 'SHA-256' }
  const key = await subtle.importKey('raw', Uint8Array.from(secret), how, false, ['verify'])
  return subtle.verify('HMAC', key, hmac, Buffer.concat([Buffer.from(`${timestamp}.`), body]))
}

export function signatureInvalid(): HttpProblem {
  return new HttpProblem(
    'LOGBOY_SIGNATURE_INVALID',
    'the signature is not that of this key, timestamp and body',
  )
}

/** The sender reads by how much its clock is wrong. */
function refuseSkew(timestampS: number, nowUs: number): void {
  const nowS = Math.floor(nowUs / 1_000_000)
  const aheadS = timestampS - nowS
  if (Math.abs(aheadS) <= SIGNATURE_WINDOW_S) return
  const off = `${Math.abs(aheadS)} s ${aheadS > 0 ? 'ahead of' : 'behind'}`
  throw new HttpProblem(
    'LOGBOY_SIGNATURE_EXPIRED',
    `Logboy-Timestamp ${timestampS} is ${off} the server's time, ${formatTime(nowS * 1_000_000)} ` +
      `(${nowS}); at most ${SIGNATURE_WINDOW_S} s are allowed: sign it anew, or set the clock`,
  )
}

function bad(detail: string): HttpProblem {
  return new HttpProblem('LOGBOY_BAD_HEADER', detail)
}
