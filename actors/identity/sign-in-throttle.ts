/**
 * Slows down who guesses passwords, without locking out whose password is guessed. Strangers are
 * counted by their network, by the account that they try from there, and only where very many fail
 * at one account by that account, wherever they come from. A browser in which the person has signed
 * in before, or set a new password by a link, is counted alone: it comes in while strangers wait.
 */
import type { Clock } from '#runtime/clock.ts'
import { GrowingDelay } from './growing-delay.ts'

export interface SignInAttempt {
  readonly address: string
  readonly email: string
  /** Of a browser that the account knows. */
  readonly deviceId: string | null
}

/** Many people may share one. */
const PER_NETWORK = { free: 20, firstMs: 1_000, maxMs: 60_000 }
const PER_ACCOUNT_AND_NETWORK = { free: 5, firstMs: 1_000, maxMs: 60_000 }
/** Against guessers of many networks; then strangers of all networks wait. */
const PER_ACCOUNT = { free: 100, firstMs: 1_000, maxMs: 30_000 }
const PER_DEVICE = { free: 10, firstMs: 1_000, maxMs: 5 * 60_000 }

export class SignInThrottle {
  readonly #networks: GrowingDelay
  readonly #pairs: GrowingDelay
  readonly #accounts: GrowingDelay
  readonly #devices: GrowingDelay

  constructor(clock: Clock) {
    this.#networks = new GrowingDelay(clock, PER_NETWORK)
    this.#pairs = new GrowingDelay(clock, PER_ACCOUNT_AND_NETWORK)
    this.#accounts = new GrowingDelay(clock, PER_ACCOUNT)
    this.#devices = new GrowingDelay(clock, PER_DEVICE)
  }

  /** How long to wait; 0 = go on, and it counts as failed until it is told to have succeeded. */
  begin(attempt: SignInAttempt): number {
    const counted = this.#counted(attempt)
    const waitMs = Math.max(...counted.map(([delay, name]) => delay.waitMs(name)))
    if (waitMs === 0) for (const [delay, name] of counted) delay.failed(name)
    return waitMs
  }

  succeeded(attempt: SignInAttempt): void {
    const { email, deviceId } = attempt
    if (deviceId !== null) {
      this.#devices.forget(deviceId)
      return
    }
    // One's own account must not wash a network clean, nor one person's luck the account.
    this.#networks.forgive(networkOf(attempt.address))
    this.#accounts.forgive(email)
    this.#pairs.forget(pairOf(attempt))
  }

  #counted(attempt: SignInAttempt): [GrowingDelay, string][] {
    const { address, email, deviceId } = attempt
    if (deviceId !== null) return [[this.#devices, deviceId]]
    return [
      [this.#networks, networkOf(address)],
      [this.#pairs, pairOf(attempt)],
      [this.#accounts, email],
    ]
  }
}

function pairOf({ address, email }: SignInAttempt): string {
  return `${networkOf(address)} ${email}`
}

/** An IPv6 customer has a /64 at least. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail = ''] = address.split('::')
  const groups = [head, tail].map(half => (half === '' ? [] : half.split(':')))
  const [first = [], last = []] = groups
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0')
  return [...first, ...(address.includes('::') ? zeros : []), ...last].slice(0, 4).join(':')
}
