/** Lets so many work at once; the others wait in line, not for ever and not any number of them. */
import type { Clock } from '#runtime/clock.ts'
import { CatalogAwayError } from './catalog-away.ts'

const WAITING_MAX = 1_000
const WAIT_MS_MAX = 5_000

export class Turns {
  readonly #clock: Clock
  /** Each is called when its turn has come. */
  readonly #waiting = new Set<() => void>()
  #free: number

  constructor(places: number, clock: Clock) {
    this.#free = places
    this.#clock = clock
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--
    else await this.#wait()
    try {
      return await work()
    } finally {
      this.#pass()
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.size >= WAITING_MAX) {
      throw new CatalogAwayError(`more than ${WAITING_MAX} calls wait for the catalog`)
    }
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(WAIT_MS_MAX, () => {
        this.#waiting.delete(come)
        reject(new CatalogAwayError('the catalog is too busy to be asked'))
      })
      const come = () => {
        cancel()
        resolve()
      }
      this.#waiting.add(come)
    })
  }

  /** To the first in line, or back to where they are free. */
  #pass(): void {
    const next = this.#waiting.values().next()
    if (next.done === true) {
      this.#free++
      return
    }
    this.#waiting.delete(next.value)
    next.value()
  }
}
