/** The least a client can do on the SDK's door: sealed batches on one stream, a window in flight. */
import { Client, type ClientDuplexStream, credentials } from '@grpc/grpc-js'
import {
  encodeClientMessage,
  parseServerMessage,
  type ServerMessage,
  STREAM_PATH,
} from '#proto/stream.ts'
import { systemRandom } from '#runtime/random.ts'
import type { SealedBatch } from './data.ts'

export interface StreamClientOptions {
  /** `http://host:port` of the gRPC door. */
  readonly url: string
  readonly key: string
  /** Batches sent and not yet acknowledged. */
  readonly window: number
}

const identity = (bytes: Buffer): Buffer => bytes

export class StreamClient {
  readonly #client: Client
  readonly #call: ClientDuplexStream<Buffer, Buffer>
  readonly #options: StreamClientOptions
  #sequence = 0
  #acknowledged = 0
  #throttled = 0
  /** Sent and not yet acknowledged, in order of their sequences. */
  #pending: SealedBatch[] = []
  #waiting: (() => void) | null = null
  #failure: Error | null = null
  #welcome: () => void = () => undefined

  constructor(options: StreamClientOptions) {
    this.#options = options
    this.#client = new Client(new URL(options.url).host, credentials.createInsecure(), {
      'grpc.max_send_message_length': -1,
    })
    this.#call = this.#client.makeBidiStreamRequest<Buffer, Buffer>(STREAM_PATH, identity, identity)
    this.#call.on('data', (bytes: Buffer) => this.#answer(parseServerMessage(bytes)))
    this.#call.on('error', (error: Error) => {
      this.#failure = error
      this.#wake()
    })
  }

  get throttled(): number {
    return this.#throttled
  }

  open(): Promise<void> {
    const bytes = systemRandom.bytes(8)
    const producer = Buffer.from(bytes).readBigUInt64LE() & 0x7fff_ffff_ffff_ffffn
    const { key } = this.#options
    const hello = { type: 'hello', key, producer, epoch: 1, firstUnacked: 1, schema: 1 } as const
    this.#call.write(Buffer.from(encodeClientMessage(hello)))
    return new Promise(resolve => {
      this.#welcome = resolve
    })
  }

  /** Waits while the window is full. */
  async send(batch: SealedBatch): Promise<void> {
    while (this.#sequence - this.#acknowledged >= this.#options.window) await this.#change()
    this.#sequence++
    this.#pending.push(batch)
    this.#write(batch, this.#sequence)
  }

  async drain(): Promise<void> {
    while (this.#acknowledged < this.#sequence) await this.#change()
  }

  close(): void {
    this.#call.end()
    this.#client.close()
  }

  #answer(message: ServerMessage | null): void {
    if (message?.type === 'welcome') this.#welcome()
    else if (message?.type === 'ack') {
      this.#pending.splice(0, message.sequence - this.#acknowledged)
      this.#acknowledged = message.sequence
    } else if (message?.type === 'throttle') {
      this.#throttled++
      setTimeout(() => this.#sendAgain(), message.retryAfterMs)
    } else if (message !== null) {
      this.#failure = new Error(`the server answered ${JSON.stringify(message)}`)
    }
    this.#wake()
  }

  /** Go-back-N: the server discarded everything after what it acknowledged. */
  #sendAgain(): void {
    for (const [at, batch] of this.#pending.entries()) {
      this.#write(batch, this.#acknowledged + 1 + at)
    }
  }

  #write(batch: SealedBatch, sequence: number): void {
    const frame = { type: 'batch', sequence, schema: 1, batch: batch.bytes } as const
    this.#call.write(Buffer.from(encodeClientMessage(frame)))
  }

  #change(): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    return new Promise(resolve => {
      this.#waiting = resolve
    })
  }

  #wake(): void {
    this.#waiting?.()
    this.#waiting = null
  }
}
