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
  /** As announced; null = not known before the end. */
  readonly expectedBytes: number | null
  readonly budget: BodyBudget
  readonly flow: BodyFlow
}

/** Once so much has arrived, memory for all of it is set aside, and each byte is copied once. */
const WHOLE_FROM_BYTES = 32 * 1024
/** A handler that first asks the catalog lets this much arrive meanwhile. */
const UNREAD_BYTES_MAX = 256 * 1024

interface Reader {
  resolve(bytes: Uint8Array<ArrayBuffer>): void
  reject(problem: HttpProblem): void
}

export class RequestBody {
  readonly #options: RequestBodyOptions
  #chunks: Uint8Array<ArrayBuffer>[] = []
  /** Memory for the expected bytes, in place of chunks. */
  #whole: Uint8Array<ArrayBuffer> | null = null
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

  /** Driver: takes a chunk; one that is only `lent` is copied before this returns. */
  push(chunk: Uint8Array<ArrayBuffer>, lent: boolean): void {
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
    this.#keep(chunk, lent)
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
    this.#whole = null
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

  #keep(chunk: Uint8Array<ArrayBuffer>, lent: boolean): void {
    const bytes = this.#bytes + chunk.length
    const expected = this.#options.expectedBytes ?? 0
    if (this.#whole === null && bytes >= WHOLE_FROM_BYTES && bytes < expected) {
      // Not filled with zeros, and a buffer of its own, fit to be handed to another thread.
      this.#whole = Buffer.allocUnsafeSlow(expected)
      copy(this.#chunks.splice(0), this.#whole)
    }
    if (this.#whole !== null) {
      assert(bytes <= this.#whole.length, 'a driver hands on no more than was announced')
      this.#whole.set(chunk, this.#bytes)
    } else this.#chunks.push(lent ? chunk.slice() : chunk)
  }

  #settle(): void {
    const reader = this.#reader
    if (reader === null || (this.#problem === null && !this.#ended)) return
    this.#reader = null
    if (this.#problem !== null) {
      reader.reject(this.#problem)
      return
    }
    const bytes = this.#whole?.subarray(0, this.#bytes) ?? joined(this.#chunks, this.#bytes)
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
  const whole = Buffer.allocUnsafeSlow(bytes)
  copy(chunks, whole)
  return whole
}

function copy(chunks: readonly Uint8Array[], into: Uint8Array): void {
  let at = 0
  for (const chunk of chunks) {
    into.set(chunk, at)
    at += chunk.length
  }
}
