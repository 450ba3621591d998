/**
 * A cork for upgrades. Behind `res.cork(() => res.upgrade())` outside a callback of the library it
 * goes on as if the socket were still a response, and reads whether it is to be closed out of
 * memory it has given back: sockets were closed a millisecond after their 101, by chance
 * (https://github.com/uNetworking/uWebSockets/pull/1929, mended there, in no package yet).
 * Only one socket can be corked at a time, and the library wants to be inside any cork: so
 * upgrades happen inside that of a response which is held for this alone, never answered.
 */

import type * as Uws from 'uWebSockets.js'
import { connect, type Socket } from 'node:net'

type UwsModule = typeof Uws

const LOOPBACK = '127.0.0.1'

export class UwsCork {
  readonly #app: Uws.TemplatedApp
  readonly #client: Socket
  #held: Uws.HttpResponse | null

  private constructor(app: Uws.TemplatedApp, client: Socket, held: Uws.HttpResponse) {
    this.#app = app
    this.#client = client
    this.#held = held
    held.onAborted(() => {
      this.#held = null
    })
  }

  /** Asks itself over loopback, and keeps the response. Rejects where there is no loopback. */
  static open(uws: UwsModule): Promise<UwsCork> {
    const app = uws.App()
    return new Promise((resolve, reject) => {
      app.listen(LOOPBACK, 0, listening => {
        if (listening === false) {
          reject(new Error(`cannot listen on ${LOOPBACK}`))
          return
        }
        const client = connect(uws.us_socket_local_port(listening), LOOPBACK)
        client.unref()
        client.on('error', reject)
        client.write(`GET / HTTP/1.1\r\nHost: ${LOOPBACK}\r\n\r\n`)
        app.any('/*', res => {
          uws.us_listen_socket_close(listening)
          resolve(new UwsCork(app, client, res))
        })
      })
    })
  }

  /** Without the response it works as well, but the library writes a warning. */
  around(upgrade: () => void): void {
    if (this.#held === null) upgrade()
    else this.#held.cork(upgrade)
  }

  close(): void {
    this.#client.destroy()
    this.#app.close()
  }
}
