/**
 * HTTP and WebSocket as every door sees them: a table of routes whose handlers answer with a value.
 * Nobody outside this folder touches a driver's response, so no request can stay unanswered, and
 * both drivers (uws-driver.ts, node-driver.ts) behave alike down to the error bodies.
 */
import type { Clock } from '#runtime/clock.ts'
import type { RouteAbout } from './route-about.ts'
import type { TrustedProxies } from './trusted-proxies.ts'

export interface HttpRequest {
  /** Upper case. HEAD arrives as GET; its body is left out on the way back. */
  readonly method: string
  /** Path as sent, without the query. */
  readonly path: string
  /** Values of the `:name` parts of the route, percent-decoded; '*' is the rest. */
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Value of a header by its lower-case name; several of one name joined by ', '. */
  header(name: string): string | null
  /** Address of the caller, behind proxies that are trusted; IPv4 where it is one. */
  readonly peer: string
  /** The caller came through TLS. */
  readonly secure: boolean
  /** Aborts when the caller goes away before the answer. */
  readonly signal: AbortSignal
  /**
   * The whole body, owned by the caller of this. Throws an HttpProblem that answers the request:
   * 413 above the route's limit, 408 too slow, 503 when too many bodies are held in memory.
   */
  body(): Promise<Uint8Array<ArrayBuffer>>
}

export interface HttpAnswer {
  readonly status: number
  /** Pairs of lower-case name and value; a name may come twice. */
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: string | Uint8Array
  /**
   * In place of a body: sent piece by piece, the next one taken when the last has gone. What it
   * throws cuts the connection, so that nobody takes the half for the whole; it is told where the
   * caller goes away.
   */
  readonly chunks?: AsyncGenerator<string | Uint8Array, void, void>
}

export type HttpHandler = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** '/a/:name/b', or '/a/*' for everything below. Literal parts win over names, names over '*'. */
  readonly path: string
  /** 0 unless given: a body is refused. */
  readonly bodyBytesMax?: number
  readonly handle: HttpHandler
  /** For the OpenAPI document; pages have none. */
  readonly about?: RouteAbout
}

/** The server's end of an open WebSocket. Everything after `close` is ignored. */
export interface Socket {
  /** Queues a message; look at `bufferedBytes` before sending more. */
  send(message: string | Uint8Array): void
  /** A text message that is encoded already. */
  sendText(utf8: Uint8Array): void
  /** Bytes that were sent but have not left this process. */
  bufferedBytes(): number
  close(code: number, reason: string): void
}

export interface SocketEvents {
  message(data: Uint8Array, text: boolean): void
  /** All buffered bytes have left. */
  drained?(): void
  /** Called once, whoever closed. */
  closed(): void
}

/** Accepts a WebSocket. */
export interface SocketAccept {
  /** One of the subprotocols that the caller offered. */
  readonly protocol?: string
  connect(socket: Socket): SocketEvents
}

export interface SocketRoute {
  readonly path: string
  readonly about?: RouteAbout
  /** A longer message closes the socket. */
  readonly messageBytesMax: number
  /** Decides before the upgrade: an answer (or a thrown HttpProblem) refuses it. */
  readonly upgrade: (request: HttpRequest) => Promise<SocketAccept | HttpAnswer>
}

export interface TlsFiles {
  readonly certFile: string
  readonly keyFile: string
}

export interface HttpLimits {
  /** All request bodies in memory at once; more are answered 503. */
  readonly bodiesBytesMax: number
  /** A body must be complete after this, plus what its bytes take at `bodyBytesPerSecondMin`. */
  readonly bodyGraceMs: number
  readonly bodyBytesPerSecondMin: number
  /** How long an answer that is ready early waits for the rest of its request. */
  readonly drainMs: number
  /** Headers must be complete after this (uWS: its own 10 s). */
  readonly headersTimeoutMs: number
  /** Requests and sockets still open when a stop began may take this long. */
  readonly closeGraceMs: number
}

export const HTTP_LIMITS: HttpLimits = {
  bodiesBytesMax: 256 * 1024 * 1024,
  bodyGraceMs: 15_000,
  bodyBytesPerSecondMin: 8 * 1024,
  drainMs: 3_000,
  headersTimeoutMs: 10_000,
  closeGraceMs: 5_000,
}

export interface HttpServerOptions {
  readonly routes: readonly Route[]
  readonly sockets: readonly SocketRoute[]
  readonly host: string
  readonly ports: readonly number[]
  readonly tls: TlsFiles | null
  readonly limits: HttpLimits
  readonly clock: Clock
  readonly proxies: TrustedProxies
  /** Told of handlers that threw something other than an HttpProblem: a bug. */
  readonly onFault: (error: Error, request: string) => void
}

/** A listening server. */
export interface HttpServer {
  /** The ports in use, also where 0 was asked for. */
  readonly ports: readonly number[]
  readonly driver: HttpDriverName
  /** Reads the certificate files again; open connections keep the old ones. */
  reloadTls(): Promise<void>
  /** Takes no new connections, lets requests finish within the grace, then closes everything. */
  close(): Promise<void>
  observe(): Record<string, unknown>
}

export type HttpDriverName = 'uws' | 'node'

export interface HttpDriver {
  readonly name: HttpDriverName
  /** Rejects with LOGBOY_PORT_TAKEN or LOGBOY_LISTEN_FAILED. */
  listen(options: HttpServerOptions): Promise<HttpServer>
}
