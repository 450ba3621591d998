/**
 * Decides when recent batches become a segment, sees it through, and tries again where it failed.
 */
import type { Cancel, Clock } from '#runtime/clock.ts'
import type { TaskPool } from '#runtime/threads.ts'
import { flushBatch } from './flush.ts'
import type { Recent, RecentChunk } from './recent.ts'
import { StoreError } from './store-error.ts'
import { WriteRefused, type WriterClient } from './writer-client.ts'

const RETRY_MS = 1_000
/** Row groups encoded at once: one leaves the other threads to tail and search … */
const LANES_CALM = 1
/**
 * … unless soon no more could be taken: a second thread that has to compile the encoder for itself
 * costs a tenth of the CPU of two million rows, and two cores take in no more with it.
 */
const LANES_BUSY = 2
const BUSY_FLUSHES = 2.5
/** Received but unflushed bytes, in flushes, from which on no more is taken. */
const BACKLOG_FLUSHES_MAX = 3

export interface FlusherOptions {
  readonly clock: Clock
  readonly pool: TaskPool
  readonly writer: WriterClient
  readonly recent: Recent
  readonly flushBytes: number
  readonly isMemoryShort: () => boolean
  /** True for chunks whose rows are deleted already. */
  readonly isGone: (chunk: RecentChunk) => boolean
  readonly onFlushed: () => void
  readonly onFault: (error: Error) => void
}

export class Flusher {
  readonly #options: FlusherOptions
  #running: Promise<void> | null = null
  #timer: Cancel | null = null
  #waiting: (() => void)[] = []
  #closed = false
  #flushes = 0
  #refused = 0
  #lastRefusal = ''

  constructor(options: FlusherOptions) {
    this.#options = options
  }

  /** To be called when something was received; a promise settles when there is room for more. */
  received(): void | Promise<void> {
    this.#schedule()
    if (this.#hasRoom() || this.#closed) return
    return new Promise(resolve => {
      this.#waiting.push(resolve)
    })
  }

  /** Publishes all that was received by now; throws StoreError where the disk does not take it. */
  async flush(): Promise<void> {
    const { recent } = this.#options
    const wanted = recent.positions
    while (!recent.flushedPositions.coversAll(wanted) && !this.#closed) {
      const refused = this.#refused
      this.#start()
      await this.#running
      if (this.#refused === refused) continue
      throw new StoreError('LOGBOY_STORE_DISK', `segments cannot be written: ${this.#lastRefusal}`)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.()
    for (const resume of this.#waiting.splice(0)) resume()
    await Promise.allSettled([this.#running])
  }

  observe(): Record<string, unknown> {
    return {
      flushes: this.#flushes,
      flushesRefused: this.#refused,
      lastRefusal: this.#lastRefusal,
      isFlushing: this.#running !== null,
    }
  }

  #hasRoom(): boolean {
    const { recent, flushBytes } = this.#options
    return recent.bytes < flushBytes * BACKLOG_FLUSHES_MAX
  }

  #schedule(): void {
    const { clock, recent, isMemoryShort } = this.#options
    if (this.#closed || this.#running !== null || recent.isFlushing) return
    const dueInMs = recent.dueInMs(clock.monotonicMs())
    if (dueInMs === Number.POSITIVE_INFINITY) return
    if (dueInMs === 0 || isMemoryShort()) this.#start()
    else this.#timer ??= clock.after(dueInMs, () => this.#start())
  }

  #start(): void {
    this.#timer?.()
    this.#timer = null
    if (this.#running !== null || this.#closed) return
    this.#running = this.#flushOnce().finally(() => {
      this.#running = null
      this.#schedule()
    })
    this.#running.catch((error: Error) => {
      if (!this.#closed) this.#options.onFault(error)
    })
  }

  /** A disk that does not take it is no fault: everything stays in memory and in the log. */
  async #flushOnce(): Promise<void> {
    const { clock, pool, writer, recent, flushBytes, isGone, onFlushed } = this.#options
    const lanes = recent.bytes > flushBytes * BUSY_FLUSHES ? LANES_BUSY : LANES_CALM
    const batch = recent.takeForFlush()
    const chunks = batch.chunks.filter(chunk => !isGone(chunk))
    try {
      await flushBatch({ ...batch, chunks }, { pool, writer, lanes })
    } catch (error) {
      if (!isPassing(error)) throw error
      this.#refused++
      this.#lastRefusal = error.message
      this.#timer = clock.after(RETRY_MS, () => this.#start())
      return
    }
    this.#flushes++
    if (this.#hasRoom()) for (const resume of this.#waiting.splice(0)) resume()
    onFlushed()
  }
}

/** What may be otherwise the next time. */
function isPassing(error: unknown): error is Error {
  if (error instanceof WriteRefused) return true
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === 'LOGBOY_THREAD_LOST' || error.code === 'LOGBOY_THREAD_BUSY'
}
