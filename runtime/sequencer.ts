import assert from 'node:assert/strict'
import { RuntimeError, toError } from './runtime-error.ts'

export interface SequencerOptions<Value> {
  /** Works under way and results waiting for their turn, together. */
  readonly capacity: number
  /** Takes the results one at a time, in the order of `submit`. */
  deliver(value: Value): void | Promise<void>
}

/**
 * Concurrent work, ordered results: a place is reserved when the work starts, and results leave in
 * the order of places. A hole is never skipped: the first fault (of a work or of `deliver`) ends
 * the sequencer, and its owner starts again from a checkpoint.
 */
export class Sequencer<Value> {
  readonly #options: SequencerOptions<Value>
  #tail: Promise<void> = Promise.resolve()
  #taken = 0
  #fault: Error | undefined
  #roomWaiters: (() => void)[] = []

  constructor(options: SequencerOptions<Value>) {
    assert(options.capacity > 0, 'a sequencer needs a capacity')
    this.#options = options
  }

  get taken(): number {
    return this.#taken
  }

  get full(): boolean {
    return this.#taken >= this.#options.capacity
  }

  /** Settles when there is a free place; undefined = there is one now. */
  room(): Promise<void> | undefined {
    if (!this.full) return undefined
    return new Promise(resolve => this.#roomWaiters.push(resolve))
  }

  /**
   * Reserves the next place and starts the work at once; settles when its result was delivered.
   * Rejects with the first fault, or with LOGBOY_SEQUENCER_FULL when `room` was not asked.
   */
  submit(work: () => Promise<Value>): Promise<void> {
    if (this.#fault !== undefined) return Promise.reject(this.#fault)
    if (this.full) {
      return Promise.reject(new RuntimeError('LOGBOY_SEQUENCER_FULL', 'no place is free'))
    }
    this.#taken++
    const outcome = settle(work)
    const delivered = this.#tail.then(() => this.#deliver(outcome))
    this.#tail = delivered.catch(() => undefined)
    return delivered
  }

  /** Settles when all that was submitted has been delivered or given up. */
  idle(): Promise<void> {
    return this.#tail
  }

  async #deliver(outcome: Promise<Outcome<Value>>): Promise<void> {
    try {
      const result = await outcome
      if (this.#fault !== undefined) throw this.#fault
      if (result.type === 'fault') throw result.error
      await this.#options.deliver(result.value)
    } catch (error) {
      this.#fault ??= toError(error)
      throw this.#fault
    } finally {
      this.#taken--
      this.#roomWaiters.shift()?.()
    }
  }
}

type Outcome<Value> =
  | { readonly type: 'value'; readonly value: Value }
  | { readonly type: 'fault'; readonly error: Error }

/** A rejection that waits for its turn must not count as unhandled meanwhile. */
async function settle<Value>(work: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { type: 'value', value: await work() }
  } catch (error) {
    return { type: 'fault', error: toError(error) }
  }
}
