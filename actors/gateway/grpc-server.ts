/**
 * The SDK's stream over gRPC, and OpenTelemetry's logs. The services are defined by hand: messages stay bytes, so that the main
 * thread neither decodes a batch nor copies it more than once.
 */
import {
  experimental,
  status as grpcStatus,
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  setLogVerbosity,
} from '@grpc/grpc-js'
import type { TlsFiles } from '#actors/http/http-server.ts'
import { ListenError, portTaken } from '#actors/http/listen-error.ts'
import { plainAddress } from '#actors/http/peer-address.ts'
import { readTlsPair, watchTlsFiles } from '#actors/http/tls-files.ts'
import { BATCH_MESSAGE_BYTES_MAX } from '#proto/limits.ts'
import { STREAM_PATH } from '#proto/stream.ts'
import type { Clock } from '#runtime/index.ts'
import type { StreamTransport } from './ingest-stream.ts'
import type { OpenStreams } from './open-streams.ts'
import type { OtlpDoor } from './otlp/otlp-door.ts'
import { EXPORT_LOGS_PATH, exportLogs } from './otlp/otlp-grpc.ts'
import type { SessionEnd } from './stream-session.ts'

export interface StartGrpcOptions {
  readonly host: string
  readonly port: number
  readonly tls: TlsFiles | null
  readonly streams: OpenStreams
  readonly otlp: OtlpDoor
  readonly clock: Clock
  readonly onFault: (error: Error, where: string) => void
  /** How long streams may take to end when the server stops. */
  readonly closeGraceMs?: number
}

export interface GrpcServer {
  /** The port in use, also where 0 was asked for. */
  readonly port: number
  /** Answers what is on its way, ends all streams, stops listening. */
  close(): Promise<void>
}

/** On one connection; an SDK has one. */
const STREAMS_PER_CONNECTION_MAX = 32
/** As much as is on its way between continents at some tens of megabytes a second. */
const FLOW_WINDOW_BYTES = 2 * 1024 * 1024
/** As much as servers of OpenTelemetry take, so that no client has to be told to send less. */
const OTLP_MESSAGE_BYTES_MAX = 4 * 1024 * 1024
const KEEPALIVE_MS = 30_000
const KEEPALIVE_TIMEOUT_MS = 10_000
const CONNECTION_IDLE_MS = 300_000
const CLOSE_GRACE_MS = 5_000

type Call = ServerDuplexStream<Buffer, Uint8Array>

const bytes = {
  requestSerialize: (message: Buffer) => message,
  requestDeserialize: (message: Buffer) => message,
  responseSerialize: (message: Uint8Array) => Buffer.from(message),
  responseDeserialize: (message: Buffer) => message,
}

/** All that is offered here; `api/isolation.test.ts` asks each method as somebody else's tenant. */
export const GRPC_SERVICE: ServiceDefinition = {
  Stream: { path: STREAM_PATH, requestStream: true, responseStream: true, ...bytes },
  ExportLogs: { path: EXPORT_LOGS_PATH, requestStream: true, responseStream: false, ...bytes },
}

/** Listens, or rejects with LOGBOY_PORT_TAKEN, LOGBOY_LISTEN_FAILED or LOGBOY_TLS_INVALID. */
export async function startGrpc(options: StartGrpcOptions): Promise<GrpcServer> {
  const { host, port: wanted, streams, otlp } = options
  // What it would say on stderr comes to us as errors, too.
  setLogVerbosity(logVerbosity.NONE)
  const server = new Server({
    'grpc.max_receive_message_length': OTLP_MESSAGE_BYTES_MAX,
    'grpc.max_concurrent_streams': STREAMS_PER_CONNECTION_MAX,
    'grpc-node.flow_control_window': FLOW_WINDOW_BYTES,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    'grpc.max_connection_idle_ms': CONNECTION_IDLE_MS,
  })
  const stream = (call: Call): void => serve(call, streams)
  server.addService(GRPC_SERVICE, { Stream: stream, ExportLogs: exportLogs(otlp, peerOf) })
  const { credentials, stopWatching } = credentialsOf(options)
  let port: number
  try {
    port = await bind(server, { host, port: wanted, credentials })
  } catch (error) {
    stopWatching()
    throw error
  }
  return {
    port,
    async close() {
      stopWatching()
      server.unbind(`${urlHost(host)}:${port}`)
      const graceMs = options.closeGraceMs ?? CLOSE_GRACE_MS
      await streams.stop(graceMs)
      await shutDown(server, options.clock, graceMs)
    },
  }
}

/** Lets connections end by themselves: the last words of their streams are on their way. */
function shutDown(server: Server, clock: Clock, graceMs: number): Promise<void> {
  return new Promise(resolve => {
    const cancel = clock.after(graceMs, () => {
      server.forceShutdown()
      resolve()
    })
    server.tryShutdown(() => {
      cancel()
      resolve()
    })
  })
}

function serve(call: Call, streams: OpenStreams): void {
  const stream = streams.open(new GrpcTransport(call))
  call.on('data', (message: Buffer) => {
    if (message.length <= BATCH_MESSAGE_BYTES_MAX) stream.received(message)
    else tooLong(call, stream)
  })
  call.on('end', () => stream.senderFinished())
  call.on('drain', () => stream.drained())
  call.on('cancelled', () => stream.gone())
  // An error of the connection; 'cancelled' or 'close' follows.
  call.on('error', () => {})
  call.on('close', () => stream.gone())
}

/** What is shared with OpenTelemetry takes longer messages than a batch can be. */
function tooLong(call: Call, stream: ReturnType<OpenStreams['open']>): void {
  const details = `a message is longer than ${BATCH_MESSAGE_BYTES_MAX} bytes`
  call.emit('error', { code: grpcStatus.RESOURCE_EXHAUSTED, details })
  stream.gone()
}

function peerOf(call: { getPeer(): string }): string {
  return plainAddress(call.getPeer().replace(/^\[?(.*?)\]?:\d+$/, '$1'))
}

class GrpcTransport implements StreamTransport {
  readonly peer: string
  readonly #call: Call

  constructor(call: Call) {
    this.#call = call
    this.peer = peerOf(call)
  }

  send(message: Uint8Array): boolean {
    return this.#call.write(message)
  }

  pause(): void {
    this.#call.pause()
  }

  resume(): void {
    this.#call.resume()
  }

  end({ status, details }: SessionEnd): void {
    if (this.#call.cancelled) return
    if (status === 'ok') this.#call.end()
    else this.#call.emit('error', { code: STATUS[status], details })
  }
}

const STATUS: Readonly<Record<SessionEnd['status'], grpcStatus>> = {
  ok: grpcStatus.OK,
  unauthenticated: grpcStatus.UNAUTHENTICATED,
  forbidden: grpcStatus.PERMISSION_DENIED,
  'bad-request': grpcStatus.INVALID_ARGUMENT,
  'epoch-expired': grpcStatus.FAILED_PRECONDITION,
  'too-many': grpcStatus.RESOURCE_EXHAUSTED,
  unavailable: grpcStatus.UNAVAILABLE,
  'too-slow': grpcStatus.DEADLINE_EXCEEDED,
}

interface Credentials {
  readonly credentials: ServerCredentials
  readonly stopWatching: () => void
}

/** New connections get the certificate that was valid last; open ones keep theirs. */
function credentialsOf({ tls: files, clock, onFault }: StartGrpcOptions): Credentials {
  if (files === null) {
    return { credentials: ServerCredentials.createInsecure(), stopWatching: () => {} }
  }
  const watch = watchTlsFiles({ files, clock, onFault })
  const provider: experimental.CertificateProvider = {
    addCaCertificateListener() {},
    removeCaCertificateListener() {},
    addIdentityCertificateListener(listener) {
      const take = ({ cert, key }: { cert: Buffer; key: Buffer }): void =>
        listener({ certificate: cert, privateKey: key })
      // Told at once, it would be overheard: the server begins to listen right after this.
      queueMicrotask(() => take(readTlsPair(files)))
      watch.onChange(take)
    },
    removeIdentityCertificateListener() {},
  }
  // The types name the arguments the other way round; the first is who we are.
  const credentials = experimental.createCertificateProviderServerCredentials(provider, null, false)
  return { credentials, stopWatching: () => watch.stop() }
}

interface Binding {
  readonly host: string
  readonly port: number
  readonly credentials: ServerCredentials
}

function bind(server: Server, { host, port, credentials }: Binding): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`${urlHost(host)}:${port}`, credentials, (error, bound) => {
      if (error === null) resolve(bound)
      else if (/EADDRINUSE|EADDRNOTAVAIL/.test(error.message)) reject(portTaken(host, port, error))
      else {
        const message = `cannot listen on ${host}:${port}: ${error.message}`
        reject(new ListenError('LOGBOY_LISTEN_FAILED', message, error))
      }
    })
  })
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
