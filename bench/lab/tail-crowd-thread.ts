/** Many tails in a thread of their own, which only count: the least that a reader can do. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

export interface TailCrowdOptions {
  readonly port: number
  readonly key: string
  /** One socket each. */
  readonly queries: readonly string[]
  /** They never read what comes after the first frame. */
  readonly stalled: boolean
}

export interface TailCrowdReport {
  readonly bytes: number
  readonly closed: number
}

const { port, key, queries, stalled } = workerData as TailCrowdOptions
/** Waiting to be accepted at once. */
const OPENING_MAX = 50

let bytes = 0
let closed = 0
for (let at = 0; at < queries.length; at += OPENING_MAX) {
  await Promise.all(queries.slice(at, at + OPENING_MAX).map(open))
}
parentPort?.postMessage('open')
parentPort?.on('message', () => parentPort?.postMessage({ bytes, closed }))

async function open(query: string): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => undefined)
  socket.on('close', () => closed++)
  socket.write(upgradeOf(query))
  const answer = await readHead(socket)
  if (!answer.startsWith('HTTP/1.1 101')) throw new Error(answer)
  count(socket)
}

/** It may come in pieces, and the first frames with its end. */
async function readHead(socket: Socket): Promise<string> {
  let head = ''
  while (!head.includes('\r\n\r\n')) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    head += chunk.toString('latin1')
  }
  return head
}

function count(socket: Socket): void {
  if (stalled) return void socket.pause()
  socket.on('data', chunk => {
    bytes += chunk.length
  })
}

function upgradeOf(query: string): string {
  const path = `/api/v1/tail?query=${encodeURIComponent(query)}`
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
  const nonce = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
  return `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n${upgrade}${nonce}\r\n`
}
