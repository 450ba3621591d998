/** A TCP connection that says exactly what a test wants, well-formed or not. */
import { connect, type Socket } from 'node:net'

export class RawConnection {
  readonly #socket: Socket
  #received = ''
  #closed = false
  #changed: () => void = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.#received += text
      this.#changed()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#closed = true
      this.#changed()
    })
  }

  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' })
      const connection = new RawConnection(socket)
      socket.once('connect', () => resolve(connection))
      socket.once('error', reject)
    })
  }

  get received(): string {
    return this.#received
  }

  get isClosed(): boolean {
    return this.#closed
  }

  send(bytes: string | Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** Reads no more. */
  pause(): void {
    this.#socket.pause()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Settles when what was received matches; rejects if the connection closes before. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      if (pattern.test(this.#received)) return this.#received
      if (this.#closed) throw new Error(`closed after: ${this.#received}`)
      await this.#change()
    }
  }

  /** Settles with all that was received once the other side has closed. */
  async closed(): Promise<string> {
    while (!this.#closed) await this.#change()
    return this.#received
  }

  #change(): Promise<void> {
    return new Promise(resolve => {
      this.#changed = resolve
    })
  }
}
