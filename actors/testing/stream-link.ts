/** One stream of an SDK through the network, framed as gRPC frames it, in pieces of any size. */
import type { IngestStream, StreamTransport } from '#actors/gateway/ingest-stream.ts'
import type { SessionEnd } from '#actors/gateway/stream-session.ts'
import {
  type BatchFrame,
  encodeBatchFrame,
  encodeClientMessage,
  parseServerMessage,
} from '#proto/stream.ts'
import type { SimulatedProcess } from '#runtime/testing/simulated-process.ts'
import { FRAME_HEAD_BYTES, FrameReader, frameOf, writeFrameHead } from '../../sdk/grpc-frames.ts'
import type { Connection, ConnectionEnd, ConnectionHandler, Hello } from '../../sdk/transport.ts'
import type { Cut, Line } from './line.ts'
import { Pipe } from './pipe.ts'
import type { Pipeline } from './pipeline.ts'

export interface StreamLinkOptions {
  readonly hello: Hello
  readonly handler: ConnectionHandler
  /** Both ends are done with it. */
  readonly onEnd: () => void
}

type ToServer = { readonly type: 'connect' } | { readonly type: 'gone' } | Piece
type ToClient = { readonly type: 'end'; readonly end: ConnectionEnd } | Piece
interface Piece {
  readonly type: 'bytes'
  readonly bytes: Uint8Array
}

/** A server whose sender broke off may learn of it as late as this. */
const LATE_MS_MAX = 3_000
/** What the transport of a real socket would hold before it says that nobody reads. */
const BLOCKED_MS_MAX = 40
const BLOCKED_CHANCE = 0.02
const PIECES_MAX = 3
/** Memory of a message is reused after its handling, and then holds something else. */
const REUSED = 0xdd

export class StreamLink implements Connection, StreamTransport {
  readonly peer = '10.0.0.1'
  readonly #line: Line
  readonly #options: StreamLinkOptions
  readonly #toServer: Pipe<ToServer>
  readonly #toClient: Pipe<ToClient>
  readonly #fromClient = new FrameReader()
  readonly #fromServer = new FrameReader()
  readonly #held: Uint8Array[] = []
  #server: Pipeline | null = null
  #stream: IngestStream | null = null
  #isPaused = false
  #clientOpen = true
  #serverOpen = true

  constructor(line: Line, options: StreamLinkOptions) {
    this.#line = line
    this.#options = options
    const { clock } = line
    const latencyMs = (): number => line.latencyMs()
    this.#toServer = new Pipe({ clock, latencyMs, deliver: item => this.#atServer(item) })
    this.#toClient = new Pipe({ clock, latencyMs, deliver: item => this.#atClient(item) })
    this.#toServer.push({ type: 'connect' })
    this.#pushPieces(frameOf(encodeClientMessage(options.hello)), this.#toServer)
  }

  // ---- the sender's end ----

  send(frame: BatchFrame): void
  // ---- the server's end ----
  send(message: Uint8Array): boolean
  send(message: BatchFrame | Uint8Array): boolean {
    if (message instanceof Uint8Array) return this.#sendToClient(message)
    const bytes = encodeBatchFrame(message, FRAME_HEAD_BYTES)
    writeFrameHead(bytes)
    this.#pushPieces(bytes, this.#toServer)
    return true
  }

  /** The sender wants no more of it: the server may first get what is on its way, and late. */
  close(): void {
    if (!this.#clientOpen) return
    this.#clientOpen = false
    const late = this.#line.random.below(3) === 0
    this.#toServer.push({ type: 'gone' }, late ? this.#line.random.unit() * LATE_MS_MAX : 0)
    this.#ended()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#drain()
  }

  end(end: SessionEnd): void {
    if (!this.#serverOpen) return
    this.#serverOpen = false
    this.#toClient.push({ type: 'end', end: endOf(end) })
    this.#ended()
  }

  // ---- what the world does to it ----

  serverDied(process: SimulatedProcess): void {
    if (this.#server?.process !== process) return
    this.#serverOpen = false
    this.#toServer.cut()
    // A process that was killed is missed at once, a machine without power only perhaps.
    if (this.#line.random.below(3) > 0) this.#loseClient('connection reset')
    this.#ended()
  }

  cut(cut: Cut): void {
    const { random, clock } = this.#line
    this.#toClient.cut()
    if (cut !== 'half-open') this.#toServer.cut()
    if (cut !== 'silent' && this.#clientOpen) {
      this.#clientOpen = false
      this.#options.handler.closed(unavailable('connection reset'))
    }
    const late = cut === 'both' ? this.#line.latencyMs() : random.unit() * LATE_MS_MAX
    clock.after(late, () => this.#lostAtServer())
    this.#ended()
  }

  #atServer(item: ToServer): void {
    if (item.type === 'connect') return this.#connect()
    if (!this.#serverOpen || this.#server?.alive !== true) return
    if (item.type === 'gone') return this.#lostAtServer()
    if (this.#line.isDown) return this.cut('silent')
    if (this.#line.breaks()) return this.cut('both')
    this.#held.push(...this.#fromClient.push(item.bytes).map(message => Uint8Array.from(message)))
    this.#drain()
  }

  #connect(): void {
    const { isDown, server } = this.#line
    if (isDown) return this.cut('silent')
    this.#server = server
    this.#stream = server?.accept(this) ?? null
    if (this.#stream === null) this.#loseClient('nobody listens')
  }

  #drain(): void {
    while (!this.#isPaused && this.#serverOpen && this.#server?.alive === true) {
      const message = this.#held.shift()
      if (message === undefined) return
      this.#stream?.received(message)
      message.fill(REUSED)
    }
  }

  #lostAtServer(): void {
    if (!this.#serverOpen) return
    this.#serverOpen = false
    if (this.#server?.alive === true) this.#stream?.gone()
    this.#ended()
  }

  #sendToClient(message: Uint8Array): boolean {
    this.#pushPieces(frameOf(message), this.#toClient)
    const { random, clock } = this.#line
    if (random.unit() >= BLOCKED_CHANCE) return true
    clock.after(random.unit() * BLOCKED_MS_MAX, () => {
      if (this.#serverOpen && this.#server?.alive === true) this.#stream?.drained()
    })
    return false
  }

  #atClient(item: ToClient): void {
    if (!this.#clientOpen) return
    if (this.#line.isDown) return this.cut('silent')
    if (item.type === 'end') {
      this.#clientOpen = false
      this.#options.handler.closed(item.end)
      return this.#ended()
    }
    if (this.#line.breaks()) return this.cut('both')
    for (const bytes of this.#fromServer.push(item.bytes)) {
      const message = parseServerMessage(bytes)
      if (message !== null && this.#clientOpen) this.#options.handler.received(message)
    }
  }

  #loseClient(reason: string): void {
    this.#toClient.push({ type: 'end', end: unavailable(reason) })
  }

  #pushPieces(bytes: Uint8Array, pipe: Pipe<ToServer> | Pipe<ToClient>): void {
    const { random } = this.#line
    const pieces = bytes.length < 200 ? 1 : 1 + random.below(PIECES_MAX)
    let at = 0
    for (let piece = 1; piece <= pieces; piece++) {
      const end = piece === pieces ? bytes.length : at + random.below(bytes.length - at)
      pipe.push({ type: 'bytes', bytes: bytes.subarray(at, end) })
      at = end
    }
  }

  #ended(): void {
    if (!this.#clientOpen && !this.#serverOpen) this.#options.onEnd()
  }
}

function unavailable(reason: string, retryAfterMs = 0): ConnectionEnd {
  return { type: 'unavailable', reason, retryAfterMs }
}

/** As sdk/grpc-transport.ts understands the statuses of grpc-server.ts. */
function endOf({ status, details }: SessionEnd): ConnectionEnd {
  switch (status) {
    case 'epoch-expired':
      return { type: 'epoch-expired' }
    case 'unauthenticated':
    case 'forbidden':
      return { type: 'refused', reason: details }
    case 'too-many':
      return unavailable(details, 1_000)
    default:
      return unavailable(`${status}: ${details}`)
  }
}
