/**
 * A batch of the log as a dead letter, whole, so that it can be offered again:
 *
 *   length of the envelope u32 little endian | envelope | batch
 *
 * As rejected its envelope names the records that are not meant: those that were refused, and those
 * that the store has.
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { LogEntry } from '#actors/commit-log/commit-log.ts'
import { type Envelope, EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import type { DeadLetter } from './dead-letters.ts'
import { tellRecords } from './refused-records.ts'

const LENGTH_BYTES = 4

/** `rows`: the records that could not be written, by number; null = none of the batch could. */
export function letterOfEntry(
  { envelope, batch }: Pick<LogEntry, 'envelope' | 'batch'>,
  rows: readonly number[] | null,
  facts: Pick<DeadLetter, 'source' | 'reason' | 'atUs'>,
): DeadLetter {
  const rejected = rows === null ? envelope.rejected : others(rows, envelope.recordCount)
  const head = toBinary(EnvelopeSchema, create(EnvelopeSchema, { ...envelope, rejected }))
  const bytes = Buffer.alloc(LENGTH_BYTES + head.length + batch.length)
  bytes.writeUInt32LE(head.length)
  bytes.set(head, LENGTH_BYTES)
  bytes.set(new Uint8Array(batch.memory, batch.offset, batch.length), LENGTH_BYTES + head.length)
  const reason = rows === null ? facts.reason : `${tellRecords(rows)}: ${facts.reason}`
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

function others(rows: readonly number[], count: number): number[] {
  const meant = new Set(rows)
  return Array.from({ length: count }, (_, row) => row).filter(row => !meant.has(row))
}
