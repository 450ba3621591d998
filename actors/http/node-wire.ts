import type { IncomingMessage, ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { HttpAnswer } from './http-server.ts'
import { plainAddress } from './peer-address.ts'
import { hasNoBody, type SendOptions, type Wire } from './wire.ts'

/** Settles when more can be written, or nobody takes it any more. */
function hasRoom(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve()
  return new Promise(resolve => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}

/** Node's request (and response, unless it is an upgrade) of one exchange. */
export class NodeWire implements Wire {
  readonly method: string
  readonly path: string
  readonly queryText: string
  readonly headers: readonly string[]
  readonly secure: boolean
  readonly #message: IncomingMessage
  readonly #response: ServerResponse | null
  readonly #peer: string

  constructor(message: IncomingMessage, response: ServerResponse | null) {
    const url = message.url ?? '/'
    const queryAt = url.indexOf('?')
    this.method = message.method ?? 'GET'
    this.path = queryAt === -1 ? url : url.slice(0, queryAt)
    this.queryText = queryAt === -1 ? '' : url.slice(queryAt + 1)
    // Names at even places; the raw list keeps what comes twice.
    this.headers = message.rawHeaders.map((text, index) =>
      index % 2 === 0 ? text.toLowerCase() : text,
    )
    this.secure = message.socket instanceof TLSSocket
    this.#peer = plainAddress(message.socket.remoteAddress ?? '')
    this.#message = message
    this.#response = response
  }

  peer(): string {
    return this.#peer
  }

  pause(): void {
    this.#message.pause()
  }

  resume(): void {
    this.#message.resume()
  }

  refuse(answer: HttpAnswer): void {
    this.send(answer, { close: true, withoutBody: false })
  }

  async stream(answer: HttpAnswer, chunks: AsyncIterable<string | Uint8Array>): Promise<void> {
    const response = this.#response
    if (response === null || response.destroyed) return
    response.statusCode = answer.status
    for (const [name, value] of answer.headers ?? []) response.appendHeader(name, value)
    try {
      for await (const chunk of chunks) {
        if (response.destroyed) return
        if (!response.write(chunk)) await hasRoom(response)
      }
      response.end()
    } catch (error) {
      response.destroy()
      throw error
    }
  }

  send(answer: HttpAnswer, options: SendOptions): void {
    const response = this.#response
    if (response === null || response.destroyed) return
    response.statusCode = answer.status
    for (const [name, value] of answer.headers ?? []) response.appendHeader(name, value)
    const body = answer.body ?? ''
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    if (!hasNoBody(answer.status)) response.setHeader('content-length', length)
    if (options.close) response.setHeader('connection', 'close')
    response.end(options.withoutBody ? undefined : body)
  }
}
