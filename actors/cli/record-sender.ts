/**
 * Sends records through `POST /ingest` exactly once: each request carries an Idempotency-Key, so it
 * is simply repeated until it was answered.
 */
import type { IngestReply } from '#proto/api.ts'
import type { Cancel, Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import { problemOf } from './client.ts'

export interface RecordSenderOptions {
  readonly url: string
  readonly key: string
  readonly clock: Clock
  readonly pause: (ms: number) => Promise<void>
  readonly random: Random
  /** Told once per pause, so that a person knows why it waits. */
  readonly onWait?: (reason: string) => void
}

export interface Sent {
  accepted: number
  rejected: number
  /** First reasons, for people. */
  readonly reasons: string[]
}

const REQUEST_BYTES_MAX = 1024 * 1024
/** A record waits for others at most this long, so that what comes slowly is seen as it comes. */
const WAIT_MS_MAX = 500
const REASONS_KEPT = 5
const RETRY_MS_MIN = 200
const RETRY_MS_MAX = 10_000
/** Answers that mean "later", not "no". */
const RETRIED = new Set([408, 429, 502, 503, 504, 507])

export class RecordSender {
  readonly sent: Sent = { accepted: 0, rejected: 0, reasons: [] }
  readonly #options: RecordSenderOptions
  readonly #run: string
  #lines: string[] = []
  #bytes = 0
  #requests = 0
  /** Requests go one after the other, so that records stay in order. */
  #sending: Promise<void> = Promise.resolve()
  #isSending = false
  #cancelWait: Cancel | null = null
  #failure: unknown = null

  constructor(options: RecordSenderOptions) {
    this.#options = options
    this.#run = Buffer.from(options.random.bytes(12)).toString('hex')
  }

  /**
   * Takes one record as a JSON line; waits while a full request is on its way. Throws what an
   * earlier request met.
   */
  async add(line: string): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    this.#lines.push(line)
    this.#bytes += Buffer.byteLength(line) + 1
    this.#cancelWait ??= this.#waitForOthers()
    if (this.#bytes >= REQUEST_BYTES_MAX) await this.flush()
  }

  /** Sends what is left; settles once it is durable. */
  flush(): Promise<void> {
    this.#cancelWait?.()
    this.#cancelWait = null
    if (this.#lines.length > 0) {
      const body = this.#lines.join('\n')
      const idempotencyKey = `${this.#run}-${this.#requests++}`
      this.#lines = []
      this.#bytes = 0
      this.#sending = this.#sending.then(() => this.#send(body, idempotencyKey))
    }
    return this.#sending
  }

  #waitForOthers(): Cancel {
    return this.#options.clock.after(WAIT_MS_MAX, () => {
      this.#cancelWait = null
      // While one is on its way they go on gathering: else a server that is away made a queue.
      if (this.#isSending) this.#cancelWait = this.#waitForOthers()
      else this.flush().catch((error: unknown) => (this.#failure = error))
    })
  }

  async #send(body: string, idempotencyKey: string): Promise<void> {
    let retryMs = RETRY_MS_MIN
    this.#isSending = true
    try {
      for (;;) {
        const pause = await this.#post(body, idempotencyKey)
        if (pause === null) return
        const waitMs = pause.afterMs ?? retryMs * (0.5 + this.#options.random.unit())
        this.#options.onWait?.(pause.reason)
        await this.#options.pause(waitMs)
        retryMs = Math.min(RETRY_MS_MAX, retryMs * 2)
      }
    } finally {
      this.#isSending = false
    }
  }

  /** null = answered for good. */
  async #post(body: string, key: string): Promise<{ reason: string; afterMs?: number } | null> {
    let response: Response
    try {
      response = await fetch(`${this.#options.url}/ingest`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.#options.key}`,
          'content-type': 'application/x-ndjson',
          'idempotency-key': key,
        },
        body,
      })
    } catch (error) {
      const cause = (error as Error).cause as { code?: string } | undefined
      return { reason: `no answer from ${this.#options.url} (${cause?.code ?? 'closed'})` }
    }
    const text = await response.text()
    if (RETRIED.has(response.status)) {
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
      const reason = problemOf(response.status, text).message
      return Number.isFinite(seconds) ? { reason, afterMs: seconds * 1000 } : { reason }
    }
    if (!response.ok) throw problemOf(response.status, text)
    this.#count(JSON.parse(text) as IngestReply)
    return null
  }

  #count({ accepted, rejected, rejected_more: more = 0 }: IngestReply): void {
    this.sent.accepted += accepted
    this.sent.rejected += rejected.length + more
    for (const { reason } of rejected) {
      if (this.sent.reasons.length < REASONS_KEPT) this.sent.reasons.push(reason)
    }
  }
}
