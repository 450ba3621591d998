/**
 * How many bulk requests run at once, found out by watching, as TCP Vegas does (Brakmo, Peterson,
 * 1995). What an answer costs when hardly anything else runs tells how many of the requests only
 * wait in the server: one or two keep its threads busy, more of them cost it memory and make
 * nothing faster. The cost without a queue is measured anew now and then, because indices grow and
 * neighbours come.
 */

export interface ConcurrencyOptions {
  /** So many never queue. */
  readonly min: number
  readonly max: number
}

/** Requests that wait in the server: fewer, and one more may run; more, and one less. */
const QUEUED_MIN = 1
const QUEUED_MAX = 2
/** Answers under this are fast whatever they cost without a queue. */
const FAST_MS = 50
/** What comes with every request weighs as much as this: smaller bodies cost no less. */
const BODY_BYTES_MIN = 1024 * 1024
/** Judged by their mean, since merges and refreshes make single answers slow. */
const ROUND_ANSWERS_MIN = 4
/** A minute or so of a busy server. */
const ROUNDS_UNTIL_PROBE = 100

export class ConcurrencyLimit {
  readonly #options: ConcurrencyOptions
  #limit: number
  /** ms a byte without a queue; null until it was measured. */
  #unqueued: number | null = null
  /** What the limit is again once the cost without a queue is known. */
  #probedFrom: number | null = null
  /** Answers to requests that began before the limit changed: all but the one that changed it. */
  #skipped = 0
  #rounds = 0
  #round = { answers: 0, ms: 0, bytes: 0, running: 0 }
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(options: ConcurrencyOptions) {
    this.#options = options
    this.#limit = options.min
  }

  get limit(): number {
    return this.#limit
  }

  get running(): number {
    return this.#running
  }

  /** Settles when there is room; `leave` has to follow. */
  enter(): Promise<void> {
    if (this.#running < this.#limit) {
      this.#running++
      return Promise.resolve()
    }
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  leave(): void {
    this.#running--
    while (this.#running < this.#limit) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#running++
      next()
    }
  }

  /** A request with so long a body was answered after so long. Told before it leaves. */
  answered(ms: number, bytes: number): void {
    if (this.#skipped > 0) {
      this.#skipped--
      return
    }
    const round = this.#round
    round.answers++
    round.ms += ms
    round.bytes += Math.max(bytes, BODY_BYTES_MIN)
    round.running = Math.max(round.running, this.#running)
    if (round.answers >= Math.max(this.#limit, ROUND_ANSWERS_MIN)) this.#judge()
  }

  /** The server refused for load. */
  refused(): void {
    this.#probedFrom = null
    this.#change(Math.floor(this.#limit / 2))
  }

  observe(): Record<string, number> {
    return { limit: this.#limit, running: this.#running, waiting: this.#waiting.length }
  }

  #judge(): void {
    const { answers, ms, bytes, running } = this.#round
    this.#round = { answers: 0, ms: 0, bytes: 0, running: 0 }
    const cost = ms / bytes
    if (this.#limit === this.#options.min) this.#unqueued = cost
    if (this.#probedFrom !== null) {
      const limit = this.#probedFrom
      this.#probedFrom = null
      return this.#change(limit)
    }
    const isProbeDue = ++this.#rounds % ROUNDS_UNTIL_PROBE === 0
    if (isProbeDue && this.#limit > this.#options.min) {
      this.#probedFrom = this.#limit
      return this.#change(this.#options.min)
    }
    const queued = this.#limit * (1 - (this.#unqueued ?? cost) / cost)
    if (ms / answers <= FAST_MS || queued < QUEUED_MIN) {
      // A limit that nobody reached says nothing about a higher one.
      if (running >= this.#limit) this.#change(this.#limit + 1)
    } else if (queued > QUEUED_MAX) this.#change(this.#limit - 1)
  }

  #change(limit: number): void {
    this.#limit = Math.max(this.#options.min, Math.min(this.#options.max, limit))
    this.#round = { answers: 0, ms: 0, bytes: 0, running: 0 }
    this.#skipped = Math.max(0, this.#running - 1)
  }
}
