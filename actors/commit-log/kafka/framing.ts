/**
 * A batch as a Kafka record:
 *
 *   value    0x00 | schema id i32 big endian | 0x00 | batch, as it came from the sender
 *   header   logboy-envelope: the Envelope message
 *
 * The six bytes are Confluent's frame for Protobuf: magic, id in the registry, and the list of
 * message indexes, which is one zero byte for the first message of a file
 * (https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop).
 */
import { fromBinary } from '@bufbuild/protobuf'
import type { BatchBytes } from '#actors/commit-log/commit-log.ts'
import { type Envelope, EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { copyShared } from '#runtime/shared-copy.ts'

export const ENVELOPE_HEADER = 'logboy-envelope'
export const FRAME_BYTES = 6
/** What this version writes; a record with a higher one is left for a newer Logboy. */
export const ENVELOPE_VERSION_MAX = 1

const MAGIC = 0
const FIRST_MESSAGE = 0

/** A record as a fetch brings it. */
export interface StoredRecord {
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, unknown>>
}

export type Unframed =
  /** `batch` is a view into the record. */
  | { readonly type: 'batch'; readonly envelope: Envelope; readonly batch: Uint8Array }
  /** Written by a newer version: nothing may be concluded from it. */
  | { readonly type: 'newer'; readonly version: number }
  /** Not ours, or damaged. */
  | { readonly type: 'foreign'; readonly reason: string }

/** A record on its way out; the batch is copied once, into the request. */
export interface OutgoingRecord {
  /** Encoded. */
  readonly envelope: Uint8Array
  readonly batch: BatchBytes
  readonly schemaId: number
}

/** Writes frame and batch: the value of the record. */
export function writeFrame(into: Buffer, at: number, { batch, schemaId }: OutgoingRecord): void {
  into[at] = MAGIC
  into.writeInt32BE(schemaId, at + 1)
  into[at + FRAME_BYTES - 1] = FIRST_MESSAGE
  const bytes = new Uint8Array(batch.memory, batch.offset, batch.length)
  copyShared(bytes, into, at + FRAME_BYTES)
}

export function unframe({ value, headers }: StoredRecord): Unframed {
  const header = headers[ENVELOPE_HEADER]
  if (!(header instanceof Uint8Array)) return foreign(`it has no header ${ENVELOPE_HEADER}`)
  if (value === null || value.length < FRAME_BYTES || value[0] !== MAGIC) {
    return foreign('it has no schema frame')
  }
  if (value[FRAME_BYTES - 1] !== FIRST_MESSAGE) return foreign('it is not the first message')
  const envelope = envelopeIn(header)
  if (envelope === null) return foreign('its envelope cannot be read')
  if (envelope.version > ENVELOPE_VERSION_MAX) return { type: 'newer', version: envelope.version }
  return { type: 'batch', envelope, batch: value.subarray(FRAME_BYTES) }
}

function envelopeIn(header: Uint8Array): Envelope | null {
  try {
    return fromBinary(EnvelopeSchema, header)
  } catch {
    return null
  }
}

function foreign(reason: string): Unframed {
  return { type: 'foreign', reason }
}
