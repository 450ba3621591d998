/**
 * The driver over uWebSockets.js. Its traps, all met here: a request without `onAborted` that is
 * not answered at once aborts the process; request, headers and chunks die when their callback
 * returns; writes outside a callback must be corked; two processes may share a port unless it is
 * exclusive; and after an answer it goes on to parse what it has read.
 */
import type * as Uws from 'uWebSockets.js'
import { prepareLibraries } from '#actors/config.ts'
import { toError } from '#runtime/index.ts'
import { nextRound } from '#runtime/scheduler.ts'
import { Exchange } from './exchange.ts'
import type { HttpDriver, HttpServer, HttpServerOptions } from './http-server.ts'
import { portTaken } from './listen-error.ts'
import { ServerState } from './server-state.ts'
import { UwsCork } from './uws-cork.ts'
import { registerUwsSockets, type UwsShared } from './uws-socket.ts'
import { UwsWire } from './uws-wire.ts'

type UwsModule = typeof Uws

const LISTEN_RETRY_MS = 1_000
/** The option by which a second process on the same port fails instead of sharing it. */
const EXCLUSIVE_PORT = 1

/** Loads the native module; null where there is none for this machine or Node. */
export async function loadUwsDriver(): Promise<HttpDriver | null> {
  prepareLibraries()
  try {
    const uws = await import('uWebSockets.js')
    return { name: 'uws', listen: options => UwsServer.listen(uws, options) }
  } catch {
    return null
  }
}

class UwsServer implements HttpServer {
  readonly driver = 'uws'
  readonly #uws: UwsModule
  readonly #state: ServerState
  readonly #cork: UwsCork
  /** After a change of certificates the old apps live on with their connections. */
  readonly #apps: Uws.TemplatedApp[] = []
  #listening: Uws.us_listen_socket[] = []
  #ports: number[] = []

  private constructor(uws: UwsModule, cork: UwsCork, options: HttpServerOptions) {
    this.#uws = uws
    this.#cork = cork
    this.#state = new ServerState(options)
  }

  static async listen(uws: UwsModule, options: HttpServerOptions): Promise<HttpServer> {
    const cork = await UwsCork.open(uws)
    const server = new UwsServer(uws, cork, options)
    try {
      server.#ports = server.#listen(options.ports)
    } catch (error) {
      cork.close()
      throw error
    }
    return server
  }

  get ports(): readonly number[] {
    return this.#ports
  }

  async reloadTls(): Promise<void> {
    if (this.#state.options.tls === null) return
    this.#stopListening()
    this.#listenAgain()
  }

  async close(): Promise<void> {
    this.#stopListening()
    await this.#state.stop()
    // What was answered inside a callback of the library is written when that returns.
    await nextRound()
    for (const app of this.#apps) app.close()
    this.#cork.close()
  }

  observe(): Record<string, unknown> {
    return this.#state.observe()
  }

  #listen(ports: readonly number[]): number[] {
    const app = this.#makeApp()
    this.#apps.push(app)
    return ports.map(port => this.#listenOn(app, port))
  }

  /** Somebody may have taken the port in between: tries until it is ours again. */
  #listenAgain(): void {
    try {
      this.#listen(this.#ports)
    } catch (error) {
      const { clock, onFault } = this.#state.options
      onFault(toError(error), 'new certificates')
      clock.after(LISTEN_RETRY_MS, () => {
        if (!this.#state.stopping) this.#listenAgain()
      })
    }
  }

  #listenOn(app: Uws.TemplatedApp, port: number): number {
    const { host } = this.#state.options
    let token: Uws.us_listen_socket | false = false
    const listened = (result: Uws.us_listen_socket | false): void => {
      token = result
    }
    // The library takes host, port, options and callback together; its types do not say so.
    // oxlint-disable-next-line typescript/unbound-method -- it is bound right here
    Reflect.apply(app.listen, app, [host, port, EXCLUSIVE_PORT, listened])
    if (token === false) {
      this.#stopListening()
      app.close()
      throw portTaken(host, port)
    }
    this.#listening.push(token)
    return this.#uws.us_socket_local_port(token)
  }

  #makeApp(): Uws.TemplatedApp {
    const { tls } = this.#state.options
    const app =
      tls === null
        ? this.#uws.App()
        : this.#uws.SSLApp({ cert_file_name: tls.certFile, key_file_name: tls.keyFile })
    const shared = { state: this.#state, secure: tls !== null, cork: this.#cork }
    registerUwsSockets(app, shared)
    app.any('/*', (res, req) => serve(res, req, shared))
    return app
  }

  #stopListening(): void {
    for (const token of this.#listening) this.#uws.us_listen_socket_close(token)
    this.#listening = []
  }
}

/** Runs one request. `onAborted` comes before anything that might throw. */
function serve(res: Uws.HttpResponse, req: Uws.HttpRequest, { state, secure }: UwsShared): void {
  let exchange: Exchange | null = null
  const wire = new UwsWire(res, req, secure)
  res.onAborted(() => {
    wire.aborted()
    exchange?.gone()
  })
  exchange = new Exchange(wire, state)
  const served = exchange
  if (wire.dead) return
  res.onData((chunk, last) => {
    // The library reuses the chunk's memory as soon as this returns.
    if (chunk.byteLength > 0) served.chunk(new Uint8Array(chunk), true)
    if (last) served.end()
  })
}
