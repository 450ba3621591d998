/**
 * Records what the SDK of this version says:
 * `node sdk/testing/record-streams.ts > sdk/testing/recorded/VERSION.json`, once for each published
 * version.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchAnswerJson } from '../../proto/batch-answer.ts'
import { encodeServerMessage, parseClientMessage, type ServerMessage } from '../../proto/stream.ts'
import { createLogger } from '../create-logger.ts'
import { FrameReader, frameOf } from '../grpc-frames.ts'
import type { Logger } from '../logger.ts'
import { SDK_VERSION } from '../version.ts'
import { batchesOfSpool, plainRows, type RecordedStream } from './recorded-stream.ts'

const KEY = 'lb_recorded0000_0123456789abcdefghijklmnopqrstuvwxyz'
const OPTIONS = { key: KEY, service: 'checkout', host: 'web-1', exitHooks: false }
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const FLUSH_MS = 10_000

/** Three batches with everything that a record may have. */
async function logAll(log: Logger): Promise<void> {
  log.info('order placed', { order_id: 4711, total: 99.5, paid: true, coupon: null })
  log.trace('Größe 木 🪵', { list: [1, 'two', null], deep: { user: { id: 'u1' } } })
  await log.flush(FLUSH_MS)
  const error = new TypeError('card declined')
  error.stack = 'TypeError: card declined\n    at pay (/app/pay.js:7:11)'
  log.error(error, 'payment failed')
  log.child({ trace_id: TRACE, span_id: '00f067aa0ba902b7', region: 'eu' }).warn('slow')
  log.fatal({ big: 2n ** 60n, huge: 2n ** 80n, when: new Date(0) })
  await log.flush(FLUSH_MS)
  for (let i = 0; i < 12; i++)
    log.debug(`step ${i}`, { i, even: i % 2 === 0, [`only.${i % 7}`]: 'x' })
  await log.flush(FLUSH_MS)
}

function listen(server: Server): Promise<number> {
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

async function recordGrpc(): Promise<RecordedStream['grpc']> {
  const frames: Uint8Array[] = []
  const batches: Uint8Array[] = []
  let headers: Record<string, string> = {}
  const server = createHttp2Server()
  server.on('stream', (stream, sent) => {
    const names = Object.keys(sent).filter(name => name !== ':authority' && name !== ':scheme')
    headers = Object.fromEntries(names.map(name => [name, String(sent[name])]))
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
    const reader = new FrameReader()
    stream.on('data', (chunk: Uint8Array) => {
      for (const message of reader.push(chunk)) {
        frames.push(frameOf(message))
        const parsed = parseClientMessage(message)
        if (parsed?.type === 'batch') batches.push(Uint8Array.from(parsed.batch))
        const { sequence } = parsed?.type === 'batch' ? parsed : { sequence: 0 }
        const limits = { highestSchema: 1, batchBytesMax: 786_432, batchRecordsMax: 8_192 }
        const answer: ServerMessage =
          sequence === 0
            ? { type: 'welcome', lastDurable: null, ...limits }
            : { type: 'ack', sequence, rejectedCount: 0, rejected: [] }
        stream.write(frameOf(encodeServerMessage(answer)))
      }
    })
  })
  const port = await listen(server)
  const log = createLogger({ ...OPTIONS, url: `grpc://127.0.0.1:${port}` })
  await logAll(log)
  await log.close()
  server.close()
  return { headers, frames: frames.map(base64), rows: plainRows(batches) }
}

const REQUEST = /^POST [^]*?content-length: (\d+)\r\n[^]*?\r\n\r\n/i

async function recordHttp(): Promise<RecordedStream['http']> {
  const requests: Buffer[] = []
  const batches: Buffer[] = []
  const server = createServer(socket => {
    let received = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      // It tries gRPC first.
      if (received.toString('latin1').startsWith('PRI')) return socket.destroy()
      const [head = '', length] = REQUEST.exec(received.toString('latin1')) ?? []
      if (length === undefined || received.length < head.length + Number(length)) return
      requests.push(received)
      batches.push(received.subarray(head.length))
      received = Buffer.alloc(0)
      const sequence = requests.length
      const body = batchAnswerJson({ type: 'ack', sequence, rejectedCount: 0, rejected: [] })
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    })
  })
  const url = `http://127.0.0.1:${await listen(server)}`
  const log = createLogger({ ...OPTIONS, url, grpcUrl: url })
  await logAll(log)
  await log.close()
  server.close()
  return { requests: requests.map(base64), rows: plainRows(batches) }
}

async function recordSpool(): Promise<RecordedStream['spool']> {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-recorded-'))
  const server = createServer()
  const port = await listen(server)
  await new Promise(resolve => server.close(resolve))
  const log = createLogger({ ...OPTIONS, url: `grpc://127.0.0.1:${port}`, spool: { folder } })
  log.info('left behind', { n: 1 })
  await log.flush(100)
  log.info('left behind', { n: 2 })
  await log.close(100)
  const [name] = readdirSync(folder, { recursive: true }).filter(each =>
    String(each).endsWith('.spool'),
  )
  const file = readFileSync(join(folder, String(name)))
  rmSync(folder, { recursive: true })
  return { file: base64(file), rows: plainRows(batchesOfSpool(file)) }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

const recorded: RecordedStream = {
  version: SDK_VERSION,
  key: KEY,
  grpc: await recordGrpc(),
  http: await recordHttp(),
  spool: await recordSpool(),
}
process.stdout.write(`${JSON.stringify(recorded, null, 2)}\n`)
// Connections that are kept alive would keep this process, too.
process.exit(0)
