/** A few at a time look into the store; others wait for their turn, but not for long. */

export class LookQueue {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  /** Whether its turn came before the signal; then it has to give it back. */
  async take(signal: AbortSignal): Promise<boolean> {
    if (this.#free > 0) {
      this.#free--
      return true
    }
    if (signal.aborted) return false
    return await new Promise<boolean>(settle => {
      const turn = (): void => {
        signal.removeEventListener('abort', late)
        settle(true)
      }
      const late = (): void => {
        this.#waiting.delete(turn)
        settle(false)
      }
      this.#waiting.add(turn)
      signal.addEventListener('abort', late, { once: true })
    })
  }

  /** Who waits longest is next. */
  give(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free++
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
