/** The network between a log and its brokers, with faults: a proxy that every connection passes. */

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { ISocketFactory } from 'kafkajs'

interface Wire {
  readonly near: Socket
  readonly far: Socket
  held: boolean
}

export class BrokerLink {
  readonly #wires = new Set<Wire>()
  readonly #server: Server
  #refuses = false
  #holdsNew = false

  private constructor(server: Server) {
    this.#server = server
  }

  static async open(): Promise<BrokerLink> {
    const server = createServer({ pauseOnConnect: true })
    const link = new BrokerLink(server)
    server.on('connection', near => link.#connected(near))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return link
  }

  /** For kafkajs: where it would connect to stands before the first byte. */
  readonly socketFactory: ISocketFactory = ({ host, port, onConnect }) => {
    const { port: here } = this.#server.address() as AddressInfo
    const socket = connect({ host: '127.0.0.1', port: this.#refuses ? 1 : here })
    socket.setKeepAlive(true)
    socket.once('connect', () => {
      socket.write(`${host} ${port}\n`)
      onConnect()
    })
    return socket
  }

  /** What brokers answer on the present connections comes no more; what is sent still arrives. */
  hold(): void {
    for (const wire of this.#wires) this.#hold(wire)
  }

  /** The same for all connections, new ones too: a broker that hangs. */
  holdAll(): void {
    this.#holdsNew = true
    this.hold()
  }

  /** All that was held comes. */
  release(): void {
    this.#holdsNew = false
    for (const wire of this.#wires) {
      if (!wire.held) continue
      wire.held = false
      wire.far.pipe(wire.near)
    }
  }

  /** Cuts everything and takes no new connection: brokers are away. */
  cut(): void {
    this.#refuses = true
    for (const { near, far } of this.#wires) {
      near.destroy()
      far.destroy()
    }
  }

  mend(): void {
    this.#refuses = false
  }

  close(): void {
    this.cut()
    this.#server.close()
  }

  #connected(near: Socket): void {
    near.once('data', (first: Buffer) => {
      near.pause()
      const end = first.indexOf('\n')
      const [host = '', port] = first.toString('latin1', 0, end).split(' ')
      const far = connect({ host, port: Number(port) })
      const wire = { near, far, held: false }
      this.#wires.add(wire)
      if (end + 1 < first.length) far.write(first.subarray(end + 1))
      near.pipe(far)
      far.pipe(near)
      if (this.#holdsNew) this.#hold(wire)
      const over = (): void => {
        near.destroy()
        far.destroy()
        this.#wires.delete(wire)
      }
      for (const socket of [near, far]) socket.on('error', over).on('close', over)
    })
    near.on('error', () => near.destroy())
    near.resume()
  }

  #hold(wire: Wire): void {
    if (wire.held) return
    wire.held = true
    wire.far.unpipe(wire.near)
    wire.far.pause()
  }
}
