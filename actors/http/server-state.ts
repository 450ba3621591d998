/** What all exchanges and sockets of one server share: routes, memory, and how it ends. */
import type { HttpServerOptions, Route, SocketRoute } from './http-server.ts'
import { BodyBudget } from './request-body.ts'
import { Router } from './router.ts'

/** The part of an open socket that a stop needs. */
export interface OpenSocket {
  close(code: number, reason: string): void
}

export class ServerState {
  readonly options: HttpServerOptions
  readonly routes = new Router<Route>()
  readonly socketRoutes = new Router<SocketRoute>()
  readonly bodies: BodyBudget
  readonly sockets = new Set<OpenSocket>()
  #active = 0
  #served = 0
  #stopping = false
  #onIdle: () => void = () => {}

  constructor(options: HttpServerOptions) {
    this.options = options
    this.bodies = new BodyBudget(options.limits.bodiesBytesMax)
    for (const route of options.routes) this.routes.add(route.method, route.path, route)
    for (const route of options.sockets) this.socketRoutes.add('GET', route.path, route)
  }

  /** Answers close their connections once a stop began. */
  get stopping(): boolean {
    return this.#stopping
  }

  requestStarted(): void {
    this.#active++
    this.#served++
  }

  requestEnded(): void {
    this.#active--
    if (this.#active === 0) this.#onIdle()
  }

  /** Begins the stop: tells sockets to go, settles when no request is open or the grace is over. */
  stop(): Promise<void> {
    this.#stopping = true
    for (const socket of this.sockets) socket.close(1001, 'the server stops')
    if (this.#active === 0) return Promise.resolve()
    const { clock, limits } = this.options
    return new Promise(resolve => {
      const cancel = clock.after(limits.closeGraceMs, resolve)
      this.#onIdle = () => {
        cancel()
        resolve()
      }
    })
  }

  observe(): Record<string, unknown> {
    return {
      requests: this.#served,
      requestsOpen: this.#active,
      socketsOpen: this.sockets.size,
      bodyBytes: this.bodies.held,
    }
  }
}
