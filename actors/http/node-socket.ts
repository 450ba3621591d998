import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import type { Cancel } from '#runtime/clock.ts'
import type { HttpAnswer, Socket, SocketAccept, SocketRoute } from './http-server.ts'
import { NodeWire } from './node-wire.ts'
import type { ServerState } from './server-state.ts'
import { decideUpgrade } from './upgrade.ts'

/** A socket that has not answered a ping by the next one is gone. */
const PING_INTERVAL_MS = 30_000

/** The WebSockets of a node:http server. */
export class NodeSockets {
  readonly #state: ServerState
  readonly #open = new Set<WebSocket>()

  constructor(state: ServerState) {
    this.#state = state
  }

  /** Handles an 'upgrade' event of the server. */
  async upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const abort = new AbortController()
    const onGone = (): void => abort.abort()
    socket.on('close', onGone)
    socket.on('error', onGone)
    this.#state.requestStarted()
    const decision = await decideUpgrade(new NodeWire(message, null), this.#state, abort.signal)
    this.#state.requestEnded()
    socket.off('close', onGone)
    if (socket.destroyed) return
    if (decision.type === 'refuse') refuse(socket, decision.answer)
    else this.#accept(message, socket, head, decision)
  }

  /** Ends what did not answer our closing. */
  terminateAll(): void {
    for (const socket of this.#open) socket.terminate()
  }

  #accept(
    message: IncomingMessage,
    duplex: Duplex,
    head: Buffer,
    { accept, route }: { accept: SocketAccept; route: SocketRoute },
  ): void {
    const server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: route.messageBytesMax,
      handleProtocols: () => accept.protocol ?? false,
    })
    server.handleUpgrade(message, duplex, head, ws => this.#connect(ws, accept))
  }

  #connect(ws: WebSocket, accept: SocketAccept): void {
    const socket = new NodeSocket(ws)
    this.#open.add(ws)
    this.#state.sockets.add(socket)
    const events = accept.connect(socket)
    socket.onDrained = () => events.drained?.()
    const stopPinging = this.#keepProven(ws)
    ws.on('message', (data: RawData, binary: boolean) => events.message(bytesOf(data), !binary))
    // A message that is too long or malformed; 'close' follows.
    ws.on('error', () => {})
    ws.on('close', () => {
      stopPinging()
      this.#open.delete(ws)
      this.#state.sockets.delete(socket)
      events.closed()
    })
  }

  #keepProven(ws: WebSocket): Cancel {
    const { clock } = this.#state.options
    let alive = true
    let cancel: Cancel = () => {}
    const ping = (): void => {
      if (!alive) {
        ws.terminate()
        return
      }
      alive = false
      ws.ping()
      cancel = clock.after(PING_INTERVAL_MS, ping)
    }
    ws.on('pong', () => {
      alive = true
    })
    cancel = clock.after(PING_INTERVAL_MS, ping)
    return () => cancel()
  }
}

class NodeSocket implements Socket {
  onDrained: () => void = () => {}
  readonly #ws: WebSocket

  constructor(ws: WebSocket) {
    this.#ws = ws
  }

  send(message: string | Uint8Array): void {
    this.#send(message, typeof message !== 'string')
  }

  sendText(utf8: Uint8Array): void {
    this.#send(utf8, false)
  }

  #send(message: string | Uint8Array, binary: boolean): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return
    this.#ws.send(message, { binary }, () => {
      if (this.#ws.bufferedAmount === 0) this.onDrained()
    })
  }

  bufferedBytes(): number {
    return this.#ws.bufferedAmount
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason)
  }
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data
}

/** Answers an upgrade with plain HTTP, as there is no response object for it. */
function refuse(socket: Duplex, answer: HttpAnswer): void {
  const body = Buffer.from(answer.body ?? '')
  const headers = [...(answer.headers ?? []), ['content-length', String(body.length)] as const]
  const head = [
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? 'Unknown'}`,
    'connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]))
}
