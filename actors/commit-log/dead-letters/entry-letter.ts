/**
 * A batch of the log as a dead letter, whole, so that it can be offered again:
 *
 *   length of the envelope u32 little endian | envelope | batch
 */
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import type { LogEntry } from '#actors/commit-log/commit-log.ts'
import { type Envelope, EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import type { DeadLetter } from './dead-letters.ts'

const LENGTH_BYTES = 4
/** Of those whose numbers the reason names. */
const ROWS_TOLD_MAX = 100

/** `rows`: the records that could not be written, by number; null = none of the batch could. */
export function letterOfEntry(
  { envelope, batch }: Pick<LogEntry, 'envelope' | 'batch'>,
  rows: readonly number[] | null,
  facts: Pick<DeadLetter, 'source' | 'reason' | 'atUs'>,
): DeadLetter {
  const head = toBinary(EnvelopeSchema, envelope)
  const bytes = Buffer.alloc(LENGTH_BYTES + head.length + batch.length)
  bytes.writeUInt32LE(head.length)
  bytes.set(head, LENGTH_BYTES)
  bytes.set(new Uint8Array(batch.memory, batch.offset, batch.length), LENGTH_BYTES + head.length)
  const reason = rows === null ? facts.reason : `${tellRows(rows)}: ${facts.reason}`
  return { ...facts, reason, projectId: envelope.projectId, bytes }
}

/** Throws for a letter that is no batch. */
export function entryInLetter({ bytes }: Pick<DeadLetter, 'bytes'>): {
  readonly envelope: Envelope
  readonly batch: Uint8Array
} {
  const length = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readUInt32LE()
  const envelope = fromBinary(EnvelopeSchema, bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length))
  return { envelope, batch: bytes.subarray(LENGTH_BYTES + length) }
}

function tellRows(rows: readonly number[]): string {
  const told = rows.slice(0, ROWS_TOLD_MAX).join(', ')
  const more = rows.length - ROWS_TOLD_MAX
  return `records ${told}${more > 0 ? ` and ${more} more` : ''}`
}
