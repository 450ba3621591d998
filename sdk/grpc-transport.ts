/**
 * The stream over gRPC, spoken directly on node's HTTP/2: one bidirectional call with messages of
 * bytes needs no more, and a socket of our own can be told not to keep the application alive.
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type SecureClientSessionOptions,
} from 'node:http2'
import { rootCertificates } from 'node:tls'
import {
  type BatchFrame,
  EPOCH_EXPIRED,
  encodeBatchFrame,
  encodeClientMessage,
  parseServerMessage,
  STREAM_PATH,
} from '../proto/stream.ts'
import { FRAME_HEAD_BYTES, FrameReader, frameOf, writeFrameHead } from './grpc-frames.ts'
import type { Connection, ConnectionEnd, ConnectionHandler, Hello, Transport } from './transport.ts'
import { SDK_NAME, SDK_VERSION } from './version.ts'

export interface GrpcTransportOptions {
  /** `http://host:port` or `https://host:port`. */
  readonly origin: string
  /** PEM of an authority to be trusted beside the known ones. */
  readonly authority: string | null
}

/** Statuses of gRPC that mean something to us. */
const GRPC_STATUS = {
  ok: 0,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unauthenticated: 16,
} as const
const EXHAUSTED_RETRY_MS = 1_000

export class GrpcTransport implements Transport {
  readonly name = 'grpc'
  readonly isGreeted = true
  private readonly origin: string
  private readonly sessionOptions: SecureClientSessionOptions

  constructor({ origin, authority }: GrpcTransportOptions) {
    this.origin = origin
    this.sessionOptions = authority === null ? {} : { ca: [...rootCertificates, authority] }
  }

  connect(hello: Hello, handler: ConnectionHandler): Connection {
    const session = connect(this.origin, this.sessionOptions)
    session.unref()
    return new GrpcConnection(session, hello, handler)
  }
}

class GrpcConnection implements Connection {
  private readonly session: ClientHttp2Session
  private readonly stream: ClientHttp2Stream
  private readonly handler: ConnectionHandler
  private readonly frames = new FrameReader()
  private isEnded = false

  constructor(session: ClientHttp2Session, hello: Hello, handler: ConnectionHandler) {
    this.session = session
    this.handler = handler
    // Going away is no end: node closes the session once the stream has had its last answers.
    session.on('error', error => this.end(unavailable(error.message)))
    session.on('close', () => this.end(unavailable('the connection was closed')))
    this.stream = session.request({
      ':method': 'POST',
      ':path': STREAM_PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': `${SDK_NAME}/${SDK_VERSION}`,
    })
    this.stream.on('response', headers => this.answered(headers))
    this.stream.on('trailers', trailers => this.end(endOf(trailers)))
    this.stream.on('data', (chunk: Uint8Array) => this.read(chunk))
    this.stream.on('error', error => this.end(unavailable(error.message)))
    this.stream.on('close', () => this.end(unavailable('the stream was closed')))
    this.stream.write(frameOf(encodeClientMessage(hello)))
  }

  send(frame: BatchFrame): void {
    if (this.isEnded) return
    const bytes = encodeBatchFrame(frame, FRAME_HEAD_BYTES)
    writeFrameHead(bytes)
    this.stream.write(bytes)
  }

  close(): void {
    this.isEnded = true
    this.session.destroy()
  }

  private answered(headers: IncomingHttpHeaders & IncomingHttpStatusHeader): void {
    const status = headers[':status']
    if (headers['grpc-status'] !== undefined) this.end(endOf(headers))
    else if (status !== 200) this.end(unavailable(`not a gRPC server: HTTP status ${status}`))
  }

  private read(chunk: Uint8Array): void {
    try {
      for (const bytes of this.frames.push(chunk)) {
        const message = parseServerMessage(bytes)
        if (message !== null && !this.isEnded) this.handler.received(message)
      }
    } catch (error) {
      this.end(unavailable(`not an answer of ours: ${String(error)}`))
    }
  }

  private end(end: ConnectionEnd): void {
    if (this.isEnded) return
    this.close()
    this.handler.closed(end)
  }
}

function unavailable(reason: string, retryAfterMs = 0): ConnectionEnd {
  return { type: 'unavailable', reason, retryAfterMs }
}

function endOf(trailers: IncomingHttpHeaders): ConnectionEnd {
  const status = Number(trailers['grpc-status'])
  const message = decodeMessage(String(trailers['grpc-message'] ?? ''))
  if (status === GRPC_STATUS.failedPrecondition && message.startsWith(EPOCH_EXPIRED)) {
    return { type: 'epoch-expired' }
  }
  if (status === GRPC_STATUS.unauthenticated || status === GRPC_STATUS.permissionDenied) {
    return { type: 'refused', reason: message }
  }
  if (status === GRPC_STATUS.ok) return unavailable('the server ended the stream')
  const retryAfterMs = status === GRPC_STATUS.resourceExhausted ? EXHAUSTED_RETRY_MS : 0
  return unavailable(`gRPC status ${status}: ${message}`, retryAfterMs)
}

/** gRPC percent-encodes its messages; a broken one is shown as it came. */
function decodeMessage(message: string): string {
  try {
    return decodeURIComponent(message)
  } catch {
    return message
  }
}
