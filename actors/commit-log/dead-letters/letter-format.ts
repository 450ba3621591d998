/**
 * Dead letters in a file. Numbers little endian, texts as length u16 and UTF-8:
 *
 *   file      magic 'LGBYDEAD' | version u32 | records
 *   record    length u32 | CRC-32 of the rest u32 | type u8 | id text
 *             | of a letter: at µs f64 | project text | source text | reason text | bytes
 */
import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import { type DeadLetter, LETTER_BYTES_MAX, type LetterSource } from './dead-letters.ts'

export const LETTER_FILE_HEADER_BYTES = 12
const MAGIC = 'LGBYDEAD'
const VERSION = 1
const RECORD_HEADER_BYTES = 8
const RECORD_BYTES_MAX = LETTER_BYTES_MAX + 64 * 1024
const LETTER = 1
const DELETION = 2

export type LetterRecord =
  | { readonly type: 'letter'; readonly id: string; readonly letter: DeadLetter }
  | { readonly type: 'deletion'; readonly id: string }

export interface ScannedLetters {
  readonly records: readonly {
    readonly record: LetterRecord
    readonly offset: number
    readonly length: number
  }[]
  /** Bytes that are no whole record. */
  readonly damagedBytes: number
}

export function letterFileHeader(): Buffer {
  const header = Buffer.alloc(LETTER_FILE_HEADER_BYTES)
  header.write(MAGIC, 'latin1')
  header.writeUInt32LE(VERSION, MAGIC.length)
  return header
}

export function encodeLetterRecord(record: LetterRecord): Buffer {
  const parts = [Buffer.of(record.type === 'letter' ? LETTER : DELETION), text(record.id)]
  if (record.type === 'letter') {
    const { atUs, projectId, source, reason, bytes } = record.letter
    const at = Buffer.alloc(8)
    at.writeDoubleLE(atUs)
    parts.push(at, text(projectId), text(source), text(reason), Buffer.from(bytes))
  }
  const body = Buffer.concat(parts)
  assert(body.length <= RECORD_BYTES_MAX, 'a dead letter is bounded')
  const header = Buffer.alloc(RECORD_HEADER_BYTES)
  header.writeUInt32LE(body.length, 0)
  header.writeUInt32LE(crc32(body), 4)
  return Buffer.concat([header, body])
}

/** 'newer' = written by a newer version: nothing may be concluded or changed. */
export function scanLetterFile(file: Buffer): ScannedLetters | 'newer' {
  const hasHeader =
    file.length >= LETTER_FILE_HEADER_BYTES && file.toString('latin1', 0, MAGIC.length) === MAGIC
  if (!hasHeader) return { records: [], damagedBytes: file.length }
  if (file.readUInt32LE(MAGIC.length) > VERSION) return 'newer'
  const records: { record: LetterRecord; offset: number; length: number }[] = []
  let [offset, damagedBytes] = [LETTER_FILE_HEADER_BYTES, 0]
  while (offset + RECORD_HEADER_BYTES <= file.length) {
    const bodyLength = file.readUInt32LE(offset)
    const length = RECORD_HEADER_BYTES + bodyLength
    if (bodyLength === 0 || bodyLength > RECORD_BYTES_MAX || offset + length > file.length) break
    const record = decodeLetterRecord(file.subarray(offset, offset + length))
    if (record === null) damagedBytes += length
    else records.push({ record, offset, length })
    offset += length
  }
  return { records, damagedBytes: damagedBytes + file.length - offset }
}

/** null = damaged. */
export function decodeLetterRecord(bytes: Buffer): LetterRecord | null {
  const body = bytes.subarray(RECORD_HEADER_BYTES)
  if (crc32(body) !== bytes.readUInt32LE(4)) return null
  let at = 1
  const nextText = (): string => {
    const length = body.readUInt16LE(at)
    at += 2 + length
    return body.toString('utf8', at - length, at)
  }
  const id = nextText()
  if (body[0] === DELETION) return { type: 'deletion', id }
  const atUs = body.readDoubleLE(at)
  at += 8
  const projectId = nextText()
  const source = nextText() as LetterSource
  const reason = nextText()
  const letter = { atUs, projectId, source, reason, bytes: Uint8Array.from(body.subarray(at)) }
  return { type: 'letter', id, letter }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(2)
  length.writeUInt16LE(bytes.length)
  return Buffer.concat([length, bytes])
}
