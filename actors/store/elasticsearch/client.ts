/**
 * The one door to Elasticsearch: pinned settings of the official client, bytes in, bytes out. What
 * is sent again, and when, is decided by callers, who know what they sent.
 */
import { Client, type ClientOptions } from '@elastic/elasticsearch'
import type { Clock } from '#runtime/clock.ts'
import { ANSWER_TOO_LARGE, ElasticError, errorOf } from './elastic-error.ts'

export interface ElasticRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean>>
  /** JSON; text as it is. */
  readonly body?: Readonly<Record<string, unknown>> | string
  /** NDJSON, to the wire as it is. */
  readonly bulkBody?: Uint8Array
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  /** Statuses beyond 2xx that are an answer, not an error. */
  readonly allowed?: readonly number[]
  /** A longer answer is given up: ElasticError with the type ANSWER_TOO_LARGE. */
  readonly bytesMax?: number
}

export interface ElasticAnswer {
  readonly status: number
  readonly bytes: Uint8Array
}

export interface ElasticServer {
  /** Major version. */
  readonly major: number
  /** Rejects with ElasticError, or with the reason of an aborted signal. */
  request(request: ElasticRequest): Promise<ElasticAnswer>
  /** The same, with the answer parsed. */
  json<Answer>(request: ElasticRequest): Promise<Answer>
  close(): Promise<void>
}

export interface ElasticOptions {
  /** One or more of one cluster, with commas; user and password may stand in them. */
  readonly url: string
  readonly apiKey?: string
  readonly clock: Clock
}

const REQUEST_TIMEOUT_MS = 60_000
/** The client's own; never reached, for it would fire the caller's signal. */
const CLIENT_TIMEOUT_MS = 3_600_000
/** The oldest and the newest servers whose language this client speaks. */
const MAJOR_MIN = 8
const MAJOR_OF_CLIENT = 9

/** Reads the server's version, which decides the language. Rejects if it is none we speak to. */
export async function connectElastic(options: ElasticOptions): Promise<ElasticServer> {
  // Newer servers answer in the language of the one before; older ones refuse that of the next.
  const first = new ElasticClient(options, MAJOR_MIN)
  try {
    const { version } = await first.json<{ version?: { number?: string } }>({
      method: 'GET',
      path: '/',
    })
    const major = Number.parseInt(version?.number ?? '', 10)
    if (!(major >= MAJOR_MIN)) {
      const found = version?.number ?? 'something else'
      throw new ElasticError(0, '', `Elasticsearch 8 or 9 is needed, ${found} answered`)
    }
    if (major === MAJOR_MIN) return first
    await first.close()
    return new ElasticClient(options, Math.min(major, MAJOR_OF_CLIENT))
  } catch (error) {
    await first.close()
    throw error
  }
}

class ElasticClient implements ElasticServer {
  readonly major: number
  readonly #client: Client
  readonly #clock: Clock
  readonly #accept: string
  readonly #ndjson: string

  constructor({ url, apiKey, clock }: ElasticOptions, major: number) {
    this.major = major
    this.#clock = clock
    const compatible = `compatible-with=${major}`
    this.#accept = `application/vnd.elasticsearch+json; ${compatible}`
    this.#ndjson = `application/vnd.elasticsearch+x-ndjson; ${compatible}`
    const settings: ClientOptions = {
      nodes: url.split(',').map(node => node.trim()),
      // By default an error walks its body byte by byte: 2.4 s and 562 MB for one of 3 MB.
      redaction: { type: 'off' },
      // A bulk body that is sent again without being looked at doubles nothing, but hides the load.
      maxRetries: 0,
      requestTimeout: CLIENT_TIMEOUT_MS,
      sniffOnStart: false,
      enableMetaHeader: false,
      ...(apiKey === undefined || apiKey === '' ? {} : { auth: { apiKey } }),
    }
    this.#client = new Client(settings)
  }

  async request(request: ElasticRequest): Promise<ElasticAnswer> {
    const { method, path, query, body, bulkBody, signal, allowed = [] } = request
    signal?.throwIfAborted()
    const ending = new AbortController()
    const onAbort = (): void => ending.abort(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    let isLate = false
    const timeoutMs = request.timeoutMs ?? REQUEST_TIMEOUT_MS
    const cancel = this.#clock.after(timeoutMs, () => {
      isLate = true
      ending.abort()
    })
    const name = `${method} ${path}`
    try {
      const answer = await this.#client.transport.request<AsyncIterable<Uint8Array>>(
        {
          method,
          path,
          ...(query === undefined ? {} : { querystring: { ...query } }),
          ...(body === undefined ? {} : { body }),
          ...(bulkBody === undefined ? {} : { bulkBody: asBuffer(bulkBody) }),
        },
        {
          signal: ending.signal,
          asStream: true,
          meta: true,
          headers: {
            accept: this.#accept,
            // Without a body, too: else the client sends that of its own version.
            'content-type': bulkBody === undefined ? this.#accept : this.#ndjson,
          },
        },
      )
      const bytes = await gathered(answer.body, request.bytesMax ?? Number.POSITIVE_INFINITY)
      const status = answer.statusCode ?? 0
      if (status >= 300 && !allowed.includes(status)) throw errorOf(status, bytes, name)
      return { status, bytes }
    } catch (error) {
      if (error instanceof ElasticError) throw error
      if (signal?.aborted) throw signal.reason
      const reason = isLate ? `no answer within ${timeoutMs} ms` : messageOf(error)
      throw new ElasticError(0, '', `Elasticsearch did not answer ${name}: ${reason}`, {
        cause: error,
      })
    } finally {
      cancel()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async json<Answer>(request: ElasticRequest): Promise<Answer> {
    const { bytes } = await this.request(request)
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
    return JSON.parse(text === '' ? '{}' : text) as Answer
  }

  async close(): Promise<void> {
    await this.#client.close()
  }
}

/** Giving up the loop ends the answer. */
async function gathered(body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > bytesMax) throw new ElasticError(200, ANSWER_TOO_LARGE, 'the answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}
