/** Senders that number what they write, and go on over every death of the server. */
import { createLogger, type Logger } from '@logboy/sdk'
import type { IngestReply } from '#proto/api.ts'
import type { LabEntry, ProjectKeys } from './entry.ts'
import type { Ledger } from './ledger.ts'
import { pause } from './pause.ts'

export interface WriterOptions {
  readonly name: string
  readonly server: LabEntry
  readonly keys: ProjectKeys
  readonly ledger: Ledger
}

export interface Writer {
  readonly name: string
  /** From a record's call to its acknowledgement; 0 for requests, which are not waited for. */
  readonly longestWaitMs: number
  /** The server is back: no need to wait for the next attempt. */
  hurry(): void
  /** Writes no more; settles once everything written is acknowledged or given up. */
  stop(): Promise<void>
}

/** Nobody listens there. */
const NOWHERE = 'grpc://127.0.0.1:1'
const TICK_MS = 10
const SDK_RECORDS_PER_TICK = 15
/** Logged and not yet acknowledged: far below the SDK's memory. */
const SDK_AHEAD_MAX = 20_000
const FLUSH_MS = 90_000
const REQUEST_RECORDS = 20
/** Now and then a body of several chunks. */
const LARGE_EVERY = 25
const LARGE_RECORDS = 3_000
const LARGE_PADDING = 'x'.repeat(400)
const REQUEST_MS_MAX = 10_000
const RETRY_MS = 20

/** A program with our SDK; `door` 'http' is one that gRPC cannot get through for. */
export class SdkWriter implements Writer {
  readonly name: string
  longestWaitMs = 0
  readonly #ledger: Ledger
  readonly #logger: Logger
  readonly #running: Promise<void>
  /** Numbers not yet acknowledged, oldest first, and when the first of them was logged. */
  readonly #waiting: { readonly to: number; readonly sinceMs: number }[] = []
  #stopped = false

  constructor({ name, server, keys, ledger }: WriterOptions, door: 'grpc' | 'http') {
    this.name = name
    this.#ledger = ledger
    this.#logger = createLogger({
      url: server.url,
      grpcUrl: door === 'grpc' ? server.grpcUrl : NOWHERE,
      key: keys.ingest,
      service: name,
      exitHooks: false,
    })
    this.#running = this.#run()
  }

  hurry(): void {
    void this.#logger.flush(1)
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    await this.#running
    const isFlushed = await this.#logger.close(FLUSH_MS)
    this.#note()
    const { dropped, possiblyRepeated, rejected } = this.#logger.stats()
    const lost = dropped.memory + dropped.invalid + rejected
    if (!isFlushed) throw new Error(`${this.name} could not deliver at the end`)
    if (lost > 0) throw new Error(`${this.name}: ${lost} records were dropped or refused`)
    if (possiblyRepeated > 0) throw new Error(`${this.name} was forgotten by the server`)
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await pause(TICK_MS)
      this.#note()
      const ahead = this.#logger.stats().logged - this.#logger.stats().acknowledged
      if (ahead > SDK_AHEAD_MAX) continue
      const first = this.#ledger.send(this.name, SDK_RECORDS_PER_TICK)
      this.#waiting.push({ to: first + SDK_RECORDS_PER_TICK, sinceMs: performance.now() })
      for (let number = first; number < first + SDK_RECORDS_PER_TICK; number++) {
        this.#logger.info(`record ${number}`, { writer: this.name, number })
      }
    }
  }

  /** A stream is acknowledged in order. */
  #note(): void {
    const { acknowledged } = this.#logger.stats()
    this.#ledger.acknowledge(this.name, this.#ledger.acknowledgedBy(this.name), acknowledged)
    for (let [oldest] = this.#waiting; oldest !== undefined; [oldest] = this.#waiting) {
      this.longestWaitMs = Math.max(this.longestWaitMs, performance.now() - oldest.sinceMs)
      if (oldest.to > acknowledged) return
      this.#waiting.shift()
    }
  }
}

/** `POST /ingest`: with an Idempotency-Key sent until it is answered, without one only once. */
export class RequestWriter implements Writer {
  readonly name: string
  readonly longestWaitMs = 0
  /** Answers that must not be. */
  readonly wrong: string[] = []
  readonly #options: WriterOptions
  readonly #isKeyed: boolean
  readonly #largeEvery: number
  readonly #running: Promise<void>
  #stopped = false
  #requests = 0

  constructor(
    options: WriterOptions,
    { isKeyed, largeEvery = LARGE_EVERY }: { isKeyed: boolean; largeEvery?: number },
  ) {
    this.name = options.name
    this.#options = options
    this.#isKeyed = isKeyed
    this.#largeEvery = largeEvery
    this.#running = this.#run()
  }

  hurry(): void {}

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
    if (this.wrong.length > 0) throw new Error(`${this.name}: ${this.wrong.slice(0, 3).join('; ')}`)
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const isLarge = ++this.#requests % this.#largeEvery === 0
      const count = isLarge ? LARGE_RECORDS : REQUEST_RECORDS
      const first = this.#options.ledger.send(this.name, count)
      const body = this.#body(first, count, isLarge ? LARGE_PADDING : '')
      do {
        const reply = await this.#post(body)
        if (reply === null) continue
        if (reply.accepted !== count)
          this.wrong.push(`of ${count} it took ${JSON.stringify(reply)}`)
        this.#options.ledger.acknowledge(this.name, first, first + count)
        break
      } while (this.#isKeyed)
      await pause(TICK_MS)
    }
  }

  #body(first: number, count: number, padding: string): string {
    const { name } = this
    return Array.from({ length: count }, (_, index) => {
      const number = first + index
      const message = `record ${number}${padding}`
      return JSON.stringify({ service: name, message, writer: name, number })
    }).join('\n')
  }

  /** null = no answer, or not now. */
  async #post(body: string): Promise<IngestReply | null> {
    const { server, keys } = this.#options
    try {
      const id = `${this.name}-${this.#requests}`
      const response = await fetch(`${server.url}/ingest`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${keys.ingest}`,
          ...(this.#isKeyed ? { 'idempotency-key': id } : {}),
        },
        body,
        signal: AbortSignal.timeout(REQUEST_MS_MAX),
      })
      const text = await response.text()
      if (response.ok) return JSON.parse(text) as IngestReply
      if (response.status < 500) this.wrong.push(`${response.status} ${text}`)
    } catch {
      // The server is away.
    }
    await pause(RETRY_MS)
    return null
  }
}
