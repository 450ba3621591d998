/** Runs asynchronous work a few at a time, in order of arrival. */

/** Runs `run` for each item, at most `lanes` at once; the first failure ends it. */
export async function inLanes<Item>(
  items: Iterable<Item> | AsyncGenerator<Item, void, void>,
  lanes: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const source =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  let failed = false
  const lane = async (): Promise<void> => {
    while (!failed) {
      const next = await source.next()
      if (next.done === true) return
      await run(next.value)
    }
  }
  const guarded = async (): Promise<void> => {
    try {
      await lane()
    } catch (error) {
      failed = true
      throw error
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: lanes }, guarded))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

/** Waits for both, then answers, or throws the first failure: none goes on in the background. */
export async function bothDone<First, Second>(
  first: Promise<First>,
  second: Promise<Second>,
): Promise<readonly [First, Second]> {
  await Promise.allSettled([first, second])
  return [await first, await second]
}

/** Lets at most `running` callers in at once and `waiting` wait their turn. */
export class Turnstile {
  readonly #runningMax: number
  readonly #waitingMax: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(options: { readonly running: number; readonly waiting: number }) {
    this.#runningMax = options.running
    this.#waitingMax = options.waiting
  }

  /** Runs `work` when it is its turn; false = too many wait already, nothing was run. */
  async enter<Result>(
    work: () => Promise<Result>,
    signal: AbortSignal,
  ): Promise<{ readonly result: Result } | false> {
    signal.throwIfAborted()
    if (this.#running >= this.#runningMax) {
      if (this.#waiting.length >= this.#waitingMax) return false
      await this.#turn(signal)
    } else this.#running++
    try {
      signal.throwIfAborted()
      return { result: await work() }
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }

  observe(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#waiting.length }
  }

  /** The place of whoever leaves is handed on: `#running` does not change. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        const place = this.#waiting.indexOf(enter)
        if (place >= 0) this.#waiting.splice(place, 1)
        reject(signal.reason as Error)
      }
      const enter = (): void => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      this.#waiting.push(enter)
      signal.addEventListener('abort', leave, { once: true })
    })
  }
}
