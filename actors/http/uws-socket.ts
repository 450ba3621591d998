import type * as Uws from 'uWebSockets.js'
import { nextRound } from '#runtime/scheduler.ts'
import type { Socket, SocketAccept, SocketEvents } from './http-server.ts'
import type { ServerState } from './server-state.ts'
import { decideUpgrade } from './upgrade.ts'
import type { UwsCork } from './uws-cork.ts'
import { UwsWire } from './uws-wire.ts'
import { headerOf } from './wire.ts'

/** The library reads no more than this for one message; routes ask for less. */
const MESSAGE_BYTES_LIBRARY_MAX = 1024 * 1024
/** Seconds without a byte either way; pings are sent by the library before that. */
const IDLE_TIMEOUT_S = 60

/** What all requests and sockets of an app have in common. */
export interface UwsShared {
  readonly state: ServerState
  readonly secure: boolean
  readonly cork: UwsCork
}

/** What the library keeps for us with each socket. */
interface UserData {
  readonly accept: SocketAccept
  readonly messageBytesMax: number
  socket: UwsSocket | null
  events: SocketEvents | null
}

/** Takes every upgrade of an app; which paths exist is decided by our own router. */
export function registerUwsSockets(app: Uws.TemplatedApp, shared: UwsShared): void {
  const { state } = shared
  app.ws<UserData>('/*', {
    maxPayloadLength: MESSAGE_BYTES_LIBRARY_MAX,
    // Readers that are too slow are dealt with by who sends, looking at bufferedBytes.
    maxBackpressure: 64 * 1024 * 1024,
    idleTimeout: IDLE_TIMEOUT_S,
    upgrade(res, req, context) {
      // As node:http: what does not want to be upgraded is a request like any other.
      if (/\bupgrade\b/i.test(req.getHeader('connection'))) {
        void upgrade({ ...shared, res, req, context })
      } else req.setYield(true)
    },
    open(ws) {
      const data = ws.getUserData()
      const socket = new UwsSocket(ws)
      data.socket = socket
      state.sockets.add(socket)
      data.events = data.accept.connect(socket)
      // It was closed while it was being connected, when there was nobody to tell yet.
      if (socket.dead) data.events.closed()
    },
    message(ws, message, isBinary) {
      const { events, socket, messageBytesMax } = ws.getUserData()
      if (message.byteLength > messageBytesMax) socket?.close(1009, 'the message is too long')
      else events?.message(new Uint8Array(message.slice(0)), !isBinary)
    },
    drain(ws) {
      // Called for every bit that leaves.
      if (ws.getBufferedAmount() === 0) ws.getUserData().events?.drained?.()
    },
    close(ws) {
      const { events, socket } = ws.getUserData()
      if (socket !== null) {
        socket.dead = true
        state.sockets.delete(socket)
      }
      events?.closed()
    },
  })
}

interface Upgrade extends UwsShared {
  readonly res: Uws.HttpResponse
  readonly req: Uws.HttpRequest
  readonly context: Uws.us_socket_context_t
}

async function upgrade({ res, req, context, state, secure, cork }: Upgrade): Promise<void> {
  const abort = new AbortController()
  const wire = new UwsWire(res, req, secure)
  res.onAborted(() => {
    wire.dead = true
    abort.abort()
  })
  state.requestStarted()
  const decision = await decideUpgrade(wire, state, abort.signal)
  // In a callback about another request the library would take that one as upgraded.
  await nextRound()
  state.requestEnded()
  if (wire.isGone()) return
  if (decision.type === 'refuse') {
    wire.send(decision.answer, { close: false, withoutBody: false })
    return
  }
  const { accept, route } = decision
  wire.peer()
  wire.dead = true
  const data: UserData = {
    accept,
    messageBytesMax: route.messageBytesMax,
    socket: null,
    events: null,
  }
  const key = headerOf(wire.headers, 'sec-websocket-key') ?? ''
  // No extensions: frames are small and many, and compression costs memory per socket.
  cork.around(() => res.upgrade(data, key, accept.protocol ?? '', '', context))
}

class UwsSocket implements Socket {
  /** Closed: the library's object must not be touched again. */
  dead = false
  readonly #ws: Uws.WebSocket<UserData>

  constructor(ws: Uws.WebSocket<UserData>) {
    this.#ws = ws
  }

  send(message: string | Uint8Array): void {
    if (!this.dead) this.#ws.send(message, typeof message !== 'string')
  }

  sendText(utf8: Uint8Array): void {
    if (!this.dead) this.#ws.send(utf8, false)
  }

  bufferedBytes(): number {
    return this.dead ? 0 : this.#ws.getBufferedAmount()
  }

  close(code: number, reason: string): void {
    if (!this.dead) this.#ws.end(code, reason)
  }
}
