/** Reads spool files that somebody else wrote: what is whole of them, and what that means. */
import type { OldBatch } from '../batch-queue.ts'
import type { OldBatches } from '../batch-spool.ts'
import {
  type BatchRecord,
  bufferOf,
  decodeFileHeader,
  decodeRecord,
  type EpochRecord,
  FILE_HEADER_BYTES,
  findRecord,
  type SettledRecord,
} from './spool-format.ts'

/** A batch without its bytes. */
export interface ScannedBatch extends Omit<BatchRecord, 'bytes'> {
  /** Where the body begins. */
  readonly position: number
  readonly length: number
}

export interface ScannedFile {
  readonly name: string
  readonly bytes: number
  readonly records: readonly (ScannedBatch | SettledRecord | EpochRecord)[]
  /** What is wrong with it. A torn end is nothing wrong: the writer died. */
  readonly damage: string | null
  /** Records of batches that are damaged; those whose very number is unknown are not counted. */
  readonly lostRecords: number
}

/** Takes every whole record of a file; never throws, whatever the bytes are. */
export function scanFile(name: string, content: Uint8Array): ScannedFile {
  const bytes = bufferOf(content)
  const header = decodeFileHeader(bytes)
  const empty = { name, bytes: bytes.length, records: [], lostRecords: 0 }
  if (header.type === 'newer') return { ...empty, damage: `version ${header.version} is newer` }
  if (header.type === 'damaged') {
    // A file that was only just begun has nothing to lose.
    return { ...empty, damage: bytes.length > FILE_HEADER_BYTES ? 'no sound header' : null }
  }
  const records: ScannedFile['records'][number][] = []
  let [damage, lostRecords]: [string | null, number] = [null, 0]
  let brokenAt: number | null = null
  for (let at = FILE_HEADER_BYTES; at < bytes.length; ) {
    const decoded = decodeRecord(bytes, at, header.salt)
    if (decoded.type === 'none') {
      brokenAt ??= at
      at = findRecord(bytes, at + 1)
      continue
    }
    // Something follows it: what was broken is no torn end.
    if (brokenAt !== null) damage ??= `damaged at byte ${brokenAt}`
    brokenAt = null
    if (decoded.type === 'record') records.push(withoutBytes(decoded.record, decoded.end))
    else {
      damage ??= `damaged at byte ${at}`
      lostRecords += decoded.records
    }
    at = decoded.end
  }
  return { name, bytes: bytes.length, records, damage, lostRecords }
}

function withoutBytes(
  record: BatchRecord | SettledRecord | EpochRecord,
  end: number,
): ScannedFile['records'][number] {
  if (record.type !== 'batch') return record
  const { bytes, ...rest } = record
  return { ...rest, position: end - bytes.length, length: bytes.length }
}

export interface ScannedSpool extends OldBatches {
  /** As they were noted last. */
  readonly epochRecord: EpochRecord
  readonly settledRecord: SettledRecord
}

/** Puts the files of one spool together; null = they do not say whose batches these are. */
export function joinFiles(files: readonly ScannedFile[]): ScannedSpool | null {
  const found = new Map<number, { readonly file: string; readonly batch: ScannedBatch }>()
  let epoch: EpochRecord | null = null
  let settled: SettledRecord = { type: 'settled', beforeOrdinal: 0, acknowledgedUs: null }
  for (const { name, records } of files) {
    for (const record of records) {
      if (record.type === 'epoch') epoch = record
      else if (record.type === 'settled') settled = record
      else found.set(record.ordinal, { file: name, batch: record })
    }
  }
  if (epoch === null) return null
  const first = Math.max(epoch.fromOrdinal, settled.beforeOrdinal)
  const skipped = new Set(epoch.skipped)
  const left = [...found.values()]
    .filter(({ batch }) => batch.ordinal >= first && !skipped.has(batch.ordinal))
    .sort((a, b) => a.batch.ordinal - b.batch.ordinal)
  const begunUs = left.reduce((min, { batch }) => Math.min(min, batch.sealedUs), Number.MAX_VALUE)
  const batches = left.map(({ file, batch }) => oldBatchOf(file, batch, epoch))
  const { producer, epoch: number } = epoch
  const knownUs = settled.acknowledgedUs ?? begunUs
  return { producer, epoch: number, knownUs, batches, epochRecord: epoch, settledRecord: settled }
}

function oldBatchOf(file: string, batch: ScannedBatch, epoch: EpochRecord): OldBatch {
  const { ordinal, records, length, position } = batch
  const skippedBefore = epoch.skipped.filter(skipped => skipped < ordinal).length
  const sequence = ordinal - epoch.fromOrdinal + 1 - skippedBefore
  return { ordinal, sequence, records, length, place: { file, position } }
}
