/**
 * Passwords as they are stored: scrypt (RFC 7914) with its parameters, in the form of PHC strings
 * (https://github.com/P-H-C/phc-string-format). Node computes it on threads of libuv's pool.
 */
import { scrypt, timingSafeEqual } from 'node:crypto'
import { HttpProblem } from '#actors/http/problem.ts'
import type { Random } from '#runtime/random.ts'

export interface ScryptCost {
  /** Logarithm of N. */
  readonly ln: number
  readonly r: number
  readonly p: number
}

/**
 * One of OWASP's equivalents of N = 2^17: a guess costs as much, but 32 MiB in place of 128, so
 * that a burst of sign-ins does not take memory from the logs.
 */
export const SCRYPT_COST: ScryptCost = { ln: 15, r: 8, p: 3 }

const SALT_BYTES = 16
const HASH_BYTES = 32
/** Of the threads that journal and segments do not need, and of the processor. */
const RUNNING_MAX = 2
/** About ten seconds of waiting. */
const WAITING_MAX = 50
const RETRY_MS = 5_000
const FORM = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

export class Passwords {
  readonly #random: Random
  readonly #cost: ScryptCost
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(random: Random, cost = SCRYPT_COST) {
    this.#random = random
    this.#cost = cost
  }

  async hash(password: string): Promise<string> {
    const salt = Buffer.from(this.#random.bytes(SALT_BYTES))
    const hash = await this.#derive(password, salt, this.#cost)
    const { ln, r, p } = this.#cost
    return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(hash)}`
  }

  /** null costs the same work, so that nobody can tell whether there is an account. */
  async verify(password: string, stored: string | null): Promise<boolean> {
    const parsed = stored === null ? null : parse(stored)
    const { cost, salt, hash } = parsed ?? {
      cost: this.#cost,
      salt: Buffer.alloc(SALT_BYTES),
      hash: Buffer.alloc(HASH_BYTES),
    }
    const derived = await this.#derive(password, salt, cost)
    return parsed !== null && derived.length === hash.length && timingSafeEqual(derived, hash)
  }

  /** Made under other parameters than those of today. */
  isOutdated(stored: string): boolean {
    const { ln, r, p } = this.#cost
    return !stored.startsWith(`$scrypt$ln=${ln},r=${r},p=${p}$`)
  }

  async #derive(password: string, salt: Uint8Array, cost: ScryptCost): Promise<Buffer> {
    await this.#turn()
    try {
      return await derive(password, salt, cost)
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }

  async #turn(): Promise<void> {
    if (this.#running < RUNNING_MAX) {
      this.#running++
      return
    }
    if (this.#waiting.length >= WAITING_MAX) {
      const detail = 'too many passwords are being checked; try again'
      throw new HttpProblem('LOGBOY_OVERLOADED', detail, { retryAfterMs: RETRY_MS })
    }
    await new Promise<void>(resolve => void this.#waiting.push(resolve))
  }
}

function derive(password: string, salt: Uint8Array, { ln, r, p }: ScryptCost): Promise<Buffer> {
  const N = 2 ** ln
  // What scrypt takes is 128 N r; Node refuses above 32 MiB unless told.
  const options = { N, r, p, maxmem: 2 * 128 * N * r }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

function parse(stored: string) {
  const [, ln, r, p, salt = '', hash = ''] = FORM.exec(stored) ?? []
  if (ln === undefined) return null
  return {
    cost: { ln: Number(ln), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  }
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
