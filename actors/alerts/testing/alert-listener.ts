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

/** Settles once it has begun, with how to end it; rejects with why if it ends before. */
export function listenToAlerts(options: ListenOptions): Promise<() => void> {
  const { url, token, projectId, heard } = options
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
