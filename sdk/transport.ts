/**
 * What the sender needs of a connection: grpc-transport.ts and http-transport.ts are the two real
 * ones.
 */
import type { BatchFrame, ClientMessage, ServerMessage } from '../proto/stream.ts'

export type Hello = Extract<ClientMessage, { type: 'hello' }>

export type ConnectionEnd =
  /** What this producer sent before is not known to the server. */
  | { readonly type: 'epoch-expired' }
  /** The key is not good, or not for this. */
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'unavailable'; readonly reason: string; readonly retryAfterMs: number }

export interface ConnectionHandler {
  received(message: ServerMessage): void
  /** Called at most once, and not after `close`. */
  closed(end: ConnectionEnd): void
}

export interface Connection {
  send(frame: BatchFrame): void
  /** Ends it at once; nothing is received after it. */
  close(): void
}

export interface Transport {
  readonly name: 'grpc' | 'http'
  /** Its welcome comes from the server, and so proves that the server can be reached this way. */
  readonly isGreeted: boolean
  /** Begins with the hello and answers with a welcome; never throws, and never answers at once. */
  connect(hello: Hello, handler: ConnectionHandler): Connection
}
