/** A process that acknowledges every batch and keeps nothing: the SDK without a server. */
import { type ChildProcess, fork } from 'node:child_process'
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js'
import { encodeServerMessage, parseClientMessage, STREAM_PATH } from '#proto/stream.ts'

export interface StreamSink {
  readonly url: string
  close(): void
}

const MESSAGE_BYTES_MAX = 2 * 1024 * 1024

/** Starts the sink in a process of its own, so that its work is not counted. */
export async function startStreamSink(): Promise<StreamSink> {
  const child: ChildProcess = fork(new URL(import.meta.url), { execArgv: [] })
  const port = await new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve)
    child.once('error', reject)
  })
  return { url: `grpc://127.0.0.1:${String(port)}`, close: () => child.kill() }
}

const pass = {
  requestSerialize: (bytes: Buffer) => bytes,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
  responseDeserialize: (bytes: Buffer) => bytes,
}

function acknowledge(call: ServerDuplexStream<Buffer, Uint8Array>): void {
  call.on('error', () => {})
  call.on('end', () => call.end())
  call.on('data', (bytes: Buffer) => {
    const message = parseClientMessage(bytes)
    if (message?.type === 'batch') {
      const { sequence } = message
      call.write(encodeServerMessage({ type: 'ack', sequence, rejectedCount: 0, rejected: [] }))
    } else {
      const limits = { highestSchema: 1, batchBytesMax: 786_432, batchRecordsMax: 8_192 }
      call.write(encodeServerMessage({ type: 'welcome', lastDurable: null, ...limits }))
    }
  })
}

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  const server = new Server({ 'grpc.max_receive_message_length': MESSAGE_BYTES_MAX })
  server.addService(
    { Stream: { path: STREAM_PATH, requestStream: true, responseStream: true, ...pass } },
    { Stream: acknowledge },
  )
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error
    process.send?.(port)
  })
}
