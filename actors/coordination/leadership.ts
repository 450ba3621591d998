/**
 * One of several processes does what must be done once, such as deleting expired rows: whoever has
 * the lease in the catalog. A leader that cannot renew stops being one before its lease ends.
 */
import type { Lease, Leases } from '#actors/catalog/leases.ts'
import type { Cancel, Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'

export interface LeadershipOptions {
  readonly leases: Leases
  readonly clock: Clock
  readonly random: Random
  readonly onFault: (error: Error, where: string) => void
}

const LEASE = 'scheduler'
const TTL_MS = 15_000
const RENEW_MS = 5_000

export class Leadership {
  readonly #options: LeadershipOptions
  readonly #holder: string
  #lease: Lease | null = null
  #heldUntilMs = 0
  #cancel: Cancel = () => undefined
  #resigned = false
  #working: Promise<void>

  constructor(options: LeadershipOptions) {
    this.#options = options
    this.#holder = Buffer.from(options.random.bytes(12)).toString('hex')
    this.#working = this.#campaign()
  }

  /** Whether this process leads now. */
  get isHeld(): boolean {
    return this.fence !== null
  }

  /** Rises with every change of hands; goes into what a former leader must not write. */
  get fence(): number | null {
    const isValid = this.#options.clock.monotonicMs() < this.#heldUntilMs
    return isValid && this.#lease !== null ? this.#lease.fence : null
  }

  /** The next one need not wait until the lease is over. */
  async resign(): Promise<void> {
    this.#resigned = true
    this.#cancel()
    await this.#working
    const lease = this.#lease
    this.#lease = null
    if (lease === null) return
    await this.#options.leases.release(lease).catch(() => undefined)
  }

  async #campaign(): Promise<void> {
    const { leases, clock, onFault } = this.#options
    // Counted from before the question, so that this clock is never behind the database's.
    const askedMs = clock.monotonicMs()
    try {
      const isRenewed = this.#lease !== null && (await leases.renew(this.#lease, TTL_MS))
      if (!isRenewed) this.#lease = await leases.acquire(LEASE, this.#holder, TTL_MS)
      if (this.#lease !== null) this.#heldUntilMs = askedMs + TTL_MS
    } catch (error) {
      onFault(error as Error, 'the lease of the scheduler')
    }
    if (this.#resigned) return
    this.#cancel = clock.after(RENEW_MS, () => {
      this.#working = this.#campaign()
    })
  }
}
