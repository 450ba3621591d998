/** The driver over node:http and ws: for machines without a uWebSockets.js binary. */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import { Exchange } from './exchange.ts'
import type { HttpDriver, HttpServer, HttpServerOptions } from './http-server.ts'
import { ListenError, portTaken } from './listen-error.ts'
import { NodeSockets } from './node-socket.ts'
import { NodeWire } from './node-wire.ts'
import { ServerState } from './server-state.ts'
import { readTlsPair } from './tls-files.ts'

/** As much as the other driver takes. */
const HEADER_BYTES_MAX = 16_384
const HEADERS_MAX = 100
/** Longer than the usual idle time of load balancers, so that we are not the one who hangs up. */
const KEEP_ALIVE_MS = 65_000
const CONNECTIONS_MAX = 10_000

/** Known to Node since 22.21, but not yet to its types. */
interface UpgradeChoice {
  readonly shouldUpgradeCallback: (message: IncomingMessage) => boolean
}

export const nodeDriver: HttpDriver = {
  name: 'node',
  async listen(options) {
    const server = new NodeServer(options)
    await server.open()
    return server
  },
}

class NodeServer implements HttpServer {
  readonly driver = 'node'
  readonly #state: ServerState
  readonly #sockets: NodeSockets
  #servers: Server[] = []

  constructor(options: HttpServerOptions) {
    this.#state = new ServerState(options)
    this.#sockets = new NodeSockets(this.#state)
  }

  get ports(): readonly number[] {
    return this.#servers.map(server => (server.address() as AddressInfo).port)
  }

  async open(): Promise<void> {
    const { host, ports } = this.#state.options
    try {
      for (const port of ports) {
        const server = this.#makeServer()
        await listen(server, host, port)
        this.#servers.push(server)
      }
    } catch (error) {
      for (const server of this.#servers) server.close()
      throw error
    }
  }

  async reloadTls(): Promise<void> {
    const { tls } = this.#state.options
    if (tls === null) return
    const context = readTlsPair(tls)
    for (const server of this.#servers) {
      if (server instanceof TlsServer) server.setSecureContext(context)
    }
  }

  async close(): Promise<void> {
    const closed = this.#servers.map(
      server => new Promise<void>(resolve => server.close(() => resolve())),
    )
    for (const server of this.#servers) server.closeIdleConnections()
    await this.#state.stop()
    this.#sockets.terminateAll()
    for (const server of this.#servers) server.closeAllConnections()
    await Promise.all(closed)
  }

  observe(): Record<string, unknown> {
    return this.#state.observe()
  }

  #makeServer(): Server {
    const { tls, limits } = this.#state.options
    const options: ServerOptions & UpgradeChoice = {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: limits.headersTimeoutMs,
      // Bodies have a time limit of their own, which grows with what has arrived.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMs),
      noDelay: true,
      // Java's client offers h2c with its first request: that is no wish for a WebSocket.
      shouldUpgradeCallback: ({ headers }) => /\bwebsocket\b/i.test(headers.upgrade ?? ''),
    }
    const server =
      tls === null
        ? createHttpServer(options)
        : createHttpsServer({ ...options, ...readTlsPair(tls) })
    server.maxHeadersCount = HEADERS_MAX
    server.maxConnections = CONNECTIONS_MAX
    server.on('request', (message, response) => serve(message, response, this.#state))
    server.on('upgrade', (message, socket, head) => {
      void this.#sockets.upgrade(message, socket, head)
    })
    return server
  }
}

/** Runs one request. */
function serve(message: IncomingMessage, response: ServerResponse, state: ServerState): void {
  const exchange = new Exchange(new NodeWire(message, response), state)
  message.on('data', (chunk: Buffer<ArrayBuffer>) => exchange.chunk(chunk, false))
  message.on('end', () => exchange.end())
  // A reset is told by 'close' as well.
  message.on('error', () => {})
  response.on('error', () => {})
  response.on('close', () => exchange.gone())
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE' || error.code === 'EADDRNOTAVAIL'
      const message = `cannot listen on ${host}:${port}: ${error.message}`
      reject(
        taken
          ? portTaken(host, port, error)
          : new ListenError('LOGBOY_LISTEN_FAILED', message, error),
      )
    })
    server.listen({ host, port, exclusive: true }, () => resolve())
  })
}
