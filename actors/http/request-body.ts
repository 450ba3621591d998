/**
 * The body of one request between the driver that feeds it and the handler that reads it. Bytes
 * are counted against the route's limit and against what the whole server may hold; the driver is
 * paused while nobody reads.
 */
import assert from 'node:assert/strict'
import { HttpProblem } from './problem.ts'

/** Bytes of all bodies that are in memory at once. */
export class BodyBudget {
  readonly #bytesMax: number
  #held = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get held(): number {
    return this.#held
  }

  take(bytes: number): boolean {
    if (this.#held + bytes > this.#bytesMax) return false
    this.#held += bytes
    return true
  }

  give(bytes: number): void {
    this.#held -= bytes
    assert(this.#held >= 0, 'a body was given back twice')
  }
}

/** What the driver does to its connection. */
export interface BodyFlow {
  pause(): void
  resume(): void
}

export interface RequestBodyOptions {
  readonly bytesMax: number
  readonly budget: BodyBudget
  readonly flow: BodyFlow
}

/** A handler that first asks the catalog lets this much arrive meanwhile. */
const UNREAD_BYTES_MAX = 256 * 1024

interface Reader {
  resolve(bytes: Uint8Array<ArrayBuffer>): void
  reject(problem: HttpProblem): void
}

export class RequestBody {
  readonly #options: RequestBodyOptions
  #chunks: Uint8Array<ArrayBuffer>[] = []
  #bytes = 0
  #ended = false
  #discarding = false
  #paused = false
  #problem: HttpProblem | null = null
  #reader: Reader | null = null
  #read = false

  constructor(options: RequestBodyOptions) {
    this.#options = options
  }

  /** All of it has arrived, read or not. */
  get ended(): boolean {
    return this.#ended
  }

  /** Driver: takes a chunk that is ours alone. */
  push(chunk: Uint8Array<ArrayBuffer>): void {
    if (this.#discarding || chunk.length === 0) return
    const { bytesMax, budget } = this.#options
    if (this.#bytes + chunk.length > bytesMax) {
      this.fail(new HttpProblem('LOGBOY_BODY_TOO_LARGE', `the body exceeds ${bytesMax} bytes`))
      return
    }
    if (!budget.take(chunk.length)) {
      const detail = 'too many request bodies are in memory'
      this.fail(new HttpProblem('LOGBOY_OVERLOADED', detail, { retryAfterMs: 1_000 }))
      return
    }
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#reader === null && this.#bytes > UNREAD_BYTES_MAX) this.#pause()
  }

  /** Driver: that was the last chunk. */
  end(): void {
    this.#ended = true
    this.#settle()
  }

  /** Ends the reading with a problem; what still arrives is thrown away. */
  fail(problem: HttpProblem): void {
    this.#problem ??= problem
    this.discard()
    this.#settle()
  }

  /** Nobody will read (any more): frees what is held and lets the rest pass. */
  discard(): void {
    this.#discarding = true
    this.#options.budget.give(this.#bytes)
    this.#chunks = []
    this.#bytes = 0
    this.#resume()
  }

  /** Handler: the whole body. May be called once. */
  read(): Promise<Uint8Array<ArrayBuffer>> {
    assert(!this.#read, 'a body can be read only once')
    this.#read = true
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
      this.#resume()
      this.#settle()
    })
  }

  #settle(): void {
    const reader = this.#reader
    if (reader === null || (this.#problem === null && !this.#ended)) return
    this.#reader = null
    if (this.#problem !== null) {
      reader.reject(this.#problem)
      return
    }
    const bytes = joined(this.#chunks, this.#bytes)
    this.discard()
    reader.resolve(bytes)
  }

  #pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.#options.flow.pause()
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#options.flow.resume()
  }
}

function joined(
  chunks: readonly Uint8Array<ArrayBuffer>[],
  bytes: number,
): Uint8Array<ArrayBuffer> {
  const [first] = chunks
  if (first !== undefined && chunks.length === 1) return first
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
