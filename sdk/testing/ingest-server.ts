/**
 * Servers that speak the real transports over the model of the protocol: what they store is judged.
 */
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js'
import { batchAnswerJson, type HttpBatchAnswer } from '../../proto/batch-answer.ts'
import { openLogBatch } from '../../proto/log-batch.ts'
import {
  type ClientMessage,
  encodeServerMessage,
  parseClientMessage,
  STREAM_PATH,
} from '../../proto/stream.ts'
import { type PlainRow, readColumns } from '../../proto/testing/batches.ts'

type Hello = Extract<ClientMessage, { type: 'hello' }>

/** A decision instead of storing; null = store. */
export type Interfere = (sequence: number) => HttpBatchAnswer | 'cut' | null

/** Keeps each batch once, by the rules of admission. */
export class IngestStore {
  readonly rows: PlainRow[] = []
  readonly hellos: Pick<Hello, 'key' | 'producer' | 'epoch' | 'firstUnacked'>[] = []
  interfere: Interfere = () => null
  private readonly last = new Map<string, number>()

  lastOf(producer: bigint, epoch: number): number | undefined {
    return this.last.get(`${producer}/${epoch}`)
  }

  take(producer: bigint, epoch: number, sequence: number, batch: Uint8Array): void {
    if (sequence <= (this.lastOf(producer, epoch) ?? 0)) return
    this.last.set(`${producer}/${epoch}`, sequence)
    this.rows.push(...readColumns(openLogBatch(Uint8Array.from(batch))))
  }
}

export interface RunningServer {
  readonly port: number
  close(): Promise<void>
}

const pass = {
  requestSerialize: (bytes: Buffer) => bytes,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
  responseDeserialize: (bytes: Buffer) => bytes,
}

export async function startGrpc(
  store: IngestStore,
  credentials: ServerCredentials = ServerCredentials.createInsecure(),
  wantedPort = 0,
): Promise<RunningServer> {
  const server = new Server()
  server.addService(
    { Stream: { path: STREAM_PATH, requestStream: true, responseStream: true, ...pass } },
    { Stream: (call: ServerDuplexStream<Buffer, Uint8Array>) => serveStream(call, store) },
  )
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${wantedPort}`, credentials, (error, bound) => {
      if (error === null) resolve(bound)
      else reject(error)
    })
  })
  return {
    port,
    close: async () => {
      server.forceShutdown()
    },
  }
}

function serveStream(call: ServerDuplexStream<Buffer, Uint8Array>, store: IngestStore): void {
  let hello: Hello | null = null
  let discardFrom: number | null = null
  // What comes after the batch that ended the stream must not be stored before it.
  let isEnded = false
  const end = (code: status, details: string): void => {
    isEnded = true
    call.emit('error', { code, details })
  }
  call.on('error', () => {})
  call.on('end', () => call.end())
  call.on('data', (bytes: Buffer) => {
    const message = isEnded ? null : parseClientMessage(bytes)
    if (message?.type === 'hello') {
      hello = message
      store.hellos.push(message)
      if (message.key === 'bad') {
        end(status.UNAUTHENTICATED, 'the key is unknown')
        return
      }
      const lastDurable = store.lastOf(message.producer, message.epoch) ?? null
      const limits = { highestSchema: 1, batchBytesMax: 1, batchRecordsMax: 1 }
      call.write(encodeServerMessage({ type: 'welcome', lastDurable, ...limits }))
      return
    }
    if (message === null || hello === null) return
    const { sequence } = message
    if (discardFrom !== null && sequence !== discardFrom) return
    discardFrom = null
    const answer = store.interfere(sequence)
    if (answer === 'cut') {
      end(status.UNAVAILABLE, 'cut')
    } else if (answer?.type === 'epoch_expired') {
      end(status.FAILED_PRECONDITION, 'EPOCH_EXPIRED: unknown')
    } else if (answer === null) {
      store.take(hello.producer, hello.epoch, sequence, message.batch)
      call.write(encodeServerMessage({ type: 'ack', sequence, rejectedCount: 0, rejected: [] }))
    } else {
      if (answer.type === 'throttle') discardFrom = sequence
      call.write(encodeServerMessage(answer))
    }
  })
}

export async function startHttp(store: IngestStore): Promise<RunningServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => answerPost(request, response, Buffer.concat(chunks), store))
  })
  const port = await listen(server)
  return {
    port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: HttpServer): Promise<number> {
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

function answerPost(
  request: IncomingMessage,
  response: ServerResponse,
  batch: Buffer,
  store: IngestStore,
): void {
  const header = (name: string): string => String(request.headers[name] ?? '')
  const key = header('authorization').replace('Bearer ', '')
  if (request.url !== '/ingest/batch' || request.method !== 'POST') {
    response.writeHead(404).end('no such page')
    return
  }
  if (key === 'bad') {
    response.writeHead(401).end('{"detail":"the key is unknown"}')
    return
  }
  const producer = BigInt(header('logboy-producer'))
  const epoch = Number(header('logboy-epoch'))
  const sequence = Number(header('logboy-sequence'))
  const firstUnacked = Number(header('logboy-first-unacked'))
  store.hellos.push({ key, producer, epoch, firstUnacked })
  const answer = store.interfere(sequence)
  if (answer === 'cut') request.socket.destroy()
  else if (answer === null) {
    store.take(producer, epoch, sequence, batch)
    response.end(batchAnswerJson({ type: 'ack', sequence, rejectedCount: 0, rejected: [] }))
  } else {
    const code = answer.type === 'throttle' ? 503 : answer.type === 'epoch_expired' ? 409 : 200
    response.writeHead(code).end(batchAnswerJson(answer))
  }
}
