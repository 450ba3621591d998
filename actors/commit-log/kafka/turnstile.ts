/** Lets so many through at a time, first come, first served: every partition gets its turn. */
export class Turnstile {
  readonly #max: number
  readonly #waiting: (() => void)[] = []
  #inside = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Settles when there is room; what it gives is called once, on leaving. */
  async enter(): Promise<() => void> {
    if (this.#inside < this.#max) this.#inside++
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
    return () => {
      const next = this.#waiting.shift()
      if (next === undefined) this.#inside--
      else next()
    }
  }
}
