/** A gRPC client that says exactly what a test wants. */

import type { TestContext } from 'node:test'
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  credentials,
  type StatusObject,
} from '@grpc/grpc-js'
import {
  type ClientMessage,
  encodeClientMessage,
  parseServerMessage,
  type ServerMessage,
  STREAM_PATH,
} from '#proto/stream.ts'

export class StreamClient {
  readonly received: ServerMessage[] = []
  readonly status: Promise<StatusObject>
  readonly #call: ClientDuplexStream<Uint8Array, Buffer>
  #taken = 0
  #isOver = false
  #changed: () => void = () => {}

  constructor(t: TestContext, port: number, tls?: ChannelCredentials) {
    const client = new Client(`localhost:${port}`, tls ?? credentials.createInsecure())
    t.after(() => client.close())
    this.#call = client.makeBidiStreamRequest(
      STREAM_PATH,
      (message: Uint8Array) => Buffer.from(message),
      message => message,
    )
    this.#call.on('data', (bytes: Buffer) => {
      const message = parseServerMessage(bytes)
      if (message !== null) this.received.push(message)
      this.#changed()
    })
    this.#call.on('error', () => {})
    this.status = new Promise(resolve => {
      this.#call.on('status', status => {
        this.#isOver = true
        this.#changed()
        resolve(status)
      })
    })
  }

  hello(key: string, fields: Partial<Extract<ClientMessage, { type: 'hello' }>> = {}): void {
    const standard = { producer: 1n, epoch: 1, firstUnacked: 1, schema: 1 }
    this.send(encodeClientMessage({ type: 'hello', key, ...standard, ...fields }))
  }

  batch(sequence: number, batch: Uint8Array, schema = 1): void {
    this.send(encodeClientMessage({ type: 'batch', sequence, schema, batch }))
  }

  send(bytes: Uint8Array): void {
    this.#call.write(bytes)
  }

  end(): void {
    this.#call.end()
  }

  cancel(): void {
    this.#call.cancel()
  }

  /** Stops reading what the server says. */
  pause(): void {
    this.#call.pause()
  }

  /** The next message; rejects when the stream ends before. */
  async next(): Promise<ServerMessage> {
    while (this.#taken >= this.received.length) {
      if (this.#isOver) throw new Error(`the stream ended: ${(await this.status).details}`)
      await new Promise<void>(resolve => {
        this.#changed = resolve
      })
    }
    return this.received[this.#taken++] as ServerMessage
  }
}
