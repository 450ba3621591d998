/**
 * A body of logs as JSON: an object, an array of objects, or objects one after the other (NDJSON).
 * A wrong line of NDJSON is one rejected record; anywhere else what is no JSON ends the body.
 */
import { isUtf8 } from 'node:buffer'
import { LETTER_BYTES_MAX } from '#actors/commit-log/dead-letters/dead-letters.ts'
import { JSON_DEPTH_MAX, REJECTED_TOLD_MAX } from '#proto/limits.ts'
import type { RejectedRecord } from '#proto/people.ts'
import { BatchColumns, type BatchColumnsOptions, FULL, type SealedBatch } from './batch-columns.ts'
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
import { RecordScanner } from './record-scanner.ts'
import { RefusedPlaces } from './refused-places.ts'

/** Part of a body: one batch, and the input records [firstIndex, endIndex) that it was made of. */
export interface JsonChunk extends SealedBatch {
  readonly firstIndex: number
  readonly endIndex: number
  /** Records of it that were refused, by their number in the body; no more than are told. */
  readonly rejected: readonly RejectedRecord[]
  /** Rows of the batch that were refused after it had been made, ascending. */
  readonly refusedRows: readonly number[]
  /** Of each row number, start and end in the body; null unless asked for. */
  readonly places: Int32Array | null
}

/** Numbers of a row in `places`. */
export const PLACE_NUMBERS = 3

export interface DecodeBodyWishes extends BatchColumnsOptions {
  readonly keepPlaces?: boolean
}

export type DecodedBody =
  | {
      readonly type: 'decoded'
      readonly chunks: readonly JsonChunk[]
      readonly accepted: number
      /** All that were refused, those of the chunks and after the last of them included. */
      readonly rejected: readonly RejectedRecord[]
      /** Refused ones beyond those told. */
      readonly rejectedMore: number
      /** The refused ones as they came, one after the other; null = there are none. */
      readonly refused: Uint8Array<ArrayBuffer> | null
    }
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
  readonly #columns: BatchColumns
  readonly #chunks: JsonChunk[] = []
  readonly #rejected: RejectedRecord[] = []
  readonly #places = new RefusedPlaces()
  #rowPlaces: number[] | null
  #index = 0
  #accepted = 0
  #refused = 0
  /** Where the chunk that is being built begins: its first record and first rejection. */
  #chunkIndex = 0
  #chunkRejected = 0
  #fault: { position: number; reason: string } | null = null

  constructor(bytes: Uint8Array, options: DecodeBodyWishes) {
    this.#bytes = bytes
    this.#rowPlaces = options.keepPlaces === true ? [] : null
    this.#isUtf8 = isUtf8(bytes)
    this.#scanner = new RecordScanner(bytes)
    this.#columns = new BatchColumns(this.#scanner, options)
  }

  decode(): DecodedBody {
    const start = skipSpace(this.#bytes, hasMark(this.#bytes) ? 3 : 0)
    if (start >= this.#bytes.length) return this.#notJson(start, 'the body is empty')
    if (this.#bytes[start] === OPEN_BRACKET) {
      const end = this.#array(start)
      if (end < 0) return this.#notJson(~end, this.#describe(~end))
    } else this.#sequence(start)
    if (this.#accepted === 0 && this.#fault !== null) {
      return this.#notJson(this.#fault.position, this.#fault.reason)
    }
    if (this.#columns.rows > 0) this.#seal(this.#index)
    return {
      type: 'decoded',
      chunks: this.#chunks,
      accepted: this.#accepted,
      rejected: this.#rejected,
      rejectedMore: this.#refused - this.#rejected.length,
      refused: this.#places.bytesIn(this.#bytes),
    }
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
    if (this.#fault === null || this.#rejected.length < REJECTED_TOLD_MAX) {
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
    if (refusal !== null) return this.#refuse(refusal, start, end)
    this.#rowPlaces?.push(this.#index, start, end)
    this.#accepted++
    this.#index++
  }

  /** null = it is in the columns now. */
  #refusalOf(start: number, end: number): string | null {
    const { refusal } = this.#scanner
    if (refusal !== null) return refusal
    if (!this.#isUtf8 && !isUtf8(this.#bytes.subarray(start, end))) return NOT_UTF8
    let outcome = this.#columns.take(end - start)
    if (outcome === FULL) {
      this.#seal(this.#index)
      outcome = this.#columns.take(end - start)
    }
    return typeof outcome === 'string' ? outcome : null
  }

  #refuse(reason: string, start: number, end: number): void {
    if (this.#rejected.length < REJECTED_TOLD_MAX) {
      this.#rejected.push({ index: this.#index, reason })
    }
    this.#places.add(start, end)
    this.#refused++
    this.#index++
  }

  #seal(endIndex: number): void {
    const rejected = this.#rejected.slice(this.#chunkRejected)
    const places = this.#rowPlaces && Int32Array.from(this.#rowPlaces)
    const part = { firstIndex: this.#chunkIndex, endIndex, rejected, refusedRows: [], places }
    this.#chunks.push({ ...part, ...this.#columns.seal() })
    if (places !== null) this.#rowPlaces = []
    this.#chunkIndex = endIndex
    this.#chunkRejected = this.#rejected.length
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
