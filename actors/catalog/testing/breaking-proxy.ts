/**
 * Stands between a catalog and its server, and breaks connections at a chosen moment: after so many
 * chunks of the client, before or after the server has seen the last one.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What happens to a client's chunk, counted from when the fault was armed. */
export type Fault =
  /** The server never sees it, and the connection is gone. */
  | { readonly type: 'cut-before'; readonly chunk: number }
  /** The server sees it, its answer is lost with the connection. */
  | { readonly type: 'cut-after'; readonly chunk: number }
  /** The server sees it; when its answer is there, the server's side is ended by `run`. */
  | { readonly type: 'call'; readonly chunk: number; readonly run: () => Promise<unknown> }

export class BreakingProxy {
  readonly #server = createServer(client => this.#accept(client))
  readonly #sockets = new Set<Socket>()
  readonly #target: URL
  #fault: Fault | null = null
  #chunks = 0
  #mode: 'pass' | 'refuse' | 'hang' = 'pass'
  #onRefused: () => void = () => undefined

  constructor(target: string) {
    this.#target = new URL(target)
  }

  /** Answers the address to use in place of the server's. */
  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const url = new URL(this.#target)
    url.port = String((this.#server.address() as AddressInfo).port)
    return url.href
  }

  /** Breaks one connection, once. */
  arm(fault: Fault): void {
    this.#fault = fault
    this.#chunks = 0
  }

  /** Whether the armed fault is still to come. */
  get isArmed(): boolean {
    return this.#fault !== null
  }

  disarm(): void {
    this.#fault = null
  }

  /** 'refuse' also ends what is open; 'hang' takes everything and hands nothing on. */
  set mode(mode: 'pass' | 'refuse' | 'hang') {
    this.#mode = mode
    if (mode === 'refuse') this.#cutAll()
  }

  /** Called after the next connection was refused. */
  onceRefused(run: () => void): void {
    this.#onRefused = run
  }

  async close(): Promise<void> {
    this.#cutAll()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(client: Socket): void {
    if (this.#mode === 'refuse') {
      client.destroy()
      this.#onRefused()
      return
    }
    const server = connect(Number(this.#target.port), this.#target.hostname)
    const cut = () => {
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        cut()
      })
    }
    client.on('data', data => this.#fromClient(data, client, server))
    server.on('data', data => {
      if (this.#mode !== 'hang') client.write(data)
    })
  }

  #fromClient(data: Buffer, client: Socket, server: Socket): void {
    if (this.#mode === 'hang') return
    const fault = this.#fault
    if (fault === null || this.#chunks++ < fault.chunk) {
      server.write(data)
      return
    }
    this.#fault = null
    switch (fault.type) {
      case 'cut-before':
        client.destroy()
        server.destroy()
        return
      case 'cut-after':
        server.write(data)
        // The server's answer shows that it has done what was asked.
        server.removeAllListeners('data')
        server.once('data', () => client.destroy())
        return
      case 'call':
        void fault.run().finally(() => server.write(data))
    }
  }
}
