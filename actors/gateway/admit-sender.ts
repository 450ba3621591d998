/** Lets the sender of a request in, by its key or by its signature, and gives the body. */

import type { HttpRequest } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import type { VerifiedKey } from '#actors/identity/key-cache.ts'
import type { Clock } from '#runtime/clock.ts'
import { authenticate, fitVerdict, type KeyVerifier } from './authenticate.ts'
import { type SeenSignatures, SIGNATURES_PER_KEY_MAX } from './seen-signatures.ts'
import { isSigned, type Signature, signatureInvalid, signatureOf } from './signature.ts'

export interface AdmissionDeps {
  readonly verifier: KeyVerifier
  readonly signatures: Pick<SeenSignatures, 'take'>
  readonly clock: Clock
}

export interface AdmittedSender {
  readonly key: VerifiedKey
  /** Read once; a signature is checked then. */
  body(): Promise<Uint8Array<ArrayBuffer>>
}

const FULL_RETRY_MS = 60_000

/** Throws the HttpProblem of who may not come in, as far as that is clear without the body. */
export async function admitSender(
  request: HttpRequest,
  deps: AdmissionDeps,
): Promise<AdmittedSender> {
  const { verifier, clock } = deps
  const signature = signatureOf(request, clock.nowUs())
  if (signature === null) {
    const key = await authenticate(request, verifier, 'ingest')
    return { key, body: () => request.body() }
  }
  const verdict = await verifier.signing(signature.keyId)
  const { key, secret } = fitVerdict(verdict, 'ingest')
  return {
    key,
    async body() {
      const body = await request.body()
      if (!(await isSigned(signature, secret, body))) throw signatureInvalid()
      await takeOnce(signature, deps)
      return body
    },
  }
}

async function takeOnce(signature: Signature, { signatures }: AdmissionDeps): Promise<void> {
  const taken = await signatures.take(signature)
  switch (taken) {
    case 'taken':
      return
    case 'seen':
      throw new HttpProblem(
        'LOGBOY_SIGNATURE_USED',
        'this very request was received before; to send it again sign it with the time of now',
      )
    case 'before-start':
      throw new HttpProblem(
        'LOGBOY_SIGNATURE_EXPIRED',
        'it was signed before the server started, which may have received it; sign it anew',
      )
    case 'too-many':
      throw new HttpProblem(
        'LOGBOY_OVER_QUOTA',
        `so many signatures of the last ten minutes (${SIGNATURES_PER_KEY_MAX} of a key) cannot be ` +
          'remembered: send more records a request; nothing was stored',
        { retryAfterMs: FULL_RETRY_MS },
      )
  }
}
