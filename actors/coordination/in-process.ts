import type { Clock } from '#runtime/clock.ts'
import type { Channel, Coordination, SharedAmount } from './coordination.ts'
import { ExpiringCopies } from './expiring-copies.ts'
import { refill } from './shared-bucket.ts'

const NOTHING = new Uint8Array()

type Receive = (message: Uint8Array) => void

/** Coordination of an installation that is one process. */
export class InProcessCoordination implements Coordination {
  readonly isAway = false
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #subscribers = new Map<Channel, Set<Receive>>()
  readonly #buckets = new Map<string, { readonly levels: number[]; atMs: number }>()

  readonly #copies: ExpiringCopies
  readonly #claims: ExpiringCopies

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
    this.#copies = new ExpiringCopies(clock)
    this.#claims = new ExpiringCopies(clock)
  }

  publish(channel: Channel, message: Uint8Array): void {
    for (const receive of this.#subscribers.get(channel) ?? []) {
      queueMicrotask(() => receive(message))
    }
  }

  subscribe(channel: Channel, receive: Receive): () => void {
    const others = this.#subscribers.get(channel) ?? new Set()
    this.#subscribers.set(channel, others.add(receive))
    return () => void others.delete(receive)
  }

  async spend(bucket: string, amounts: readonly SharedAmount[]): Promise<readonly number[]> {
    const nowMs = this.#clock.monotonicMs()
    const known = this.#buckets.get(bucket)
    const levels = amounts.map(({ rate, amount }, index) => {
      const passedMs = known === undefined ? Number.POSITIVE_INFINITY : nowMs - known.atMs
      return refill(known?.levels[index] ?? rate, { rate, passedMs }) - amount
    })
    this.#buckets.set(bucket, { levels, atMs: nowMs })
    return levels
  }

  keep(key: string, copy: Uint8Array, ttlMs: number): void {
    this.#copies.set(key, copy, ttlMs)
  }

  async kept(key: string): Promise<Uint8Array | null> {
    return this.#copies.get(key)
  }

  async claim(key: string, ttlMs: number): Promise<boolean> {
    if (this.#claims.get(key) !== null) return false
    this.#claims.set(key, NOTHING, ttlMs)
    return true
  }

  /** As a Redis that comes back empty. */
  flush(): void {
    this.#copies.clear()
    this.#claims.clear()
    this.#buckets.clear()
  }

  observe(): Record<string, unknown> {
    return { kind: 'in-process', buckets: this.#buckets.size, copies: this.#copies.size }
  }

  async close(): Promise<void> {
    this.#subscribers.clear()
  }
}
