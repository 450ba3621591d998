/** Listens to a tail of alerts, as a page does. */
import { WebSocket } from 'ws'
import type { AlertChange } from '#proto/alert-change.ts'
import type { AlertTailFrame } from '#proto/tail.ts'

export interface ListenOptions {
  readonly url: string
  readonly token: string
  readonly projectId: string
  readonly heard: (alert: AlertChange) => void
}

const HELLO_MS_MAX = 10_000
const TRIES_MAX = 5

/** Settles once it has begun, with how to end it; begun anew, as a page does, and says why. */
export async function listenToAlerts(options: ListenOptions): Promise<() => void> {
  for (let tries = 1; ; tries++) {
    try {
      return await listenOnce(options)
    } catch (error) {
      process.stderr.write(`the tail of alerts at ${options.url}: ${String(error)}\n`)
      if (tries === TRIES_MAX) throw error
    }
  }
}

function listenOnce({ url, token, projectId, heard }: ListenOptions): Promise<() => void> {
  const address = `${url.replace(/^http/, 'ws')}/api/v1/tail?kind=alerts&project=${projectId}`
  const headers = { authorization: `Bearer ${token}` }
  const socket = new WebSocket(address, { headers, handshakeTimeout: HELLO_MS_MAX })
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(silent)
      socket.terminate()
      reject(new Error(reason))
    }
    const silent = setTimeout(() => fail(`nothing came, state ${socket.readyState}`), HELLO_MS_MAX)
    socket.on('error', ({ message }) => fail(message))
    socket.on('close', (code, reason) => fail(`closed: ${code} ${reason.toString()}`))
    socket.on('message', (data: Buffer) => {
      clearTimeout(silent)
      const frame = JSON.parse(data.toString()) as AlertTailFrame
      if (frame.type === 'alert') heard(frame.alert)
      else resolve(() => socket.terminate())
    })
  })
}
