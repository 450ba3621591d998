/** Bytes by key for a while, and no more of them than fit: the oldest go first. */
import type { Clock } from '#runtime/clock.ts'

const COPIES_MAX = 10_000
const BYTES_MAX = 8 * 2 ** 20

export class ExpiringCopies {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #copies = new Map<string, { readonly bytes: Uint8Array; readonly endsMs: number }>()
  #byteCount = 0

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  get size(): number {
    return this.#copies.size
  }

  get(key: string): Uint8Array | null {
    const known = this.#copies.get(key)
    if (known === undefined) return null
    if (this.#clock.monotonicMs() < known.endsMs) return known.bytes
    this.#drop(key)
    return null
  }

  set(key: string, bytes: Uint8Array, ttlMs: number): void {
    this.#drop(key)
    this.#copies.set(key, { bytes, endsMs: this.#clock.monotonicMs() + ttlMs })
    this.#byteCount += bytes.length
    for (const oldest of this.#copies.keys()) {
      if (this.#copies.size <= COPIES_MAX && this.#byteCount <= BYTES_MAX) return
      this.#drop(oldest)
    }
  }

  clear(): void {
    this.#copies.clear()
    this.#byteCount = 0
  }

  #drop(key: string): void {
    this.#byteCount -= this.#copies.get(key)?.bytes.length ?? 0
    this.#copies.delete(key)
  }
}
