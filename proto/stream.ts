/**
 * Messages of the SDK's stream (proto/logboy/v1/ingest.proto) as plain unions. A batch is framed
 * and unframed by hand, so that the gateway's main thread never copies or looks into it:
 *
 *   StreamRequest.batch = 0x12 length BatchMessage
 *   BatchMessage        = 0x08 sequence · 0x10 schema · 0x1a length LogBatch
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  StreamRequestSchema,
  type StreamResponse,
  StreamResponseSchema,
} from './gen/logboy/v1/ingest_pb.ts'
import { WIRE, WireReader } from './wire.ts'
import { scanMessage } from './wire-scan.ts'
import { WireWriter } from './wire-writer.ts'

/** Full name of the method, for a hand-written gRPC service definition. */
export const STREAM_PATH = '/logboy.v1.IngestService/Stream'
/**
 * The producer is unknown here and batches before first_unacked may be missing or repeated. gRPC
 * ends the stream with FAILED_PRECONDITION and details that begin with this word; HTTP answers 409.
 */
export const EPOCH_EXPIRED = 'EPOCH_EXPIRED'

export type ClientMessage =
  | {
      readonly type: 'hello'
      readonly key: string
      /** 63 bits. */
      readonly producer: bigint
      readonly epoch: number
      readonly firstUnacked: number
      readonly schema: number
    }
  | BatchFrame

export interface BatchFrame {
  readonly type: 'batch'
  readonly sequence: number
  readonly schema: number
  /** A LogBatch; when parsed, a view of the message. */
  readonly batch: Uint8Array
}

export interface RejectedRecord {
  readonly index: number
  readonly reason: string
}

/**
 * The same union, with these names in snake case, is the JSON that `POST /ingest/batch` answers.
 */
export type ServerMessage =
  | {
      readonly type: 'welcome'
      /** null = the producer is not known: resend from first_unacked. */
      readonly lastDurable: number | null
      readonly highestSchema: number
      readonly batchBytesMax: number
      readonly batchRecordsMax: number
    }
  | BatchAnswer

export type BatchAnswer =
  | {
      readonly type: 'ack'
      readonly sequence: number
      readonly rejectedCount: number
      /** At most REJECTED_TOLD_MAX of them. */
      readonly rejected: readonly RejectedRecord[]
    }
  | { readonly type: 'reject'; readonly sequence: number; readonly reason: string }
  | {
      readonly type: 'throttle'
      readonly fromSequence: number
      readonly retryAfterMs: number
      readonly reason: string
    }
  | { readonly type: 'new_epoch'; readonly after: number }

export function encodeClientMessage(message: ClientMessage): Uint8Array {
  if (message.type === 'batch') return encodeBatchFrame(message, 0)
  const { key, producer, epoch, schema } = message
  const value = { key, producer, epoch, firstUnacked: BigInt(message.firstUnacked), schema }
  return toBinary(
    StreamRequestSchema,
    create(StreamRequestSchema, { message: { case: 'hello', value } }),
  )
}

const FRAME_BYTES_MAX = 40

/** Frames a batch behind `headroom` empty bytes, where a transport writes a header of its own. */
export function encodeBatchFrame(frame: BatchFrame, headroom: number): Uint8Array<ArrayBuffer> {
  const { sequence, schema, batch } = frame
  const writer = new WireWriter(headroom + batch.length + FRAME_BYTES_MAX)
  writer.position = headroom
  const mark = writer.begin(REQUEST_BATCH)
  writer.varintField(BATCH_MESSAGE.sequence, sequence)
  writer.varintField(BATCH_MESSAGE.schema, schema)
  writer.bytesField(BATCH_MESSAGE.batch, batch)
  writer.end(mark)
  return writer.bytes.subarray(0, writer.position)
}

const REQUEST_BATCH = 2
const BATCH_MESSAGE = { sequence: 1, schema: 2, batch: 3 } as const
const BATCH_MESSAGE_RULES = [undefined, 'varint', 'varint', 'bytes'] as const

/**
 * Reads what a client sent; null = none of ours yet (a newer message). Throws WireError or the
 * generated code's error.
 */
export function parseClientMessage(bytes: Uint8Array): ClientMessage | null {
  const reader = new WireReader(bytes)
  let batch: Uint8Array | null = null
  while (reader.next()) {
    if (reader.field === REQUEST_BATCH && reader.wireType === WIRE.bytes) {
      // Two batches in one oneof would merge; nobody sends that, and the gateway need not read it.
      batch = reader.view()
    } else {
      batch = null
      reader.skip()
    }
  }
  if (batch !== null) return parseBatchMessage(batch)
  const { message } = fromBinary(StreamRequestSchema, bytes)
  if (message.case !== 'hello') return null
  const { key, producer, epoch, firstUnacked, schema } = message.value
  return { type: 'hello', key, producer, epoch, firstUnacked: Number(firstUnacked), schema }
}

function parseBatchMessage(bytes: Uint8Array): BatchFrame {
  const { low, high, view } = scanMessage(bytes, BATCH_MESSAGE_RULES)
  const upper = (high[BATCH_MESSAGE.sequence] as number) >>> 0
  const sequence = upper * 0x1_0000_0000 + ((low[BATCH_MESSAGE.sequence] as number) >>> 0)
  const schema = (low[BATCH_MESSAGE.schema] as number) >>> 0
  return { type: 'batch', sequence, schema, batch: view[BATCH_MESSAGE.batch] ?? new Uint8Array(0) }
}

export function encodeServerMessage(message: ServerMessage): Uint8Array {
  const response = create(StreamResponseSchema, { message: responseOf(message) })
  return toBinary(StreamResponseSchema, response)
}

type ResponseInit = Parameters<typeof create<typeof StreamResponseSchema>>[1]

function responseOf(message: ServerMessage): NonNullable<NonNullable<ResponseInit>['message']> {
  switch (message.type) {
    case 'welcome': {
      const { lastDurable, highestSchema, batchBytesMax, batchRecordsMax } = message
      const known = lastDurable === null ? {} : { lastDurable: BigInt(lastDurable) }
      return { case: 'welcome', value: { highestSchema, batchBytesMax, batchRecordsMax, ...known } }
    }
    case 'ack': {
      const rejected = message.rejected.map(({ index, reason }) => ({ index, reason }))
      const { rejectedCount } = message
      return { case: 'ack', value: { sequence: BigInt(message.sequence), rejectedCount, rejected } }
    }
    case 'reject':
      return {
        case: 'reject',
        value: { sequence: BigInt(message.sequence), reason: message.reason },
      }
    case 'throttle': {
      const { retryAfterMs, reason } = message
      const fromSequence = BigInt(message.fromSequence)
      return { case: 'throttle', value: { fromSequence, retryAfterMs, reason } }
    }
    case 'new_epoch':
      return { case: 'newEpoch', value: { after: BigInt(message.after) } }
  }
}

/** Reads what a server sent; null = a message this version does not know. */
export function parseServerMessage(bytes: Uint8Array): ServerMessage | null {
  const { message }: StreamResponse = fromBinary(StreamResponseSchema, bytes)
  switch (message.case) {
    case 'welcome': {
      const { lastDurable, highestSchema, batchBytesMax, batchRecordsMax } = message.value
      const last = lastDurable === undefined ? null : Number(lastDurable)
      return { type: 'welcome', lastDurable: last, highestSchema, batchBytesMax, batchRecordsMax }
    }
    case 'ack': {
      const { sequence, rejectedCount } = message.value
      const rejected = message.value.rejected.map(({ index, reason }) => ({ index, reason }))
      return { type: 'ack', sequence: Number(sequence), rejectedCount, rejected }
    }
    case 'reject':
      return {
        type: 'reject',
        sequence: Number(message.value.sequence),
        reason: message.value.reason,
      }
    case 'throttle': {
      const { fromSequence, retryAfterMs, reason } = message.value
      return { type: 'throttle', fromSequence: Number(fromSequence), retryAfterMs, reason }
    }
    case 'newEpoch':
      return { type: 'new_epoch', after: Number(message.value.after) }
    case undefined:
      return null
  }
}
