/**
 * Signatures that were taken, so that none is taken twice: here as long as they could still come
 * again, and beside it, where several gateways share an installation, in what they share. What is
 * promised:
 *
 * - One gateway takes a signature once, also across a restart: what was signed before it started is
 *   refused, unless others remember it.
 * - Several gateways with Redis take it once together; while Redis is away each counts alone.
 */
import type { Coordination } from '#actors/coordination/coordination.ts'
import type { Clock } from '#runtime/clock.ts'
import { SIGNATURE_WINDOW_S, type Signature } from './signature.ts'

/** From the earliest moment at which a signature is good to the last. */
const KEPT_S = 2 * SIGNATURE_WINDOW_S
/** Signatures of one key that are remembered, 166 a second: a busier sender shall send batches. */
export const SIGNATURES_PER_KEY_MAX = 100_000
/** Of all keys; 40 bytes each. */
export const SIGNATURES_MAX = 500_000

export type Taken =
  | 'taken'
  | 'seen'
  /** Signed before this process started, which may have taken it in its former life. */
  | 'before-start'
  /** More cannot be remembered now. */
  | 'too-many'

export interface SeenSignaturesOptions {
  readonly clock: Clock
  /** null = this is the only gateway. */
  readonly spend: Coordination['spend'] | null
  readonly perKeyMax?: number
}

/** Signatures of one half of the time, with how many each key has. */
interface Generation {
  readonly seen: Set<number>
  readonly perKey: Map<string, number>
}

export class SeenSignatures {
  readonly #options: SeenSignaturesOptions
  readonly #startS: number
  #current: Generation = newGeneration()
  #former: Generation = newGeneration()
  #sinceMs: number

  constructor(options: SeenSignaturesOptions) {
    this.#options = options
    this.#startS = Math.floor(options.clock.nowUs() / 1_000_000)
    this.#sinceMs = options.clock.monotonicMs()
  }

  /** Of a signature that is good otherwise. */
  async take(signature: Signature): Promise<Taken> {
    const { spend } = this.#options
    this.#turn()
    const number = numberOf(signature.hmac)
    if (this.#current.seen.has(number) || this.#former.seen.has(number)) return 'seen'
    const { keyId } = signature
    if (this.#isFull(keyId)) return 'too-many'
    // Before anything is waited for, or two at once would both be the first.
    this.#current.seen.add(number)
    this.#current.perKey.set(keyId, (this.#current.perKey.get(keyId) ?? 0) + 1)
    const isFirst = spend === null ? null : await isFirstOfAll(spend, signature)
    if (isFirst !== null) return isFirst ? 'taken' : 'seen'
    return Number(signature.timestamp) < this.#startS ? 'before-start' : 'taken'
  }

  observe(): Record<string, unknown> {
    return { signatures: this.#current.seen.size + this.#former.seen.size }
  }

  #isFull(keyId: string): boolean {
    const { perKeyMax = SIGNATURES_PER_KEY_MAX } = this.#options
    const all = this.#current.seen.size + this.#former.seen.size
    const ofKey = (this.#current.perKey.get(keyId) ?? 0) + (this.#former.perKey.get(keyId) ?? 0)
    return all >= SIGNATURES_MAX || ofKey >= perKeyMax
  }

  /** What is older than a whole period is forgotten: nothing of it could come again. */
  #turn(): void {
    const nowMs = this.#options.clock.monotonicMs()
    const periods = Math.floor((nowMs - this.#sinceMs) / (KEPT_S * 1_000))
    if (periods === 0) return
    this.#former = periods === 1 ? this.#current : newGeneration()
    this.#current = newGeneration()
    this.#sinceMs += periods * KEPT_S * 1_000
  }
}

function newGeneration(): Generation {
  return { seen: new Set(), perKey: new Map() }
}

/** 53 bits of it: one of half a million others is taken for it once in 10^10 times. */
function numberOf(hmac: Uint8Array): number {
  const view = new DataView(hmac.buffer, hmac.byteOffset)
  return view.getUint32(0) * 2 ** 21 + (view.getUint32(4) >>> 11)
}

/**
 * A bucket of one token a second from which so many are taken at once that it is in debt for as
 * long as the signature is good: only the first finds it full. null = out of reach.
 */
async function isFirstOfAll(
  spend: Coordination['spend'],
  { hmac }: Signature,
): Promise<boolean | null> {
  const amount = KEPT_S + 1
  const bucket = `signature:${Buffer.from(hmac).toString('base64url')}`
  const levels = await spend(bucket, [{ rate: 1, amount }])
  const [level] = levels ?? []
  return level === undefined ? null : level >= 1 - amount
}
