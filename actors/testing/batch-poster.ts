/** The SDK's `POST /ingest/batch` through the network: sdk/http-transport.ts without its sockets. */
import { parseBatchAnswer } from '#proto/batch-answer.ts'
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX, SCHEMA_HIGHEST } from '#proto/limits.ts'
import type { BatchFrame } from '#proto/stream.ts'
import type { Connection, ConnectionEnd, ConnectionHandler, Hello } from '../../sdk/transport.ts'
import type { RequestInit } from './memory-request.ts'

export interface HttpReply {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** Sends one request; null = no answer came. */
export type Post = (init: RequestInit) => Promise<HttpReply | null>

const BUSY_STATUSES: readonly number[] = [429, 503, 507]
const REFUSED_STATUSES: readonly number[] = [401, 403]
const INVALID_STATUSES: readonly number[] = [400, 413, 422]

export class BatchPoster implements Connection {
  readonly #post: Post
  readonly #hello: Hello
  readonly #handler: ConnectionHandler
  #waiting: BatchFrame[] = []
  #isPosting = false
  #isEnded = false

  constructor(post: Post, hello: Hello, handler: ConnectionHandler) {
    this.#post = post
    this.#hello = hello
    this.#handler = handler
    queueMicrotask(() => {
      if (this.#isEnded) return
      handler.received({
        type: 'welcome',
        lastDurable: null,
        highestSchema: SCHEMA_HIGHEST,
        batchBytesMax: BATCH_BYTES_MAX,
        batchRecordsMax: BATCH_RECORDS_MAX,
      })
    })
  }

  send(frame: BatchFrame): void {
    this.#waiting.push(frame)
    void this.#postAll()
  }

  close(): void {
    this.#isEnded = true
    this.#waiting = []
  }

  async #postAll(): Promise<void> {
    if (this.#isPosting) return
    this.#isPosting = true
    while (!this.#isEnded) {
      const frame = this.#waiting.shift()
      if (frame === undefined) break
      const { batch } = frame
      const init = { path: '/ingest/batch', headers: headersOf(this.#hello, frame), body: batch }
      const reply = await this.#post(init)
      if (this.#isEnded) return
      if (reply === null) return this.#end(unavailable('no answer'))
      this.#answered(reply, frame)
    }
    this.#isPosting = false
  }

  #answered({ status, body, headers }: HttpReply, { sequence }: BatchFrame): void {
    const answer = parseBatchAnswer(body)
    if (answer?.type === 'epoch_expired') return this.#end({ type: 'epoch-expired' })
    if (answer !== null) {
      if (answer.type === 'throttle') this.#waiting = []
      return this.#handler.received(answer)
    }
    if (BUSY_STATUSES.includes(status)) {
      this.#waiting = []
      const retryAfterMs = Number(headers.get('retry-after') ?? 1) * 1_000
      const reason = `status ${status}`
      const throttle = { type: 'throttle', fromSequence: sequence, retryAfterMs, reason } as const
      return this.#handler.received(throttle)
    }
    if (REFUSED_STATUSES.includes(status)) return this.#end({ type: 'refused', reason: body })
    if (INVALID_STATUSES.includes(status)) {
      return this.#handler.received({ type: 'reject', sequence, reason: body })
    }
    this.#end(unavailable(`status ${status}`))
  }

  #end(end: ConnectionEnd): void {
    if (this.#isEnded) return
    this.close()
    this.#handler.closed(end)
  }
}

function headersOf(hello: Hello, { sequence, schema }: BatchFrame): Record<string, string> {
  return {
    authorization: `Bearer ${hello.key}`,
    'logboy-producer': String(hello.producer),
    'logboy-epoch': String(hello.epoch),
    'logboy-sequence': String(sequence),
    'logboy-first-unacked': String(sequence),
    'logboy-schema': String(schema),
  }
}

function unavailable(reason: string): ConnectionEnd {
  return { type: 'unavailable', reason, retryAfterMs: 0 }
}
