/*
 * Spool files are numbered in the order of writing, in 12 decimal digits, so that names sort. All
 * numbers little endian:
 *
 *   file     header | the same header again (one flipped bit leaves the other) | record | record …
 *   header   magic "LGBYSPOL" | version u32 | salt u32 | 0 u32 | CRC-32 of all before u32
 *   record   type u32 | body length u32 | CRC-32 of the body u32 | count u32 | ordinal u64
 *            | time µs u64 | 0 u32 | CRC-32 of all before u32 | body
 *
 *   "LGSB"   a batch: `count` records, sealed at `time`; the body is a LogBatch
 *   "LGSS"   everything before `ordinal` is settled; the last acknowledgement came at `time`, 0 =
 *            none did
 *   "LGSE"   everything before `ordinal` is settled, and from there on batches are numbered from 1
 *            on, without those that are skipped: they were settled, too
 *            body: producer u64 | epoch u32 | ordinals that are skipped, u64 each, ascending
 *
 * The last "LGSE" counts for all batches. Every file begins with one, so that older files may go.
 * CRCs of record heads start from the file's salt, which is random: a record that somebody logged
 * is not taken for one.
 */
import type { Epoch } from '../producer-epoch.ts'
import { crc32 } from './crc32.ts'

export const SPOOL_VERSION = 1
export const FILE_HEADER_BYTES = 48
export const RECORD_HEAD_BYTES = 40

const MAGIC = 'LGBYSPOL'
const HEADER_COPY_BYTES = 24
/** All types begin with it. */
const RECORD_PREFIX = 'LGS'
const BATCH = 0x4253474c
const SETTLED = 0x5353474c
const EPOCH = 0x4553474c
const EPOCH_BYTES = 12
const ORDINAL_BYTES = 8

export interface BatchRecord {
  readonly type: 'batch'
  readonly ordinal: number
  readonly records: number
  readonly sealedUs: number
  readonly bytes: Uint8Array
}

export interface SettledRecord {
  readonly type: 'settled'
  readonly beforeOrdinal: number
  /** null = nothing was acknowledged. */
  readonly acknowledgedUs: number | null
}

export interface EpochRecord extends Epoch {
  readonly type: 'epoch'
  readonly fromOrdinal: number
  readonly skipped: readonly number[]
}

export type SpoolRecord = BatchRecord | SettledRecord | EpochRecord

export type DecodedHeader =
  | { readonly type: 'header'; readonly salt: number }
  | { readonly type: 'newer'; readonly version: number }
  | { readonly type: 'damaged' }

export type DecodedRecord =
  | { readonly type: 'record'; readonly record: SpoolRecord; readonly end: number }
  /** The head is sound and says where the next record begins. */
  | { readonly type: 'damaged'; readonly end: number; readonly records: number }
  /** No record begins here. */
  | { readonly type: 'none' }

export function spoolFileName(number: number): string {
  return `${String(number).padStart(12, '0')}.spool`
}

/** null = no spool file. */
export function numberOfSpoolFile(name: string): number | null {
  return /^\d{12}\.spool$/.test(name) ? Number(name.slice(0, 12)) : null
}

export function encodeFileHeader(salt: number): Uint8Array {
  const out = Buffer.alloc(FILE_HEADER_BYTES)
  out.write(MAGIC, 0, 'latin1')
  out.writeUInt32LE(SPOOL_VERSION, 8)
  out.writeUInt32LE(salt, 12)
  out.writeUInt32LE(crc32(out.subarray(0, HEADER_COPY_BYTES - 4)), HEADER_COPY_BYTES - 4)
  out.copy(out, HEADER_COPY_BYTES, 0, HEADER_COPY_BYTES)
  return out
}

export function decodeFileHeader(bytes: Uint8Array): DecodedHeader {
  const both = bufferOf(bytes)
  for (const at of [0, HEADER_COPY_BYTES]) {
    const copy = both.subarray(at, at + HEADER_COPY_BYTES)
    if (copy.length < HEADER_COPY_BYTES || copy.toString('latin1', 0, 8) !== MAGIC) continue
    const crc = copy.readUInt32LE(HEADER_COPY_BYTES - 4)
    if (crc32(copy.subarray(0, HEADER_COPY_BYTES - 4)) !== crc) continue
    const version = copy.readUInt32LE(8)
    if (version > SPOOL_VERSION) return { type: 'newer', version }
    return { type: 'header', salt: copy.readUInt32LE(12) }
  }
  return { type: 'damaged' }
}

/** A record as the pieces to be written one after the other; a batch's bytes are not copied. */
export function encodeRecord(record: SpoolRecord, salt: number): Uint8Array[] {
  switch (record.type) {
    case 'batch': {
      const { ordinal, records, sealedUs, bytes } = record
      return [
        headOf({ type: BATCH, count: records, ordinal, timeUs: sealedUs }, bytes, salt),
        bytes,
      ]
    }
    case 'settled': {
      const { beforeOrdinal: ordinal, acknowledgedUs } = record
      return [headOf({ type: SETTLED, count: 0, ordinal, timeUs: acknowledgedUs ?? 0 }, NONE, salt)]
    }
    case 'epoch': {
      const body = epochBodyOf(record)
      const head = { type: EPOCH, count: 0, ordinal: record.fromOrdinal, timeUs: 0 }
      return [headOf(head, body, salt), body]
    }
  }
}

/** Where the next record may begin, from `at` on; the end, if none does. */
export function findRecord(bytes: Buffer, at: number): number {
  const found = bytes.indexOf(RECORD_PREFIX, at, 'latin1')
  return found < 0 ? bytes.length : found
}

/** The record that begins at `at`; a batch's bytes are a view. */
export function decodeRecord(bytes: Buffer, at: number, salt: number): DecodedRecord {
  if (at + RECORD_HEAD_BYTES > bytes.length) return { type: 'none' }
  const type = bytes.readUInt32LE(at)
  if (type !== BATCH && type !== SETTLED && type !== EPOCH) return { type: 'none' }
  const checked = bytes.subarray(at, at + RECORD_HEAD_BYTES - 4)
  if (crc32(checked, salt) !== bytes.readUInt32LE(at + RECORD_HEAD_BYTES - 4)) {
    return { type: 'none' }
  }
  const end = at + RECORD_HEAD_BYTES + bytes.readUInt32LE(at + 4)
  if (end > bytes.length) return { type: 'none' }
  const count = bytes.readUInt32LE(at + 12)
  const body = bytes.subarray(at + RECORD_HEAD_BYTES, end)
  if (crc32(body) !== bytes.readUInt32LE(at + 8)) return { type: 'damaged', end, records: count }
  const [ordinal, timeUs] = [readNumber(bytes, at + 16), readNumber(bytes, at + 24)]
  return { type: 'record', record: recordOf({ type, count, ordinal, timeUs }, body), end }
}

/** The body of a record read alone, if it is what its head says; null = it is not. */
export function soundBody(record: Uint8Array): Uint8Array | null {
  const bytes = bufferOf(record)
  if (bytes.length < RECORD_HEAD_BYTES) return null
  const body = bytes.subarray(RECORD_HEAD_BYTES)
  const isSound = body.length === bytes.readUInt32LE(4) && crc32(body) === bytes.readUInt32LE(8)
  return isSound ? body : null
}

export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

const NONE = new Uint8Array(0)

interface Head {
  readonly type: number
  readonly count: number
  readonly ordinal: number
  readonly timeUs: number
}

function headOf({ type, count, ordinal, timeUs }: Head, body: Uint8Array, salt: number): Buffer {
  const out = Buffer.alloc(RECORD_HEAD_BYTES)
  out.writeUInt32LE(type, 0)
  out.writeUInt32LE(body.length, 4)
  out.writeUInt32LE(crc32(body), 8)
  out.writeUInt32LE(count, 12)
  out.writeBigUInt64LE(BigInt(ordinal), 16)
  out.writeBigUInt64LE(BigInt(timeUs), 24)
  out.writeUInt32LE(crc32(out.subarray(0, RECORD_HEAD_BYTES - 4), salt), RECORD_HEAD_BYTES - 4)
  return out
}

function epochBodyOf({ producer, epoch, skipped }: EpochRecord): Buffer {
  const body = Buffer.alloc(EPOCH_BYTES + ORDINAL_BYTES * skipped.length)
  body.writeBigUInt64LE(producer, 0)
  body.writeUInt32LE(epoch, 8)
  for (const [i, ordinal] of skipped.entries()) {
    body.writeBigUInt64LE(BigInt(ordinal), EPOCH_BYTES + ORDINAL_BYTES * i)
  }
  return body
}

function recordOf({ type, count, ordinal, timeUs }: Head, body: Buffer): SpoolRecord {
  if (type === BATCH) {
    return { type: 'batch', ordinal, records: count, sealedUs: timeUs, bytes: body }
  }
  if (type === SETTLED) {
    const acknowledgedUs = timeUs === 0 ? null : timeUs
    return { type: 'settled', beforeOrdinal: ordinal, acknowledgedUs }
  }
  const skipped: number[] = []
  for (let at = EPOCH_BYTES; at < body.length; at += ORDINAL_BYTES)
    skipped.push(readNumber(body, at))
  const [producer, epoch] = [body.readBigUInt64LE(0), body.readUInt32LE(8)]
  return { type: 'epoch', producer, epoch, fromOrdinal: ordinal, skipped }
}

function readNumber(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at))
}
