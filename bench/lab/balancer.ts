/** What stands before several servers: each new connection goes to the next one that answers. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export class Balancer {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #targets: () => readonly number[]
  #next = 0

  private constructor(targets: () => readonly number[]) {
    this.#targets = targets
    this.#server = createServer(socket => this.#accept(socket))
  }

  /** `targets` answers the ports that new connections may go to. */
  static async open(targets: () => readonly number[]): Promise<Balancer> {
    const balancer = new Balancer(targets)
    balancer.#server.listen(0, '127.0.0.1')
    await once(balancer.#server, 'listening')
    return balancer
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(client: Socket): void {
    this.#keep(client)
    const ports = this.#targets()
    const first = this.#next++
    const order = ports.map((_, at) => ports[(first + at) % ports.length] as number)
    this.#try(client, order)
  }

  #try(client: Socket, [port, ...others]: readonly number[]): void {
    if (port === undefined) return void client.destroy()
    const server = connect(port, '127.0.0.1')
    this.#keep(server)
    const onRefused = (): void => this.#try(client, others)
    server.once('error', onRefused)
    server.once('connect', () => {
      server.off('error', onRefused)
      for (const socket of [client, server]) {
        socket.setNoDelay(true)
        socket.on('error', () => undefined)
      }
      client.once('close', () => server.destroy())
      server.once('close', () => client.destroy())
      client.pipe(server).pipe(client)
    })
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => this.#sockets.delete(socket))
  }
}
