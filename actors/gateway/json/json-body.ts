/**
 * A body of logs as JSON: an object, an array of objects, or objects one after the other (NDJSON).
 * A wrong line of NDJSON is one rejected record; anywhere else what is no JSON ends the body.
 */
import { isUtf8 } from 'node:buffer'
import { LETTER_BYTES_MAX } from '#actors/commit-log/dead-letters/dead-letters.ts'
import { JSON_DEPTH_MAX } from '#proto/limits.ts'
import type { TimeZone } from '#proto/time-zone.ts'
import { BatchColumns, type BatchColumnsOptions } from './batch-columns.ts'
import { type BodyChunks, ChunkBuilder } from './chunk-builder.ts'
import {
  balancedEnd,
  CLOSE_BRACKET,
  COMMA,
  isTooDeep,
  OPEN_BRACE,
  OPEN_BRACKET,
  skipSpace,
  valueEnd,
} from './json-scan.ts'
import { LevelReader } from './level-reader.ts'
import { RecordScanner } from './record-scanner.ts'
import { RefusedPlaces } from './refused-places.ts'
import { TimeScanner } from './scan-time.ts'

export interface DecodeBodyWishes extends BatchColumnsOptions {
  /** Of times that name none; null = UTC. */
  readonly zone: TimeZone | null
  readonly keepPlaces?: boolean
}

export interface DecodedRecords extends BodyChunks {
  readonly type: 'decoded'
  /** The refused ones as they came, or as JSON, one after the other; null = there are none. */
  readonly refused: Uint8Array<ArrayBuffer> | null
}

export type DecodedBody =
  | DecodedRecords
  /** Nothing of the body is JSON, or not all of an array. */
  | {
      readonly type: 'not-json'
      readonly position: number
      readonly reason: string
      readonly refused: Uint8Array<ArrayBuffer> | null
    }

/** Decodes a whole body; the same bytes are always cut into the same chunks. */
export function decodeBody(bytes: Uint8Array, options: DecodeBodyWishes): DecodedBody {
  return new BodyDecoder(bytes, options).decode()
}

class BodyDecoder {
  readonly #bytes: Uint8Array
  readonly #isUtf8: boolean
  readonly #scanner: RecordScanner
  readonly #records: ChunkBuilder
  readonly #places = new RefusedPlaces()
  #fault: { position: number; reason: string } | null = null

  constructor(bytes: Uint8Array, { zone, keepPlaces = false, ...options }: DecodeBodyWishes) {
    this.#bytes = bytes
    this.#isUtf8 = isUtf8(bytes)
    this.#scanner = new RecordScanner(bytes)
    const time = new TimeScanner(zone)
    const readers = { record: this.#scanner, time, level: new LevelReader() }
    this.#records = new ChunkBuilder(new BatchColumns(readers, options), keepPlaces)
  }

  decode(): DecodedBody {
    const start = skipSpace(this.#bytes, hasMark(this.#bytes) ? 3 : 0)
    if (start >= this.#bytes.length) return this.#notJson(start, 'the body is empty')
    if (this.#bytes[start] === OPEN_BRACKET) {
      const end = this.#array(start)
      if (end < 0) return this.#notJson(~end, this.#describe(~end))
    } else this.#sequence(start)
    if (this.#records.accepted === 0 && this.#fault !== null) {
      return this.#notJson(this.#fault.position, this.#fault.reason)
    }
    const refused = this.#places.bytesIn(this.#bytes)
    return { type: 'decoded', ...this.#records.finish(), refused }
  }

  #notJson(position: number, reason: string): DecodedBody {
    const refused = this.#bytes.length === 0 ? null : this.#bytes.slice(0, LETTER_BYTES_MAX)
    return { type: 'not-json', position, reason, refused }
  }

  /** Answers the end of the body or the complement of where it is wrong. */
  #array(start: number): number {
    const bytes = this.#bytes
    let at = skipSpace(bytes, start + 1)
    if (bytes[at] === CLOSE_BRACKET) return this.#afterArray(at + 1)
    for (;;) {
      at = this.#element(at)
      if (at < 0) return at
      at = skipSpace(bytes, at)
      if (bytes[at] === CLOSE_BRACKET) return this.#afterArray(at + 1)
      if (bytes[at] !== COMMA) return ~at
      at = skipSpace(bytes, at + 1)
    }
  }

  #afterArray(end: number): number {
    const at = skipSpace(this.#bytes, end)
    return at === this.#bytes.length ? at : ~at
  }

  #element(at: number): number {
    const isRecord = this.#bytes[at] === OPEN_BRACE
    const end = isRecord ? this.#scanner.scan(at) : valueEnd(this.#bytes, at, 0)
    if (end >= 0) {
      if (isRecord) this.#take(at, end)
      else this.#refuse(NOT_AN_OBJECT, at, end)
      return end
    }
    if (!isTooDeep(this.#bytes, at, ~end)) return end
    const deepEnd = balancedEnd(this.#bytes, at)
    this.#refuse(TOO_DEEP, at, deepEnd)
    return deepEnd
  }

  /** Objects one after the other; what is wrong costs the rest of its line. */
  #sequence(start: number): void {
    const bytes = this.#bytes
    let at = start
    while (at < bytes.length) {
      const isRecord = bytes[at] === OPEN_BRACE
      const end = isRecord ? this.#scanner.scan(at) : valueEnd(bytes, at, 0)
      const next = end < 0 ? end : lineRest(bytes, end)
      if (next < 0) at = this.#refuseLine(at, ~next)
      else {
        if (isRecord) this.#take(at, end)
        else this.#refuse(NOT_AN_OBJECT, at, end)
        at = next
      }
      at = skipSpace(bytes, at)
    }
  }

  /** What begins at `start` costs its line: the next one may be sound again. */
  #refuseLine(start: number, position: number): number {
    const newline = this.#bytes.indexOf(NEWLINE, start)
    const end = newline < 0 ? this.#bytes.length : newline
    if (this.#fault === null || this.#records.tells) {
      const isDeep = isTooDeep(this.#bytes, start, position)
      const reason = isDeep ? TOO_DEEP : this.#describe(position)
      this.#fault ??= { position, reason }
      this.#refuse(isDeep ? reason : `not JSON: ${reason}`, start, end)
    } else this.#refuse('', start, end)
    return Math.min(end + 1, this.#bytes.length)
  }

  #describe(position: number): string {
    if (position >= this.#bytes.length) return `it ends too early, after ${position} bytes`
    const byte = this.#bytes[position] as number
    const isShown = byte > 0x20 && byte < 0x7f
    const shown = isShown ? `"${String.fromCharCode(byte)}"` : `byte 0x${byte.toString(16)}`
    return `unexpected ${shown} at position ${position}`
  }

  #take(start: number, end: number): void {
    const refusal = this.#refusalOf(start, end)
    if (refusal !== null) this.#refuse(refusal, start, end)
  }

  /** null = it is in the columns now. */
  #refusalOf(start: number, end: number): string | null {
    const { refusal } = this.#scanner
    if (refusal !== null) return refusal
    if (!this.#isUtf8 && !isUtf8(this.#bytes.subarray(start, end))) return NOT_UTF8
    return this.#records.take({ start, end, rawBytes: end - start })
  }

  #refuse(reason: string, start: number, end: number): void {
    this.#records.refuse(reason)
    this.#places.add(start, end)
  }
}

const NEWLINE = 0x0a
const NOT_AN_OBJECT = 'record is not an object'
const NOT_UTF8 = 'record is not UTF-8'
const TOO_DEEP = `nested deeper than ${JSON_DEPTH_MAX}`

/** A byte order mark, as some Windows programs write it. */
function hasMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

/**
 * Where the next record may begin after one that ends at `end`, or the complement of what is wrong.
 */
function lineRest(bytes: Uint8Array, end: number): number {
  let at = end
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0d) at++
  const isNext = at >= bytes.length || bytes[at] === NEWLINE || bytes[at] === OPEN_BRACE
  return isNext ? at : ~at
}
