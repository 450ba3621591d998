/**
 * The same protocol over `POST /ingest/batch`, for networks that let no gRPC through: one batch a
 * request, one request at a time, each under the number that the stream would have used.
 */
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { rootCertificates } from 'node:tls'
import { parseBatchAnswer } from '../proto/batch-answer.ts'
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX, SCHEMA_HIGHEST } from '../proto/limits.ts'
import type { BatchFrame } from '../proto/stream.ts'
import type { Connection, ConnectionEnd, ConnectionHandler, Hello, Transport } from './transport.ts'
import { SDK_NAME, SDK_VERSION } from './version.ts'

export interface HttpTransportOptions {
  /** `http://host:port` or `https://host:port`. */
  readonly origin: string
  /** PEM of an authority to be trusted beside the known ones. */
  readonly authority: string | null
}

const ANSWER_BYTES_MAX = 1024 * 1024
/** Where a server is too busy and does not say for how long. */
const BUSY_RETRY_MS = 1_000
const BUSY_STATUSES: readonly number[] = [429, 503, 507]
const REFUSED_STATUSES: readonly number[] = [401, 403]
const INVALID_STATUSES: readonly number[] = [400, 413, 422]

export class HttpTransport implements Transport {
  readonly name = 'http'
  /** There is no welcome over HTTP: the first answer proves that the server is there. */
  readonly isGreeted = false
  private readonly url: URL
  private readonly agent: HttpAgent

  constructor({ origin, authority }: HttpTransportOptions) {
    this.url = new URL('/ingest/batch', origin)
    const options = { keepAlive: true, maxSockets: 1 }
    const trusted = authority === null ? {} : { ca: [...rootCertificates, authority] }
    const isSecure = this.url.protocol === 'https:'
    this.agent = isSecure ? new HttpsAgent({ ...options, ...trusted }) : new HttpAgent(options)
  }

  connect(hello: Hello, handler: ConnectionHandler): Connection {
    return new HttpConnection({ url: this.url, agent: this.agent, hello, handler })
  }
}

interface HttpConnectionOptions {
  readonly url: URL
  readonly agent: HttpAgent
  readonly hello: Hello
  readonly handler: ConnectionHandler
}

class HttpConnection implements Connection {
  private readonly options: HttpConnectionOptions
  private waiting: BatchFrame[] = []
  private posting: ClientRequest | null = null
  private isEnded = false

  constructor(options: HttpConnectionOptions) {
    this.options = options
    queueMicrotask(() => {
      if (this.isEnded) return
      options.handler.received({
        type: 'welcome',
        lastDurable: null,
        highestSchema: SCHEMA_HIGHEST,
        batchBytesMax: BATCH_BYTES_MAX,
        batchRecordsMax: BATCH_RECORDS_MAX,
      })
    })
  }

  send(frame: BatchFrame): void {
    this.waiting.push(frame)
    this.postNext()
  }

  close(): void {
    this.isEnded = true
    this.waiting = []
    this.posting?.destroy()
    this.posting = null
  }

  private postNext(): void {
    if (this.posting !== null || this.isEnded) return
    const frame = this.waiting.shift()
    if (frame === undefined) return
    const { url, agent, hello } = this.options
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const request = send(url, { method: 'POST', agent, headers: headersOf(hello, frame) })
    this.posting = request
    request.on('socket', socket => socket.unref())
    request.on('error', error => this.end(unavailable(error.message)))
    request.on('response', response => this.read(response, frame))
    request.end(frame.batch)
  }

  private read(response: IncomingMessage, frame: BatchFrame): void {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text += chunk
      if (text.length > ANSWER_BYTES_MAX) response.destroy(new Error('an endless answer'))
    })
    response.on('error', error => this.end(unavailable(error.message)))
    response.on('end', () => this.answered(response, text, frame))
  }

  private answered(response: IncomingMessage, text: string, frame: BatchFrame): void {
    if (this.isEnded) return
    this.posting = null
    const status = response.statusCode ?? 0
    const answer = parseBatchAnswer(text)
    const { handler } = this.options
    if (answer?.type === 'epoch_expired') return this.end({ type: 'epoch-expired' })
    if (answer !== null) {
      // The batches behind a throttled one would be stored before it: they come again after it.
      if (answer.type === 'throttle') this.waiting = []
      handler.received(answer)
    } else if (BUSY_STATUSES.includes(status)) {
      this.waiting = []
      const { sequence } = frame
      const retryAfterMs = retryAfterOf(response)
      const reason = `HTTP status ${status}`
      handler.received({ type: 'throttle', fromSequence: sequence, retryAfterMs, reason })
    } else if (REFUSED_STATUSES.includes(status)) {
      return this.end({ type: 'refused', reason: problemOf(text) })
    } else if (INVALID_STATUSES.includes(status)) {
      handler.received({ type: 'reject', sequence: frame.sequence, reason: problemOf(text) })
    } else return this.end(unavailable(`HTTP status ${status}`))
    this.postNext()
  }

  private end(end: ConnectionEnd): void {
    if (this.isEnded) return
    this.close()
    this.options.handler.closed(end)
  }
}

function headersOf(hello: Hello, { sequence, schema, batch }: BatchFrame): Record<string, string> {
  return {
    authorization: `Bearer ${hello.key}`,
    'content-type': 'application/vnd.logboy.batch',
    'content-length': String(batch.length),
    'user-agent': `${SDK_NAME}/${SDK_VERSION}`,
    'logboy-producer': String(hello.producer),
    'logboy-epoch': String(hello.epoch),
    'logboy-sequence': String(sequence),
    // One at a time: whatever came before this one is settled.
    'logboy-first-unacked': String(sequence),
    'logboy-schema': String(schema),
  }
}

function unavailable(reason: string): ConnectionEnd {
  return { type: 'unavailable', reason, retryAfterMs: 0 }
}

function retryAfterOf(response: IncomingMessage): number {
  const seconds = Number(response.headers['retry-after'])
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : BUSY_RETRY_MS
}

/** What an error says of itself (RFC 9457), or its beginning. */
function problemOf(text: string): string {
  const [, detail] = /"detail"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text) ?? []
  return detail ?? text.slice(0, 200)
}
