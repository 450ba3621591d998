/** What the catalog answered, kept until it changes; while it is away, for at most five minutes. */
import type { Clock } from '#runtime/clock.ts'

const KEPT_MS = 5 * 60_000
/** The oldest answer goes first. */
const ANSWERS_MAX = 10_000

export class KeptAnswers<Value> {
  readonly #clock: Clock
  readonly #answers = new Map<string, { readonly value: Value; readonly readAtMs: number }>()
  /** Rises with every change of the catalog. */
  #generation = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** That there is nothing is not kept: it may come without a change that anybody is told of. */
  async get(name: string, read: () => Promise<Value | null>): Promise<Value | null> {
    const kept = this.#answers.get(name)
    const nowMs = this.#clock.monotonicMs()
    if (kept !== undefined && nowMs - kept.readAtMs < KEPT_MS) return kept.value
    const value = await this.#read(read)
    this.#answers.delete(name)
    if (value === null) return null
    this.#answers.set(name, { value, readAtMs: nowMs })
    const [oldest] = this.#answers.keys()
    if (this.#answers.size > ANSWERS_MAX && oldest !== undefined) this.#answers.delete(oldest)
    return value
  }

  forget(): void {
    this.#generation++
    this.#answers.clear()
  }

  get size(): number {
    return this.#answers.size
  }

  /** Again if the catalog changed meanwhile: what was read may be from before. */
  async #read(read: () => Promise<Value | null>): Promise<Value | null> {
    for (;;) {
      const generation = this.#generation
      const value = await read()
      if (generation === this.#generation) return value
    }
  }
}
