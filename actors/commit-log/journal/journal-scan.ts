import { crc32 } from 'node:zlib'
import type { Position } from '../positions.ts'
import {
  bufferOf,
  type CommitHeader,
  decodeRecord,
  type EntryHeader,
  entryBytes,
  RECORD_HEADER_BYTES,
} from './journal-format.ts'

export type ScannedRecord =
  /** An intact entry; offsets count from the start of the scanned bytes. */
  | ({
      readonly type: 'entry'
      readonly end: Position
      readonly headerAt: number
      readonly envelopeAt: number
      readonly batchAt: number
    } & EntryHeader)
  | ({ readonly type: 'commit'; readonly end: Position } & CommitHeader)
  /** Bytes that should have been a record and are none. */
  | { readonly type: 'damaged'; readonly position: Position; readonly end: Position }

export interface Scan {
  readonly records: readonly ScannedRecord[]
  /** Where to go on: the end of the bytes, or the start of a record that they hold only in part. */
  readonly next: Position
  /** How many bytes from `next` on that record needs. */
  readonly needed: number
}

export interface ScanInput {
  readonly bytes: Uint8Array
  /** Log position of the first byte: a multiple of 8 from the start of its file. */
  readonly position: Position
  readonly salt: number
  /** Nothing follows these bytes: a record that is not whole is damaged. */
  readonly last: boolean
}

/**
 * Finds the records in a piece of a journal file. What has a wrong checksum is skipped, to the next
 * place where a record proves itself; nothing but whole, proven records comes out.
 */
export function scanRecords({ bytes, position, salt, last }: ScanInput): Scan {
  const buffer = bufferOf(bytes)
  const records: ScannedRecord[] = []
  let at = 0
  let damagedFrom = -1
  const endDamage = (): void => {
    if (damagedFrom < 0) return
    records.push({ type: 'damaged', position: position + damagedFrom, end: position + at })
    damagedFrom = -1
  }
  while (at < buffer.length) {
    if (!last && buffer.length - at < RECORD_HEADER_BYTES) {
      endDamage()
      return { records, next: position + at, needed: RECORD_HEADER_BYTES }
    }
    const header = decodeRecord(buffer, at, position + at, salt)
    if (header === undefined) {
      if (damagedFrom < 0) damagedFrom = at
      at = Math.min(buffer.length, at + 8)
      continue
    }
    endDamage()
    if (header.type === 'commit') {
      at += RECORD_HEADER_BYTES
      records.push({ ...header, end: position + at })
      continue
    }
    const length = entryBytes(header.envelopeBytes, header.batchBytes)
    if (at + length > buffer.length) {
      if (!last) return { records, next: position + at, needed: length }
      damagedFrom = at
      at += RECORD_HEADER_BYTES
      continue
    }
    const envelopeAt = at + RECORD_HEADER_BYTES
    const batchAt = envelopeAt + header.envelopeBytes
    const contentEnd = batchAt + header.batchBytes
    const intact = crc32(buffer.subarray(envelopeAt, contentEnd)) === header.contentCrc
    if (intact) {
      const end = position + at + length
      records.push({ ...header, end, headerAt: at, envelopeAt, batchAt })
    } else damagedFrom = at
    at += length
    endDamage()
  }
  endDamage()
  return { records, next: position + at, needed: 0 }
}
