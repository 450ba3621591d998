/**
 * The network of a project without Docker: each service has an address of its own on loopback, at
 * which it listens on the ports that its files state, and a file of hosts makes the names known.
 */

import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface HostPort {
  readonly host: string
  readonly port: number
}

export class Network {
  readonly #addresses: ReadonlyMap<string, string>
  readonly #forwarders: Forwarder[] = []

  /** Two bytes by chance keep two runs apart. */
  constructor(names: Iterable<string>) {
    const prefix = `127.${randomInt(1, 255)}.${randomInt(256)}`
    this.#addresses = new Map([...names].map((name, at) => [name, `${prefix}.${at + 1}`]))
  }

  addressOf(name: string): string {
    return this.#addresses.get(name) ?? '127.0.0.1'
  }

  writeHosts(path: string): void {
    const lines = [...this.#addresses].map(([name, address]) => `${address} ${name}`)
    writeFileSync(path, `127.0.0.1 localhost\n${lines.join('\n')}\n`)
  }

  /** What connects to this port of the service reaches a server that runs already. */
  async forward(name: string, port: number, to: HostPort): Promise<void> {
    this.#forwarders.push(await Forwarder.open({ host: this.addressOf(name), port }, to))
  }

  close(): void {
    for (const forwarder of this.#forwarders.splice(0)) forwarder.close()
  }
}

class Forwarder {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(to: HostPort) {
    this.#server = createServer(client => {
      const server = connect(to.port, to.host)
      for (const [socket, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(socket)
        socket.setNoDelay(true)
        socket.on('error', () => undefined)
        socket.once('close', () => {
          this.#sockets.delete(socket)
          other.destroy()
        })
      }
      client.pipe(server).pipe(client)
    })
  }

  static async open({ host, port }: HostPort, to: HostPort): Promise<Forwarder> {
    const forwarder = new Forwarder(to)
    forwarder.#server.listen(port, host)
    await once(forwarder.#server, 'listening')
    return forwarder
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
