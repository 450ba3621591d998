/**
 * Slows down who guesses passwords, without locking out whose password is guessed. Strangers are
 * counted by their address and by the account they try; a browser in which the person has signed
 * in before is counted alone, so it comes in while strangers wait.
 */
import type { Clock } from '#runtime/clock.ts'
import { GrowingDelay } from './growing-delay.ts'

export interface SignInAttempt {
  readonly address: string
  readonly email: string
  /** Of a browser that the account knows. */
  readonly deviceId: string | null
}

/** Many people may share an address. */
const PER_ADDRESS = { free: 20, firstMs: 1_000, maxMs: 15 * 60_000 }
/** Short at most: whoever comes without a known browser has to get in between. */
const PER_ACCOUNT = { free: 5, firstMs: 1_000, maxMs: 30_000 }
const PER_DEVICE = { free: 10, firstMs: 1_000, maxMs: 5 * 60_000 }

export class SignInThrottle {
  readonly #addresses: GrowingDelay
  readonly #accounts: GrowingDelay
  readonly #devices: GrowingDelay

  constructor(clock: Clock) {
    this.#addresses = new GrowingDelay(clock, PER_ADDRESS)
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
    // One's own account must not wash an address clean.
    this.#addresses.forgive(networkOf(attempt.address))
    if (attempt.deviceId !== null) this.#devices.forget(attempt.deviceId)
    else this.#accounts.forget(attempt.email)
  }

  #counted({ address, email, deviceId }: SignInAttempt): [GrowingDelay, string][] {
    if (deviceId !== null) return [[this.#devices, deviceId]]
    return [
      [this.#addresses, networkOf(address)],
      [this.#accounts, email],
    ]
  }
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
