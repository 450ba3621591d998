import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import type { Position } from '../positions.ts'

/*
 * A journal file is named by the log position of its first byte, in 16 decimal digits, so that a
 * position minus the file's start is an offset in it. All numbers little endian:
 *
 *   file     header | the same header again (one flipped bit leaves the other) | record | record …
 *   header   magic "LGBYJRNL" | version u32 | salt u32 | start u64 | receive time of its first
 *            entry, µs u64 | 0 u32 | CRC-32 of all before u32
 *
 *   group    entry … entry | commit | commit (for the same reason)      one write, one sync
 *   entry    "LBEN" u32 | envelope length u32 | batch length u32 | CRC-32 of envelope and batch u32
 *            | own position u64 | receive time µs u64 | 0 u32 | CRC-32 of all before u32
 *            | envelope | batch | zeros to a multiple of 8
 *   commit   "LBCO" u32 | entry count u32 | 0 u32 | CRC-32 of the entries' 40 byte headers u32
 *            | own position u64 | position of the group's first entry u64 | 0 u32 | CRC-32 u32
 *
 * The CRCs of record headers start from the file's salt, which is random, and cover the position:
 * neither a record of another place or time nor one forged inside a message passes for a record.
 */
export const VERSION = 1
/** A journal is a log of one partition. */
export const JOURNAL_PARTITION = 0
export const FILE_HEADER_BYTES = 80
export const RECORD_HEADER_BYTES = 40
/** Both copies of the commit record at the end of a group. */
export const COMMIT_BYTES = 2 * RECORD_HEADER_BYTES
/** A record is read back in one piece of arena memory. */
export const RECORD_BYTES_MAX = 2 * 1024 * 1024

const MAGIC = 'LGBYJRNL'
const HEADER_COPY_BYTES = 40
const ENTRY = 0x4e45424c
const COMMIT = 0x4f43424c
const ALIGNMENT_BYTES = 8

export interface FileHeader {
  readonly salt: number
  readonly start: Position
  readonly firstReceivedAtUs: number
}

export type DecodedHeader =
  | ({ readonly type: 'header' } & FileHeader)
  | { readonly type: 'newer'; readonly version: number }
  | { readonly type: 'damaged' }

export interface EntryHeader {
  readonly envelopeBytes: number
  readonly batchBytes: number
  readonly contentCrc: number
  readonly position: Position
  readonly receivedAtUs: number
}

export interface CommitHeader {
  readonly count: number
  readonly groupCrc: number
  readonly position: Position
  readonly groupStart: Position
}

export type RecordHeader =
  | ({ readonly type: 'entry' } & EntryHeader)
  | ({ readonly type: 'commit' } & CommitHeader)

export function journalFileName(start: Position): string {
  return `${String(start).padStart(16, '0')}.journal`
}

export function snapshotFileName(start: Position): string {
  return `${String(start).padStart(16, '0')}.admission`
}

/** undefined = no journal file. */
export function startOfJournalFile(name: string): Position | undefined {
  return /^\d{16}\.journal$/.test(name) ? Number(name.slice(0, 16)) : undefined
}

/** How much of the log an entry takes. */
export function entryBytes(envelopeBytes: number, batchBytes: number): number {
  return RECORD_HEADER_BYTES + envelopeBytes + batchBytes + paddingOf(envelopeBytes + batchBytes)
}

export function paddingOf(contentBytes: number): number {
  return (ALIGNMENT_BYTES - (contentBytes % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES
}

export function encodeFileHeader(header: FileHeader): Uint8Array {
  const out = Buffer.alloc(FILE_HEADER_BYTES)
  out.write(MAGIC, 0, 'latin1')
  out.writeUInt32LE(VERSION, 8)
  out.writeUInt32LE(header.salt, 12)
  writePosition(out, header.start, 16)
  writePosition(out, header.firstReceivedAtUs, 24)
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
    if (version > VERSION) return { type: 'newer', version }
    const [start, firstReceivedAtUs] = [readPosition(copy, 16), readPosition(copy, 24)]
    return { type: 'header', salt: copy.readUInt32LE(12), start, firstReceivedAtUs }
  }
  return { type: 'damaged' }
}

/** Writes the header of an entry at `at`. */
export function encodeEntry(entry: EntryHeader, salt: number, out: Buffer, at: number): void {
  out.writeUInt32LE(ENTRY, at)
  out.writeUInt32LE(entry.envelopeBytes, at + 4)
  out.writeUInt32LE(entry.batchBytes, at + 8)
  out.writeUInt32LE(entry.contentCrc, at + 12)
  writePosition(out, entry.position, at + 16)
  writePosition(out, entry.receivedAtUs, at + 24)
  sealRecord(out, salt, at)
}

/** Writes both copies of a commit record at `at`; `position` is where the first one lies. */
export function encodeCommit(commit: CommitHeader, salt: number, out: Buffer, at: number): void {
  for (const copyAt of [0, RECORD_HEADER_BYTES]) {
    out.writeUInt32LE(COMMIT, at + copyAt)
    out.writeUInt32LE(commit.count, at + copyAt + 4)
    out.writeUInt32LE(0, at + copyAt + 8)
    out.writeUInt32LE(commit.groupCrc, at + copyAt + 12)
    writePosition(out, commit.position + copyAt, at + copyAt + 16)
    writePosition(out, commit.groupStart, at + copyAt + 24)
    sealRecord(out, salt, at + copyAt)
  }
}

/** The header of a record that lies exactly there, or undefined. */
export function decodeRecord(
  bytes: Buffer,
  at: number,
  position: Position,
  salt: number,
): RecordHeader | undefined {
  if (at + RECORD_HEADER_BYTES > bytes.length) return
  const magic = bytes.readUInt32LE(at)
  if (magic !== ENTRY && magic !== COMMIT) return
  const checked = bytes.subarray(at, at + RECORD_HEADER_BYTES - 4)
  if (crc32(checked, salt) !== bytes.readUInt32LE(at + RECORD_HEADER_BYTES - 4)) return
  if (readPosition(bytes, at + 16) !== position) return
  const [first, second] = [bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 8)]
  const [crc, time] = [bytes.readUInt32LE(at + 12), readPosition(bytes, at + 24)]
  if (magic === COMMIT) {
    return { type: 'commit', count: first, groupCrc: crc, position, groupStart: time }
  }
  const lengths = { envelopeBytes: first, batchBytes: second }
  return { type: 'entry', ...lengths, contentCrc: crc, position, receivedAtUs: time }
}

export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function sealRecord(out: Buffer, salt: number, at: number): void {
  out.writeUInt32LE(0, at + 32)
  out.writeUInt32LE(crc32(out.subarray(at, at + 36), salt), at + 36)
}

function writePosition(out: Buffer, value: number, at: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, 'positions and times are exact')
  out.writeUInt32LE(value % 0x1_0000_0000, at)
  out.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4)
}

function readPosition(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000
}
