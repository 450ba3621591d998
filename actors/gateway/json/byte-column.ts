/** Columns that take their values as bytes and write themselves as parts of a LogBatch. */
import { BATCH_RECORDS_MAX } from '#proto/limits.ts'
import { ATTRIBUTE, DICTIONARY, IDS, TEXTS } from '#proto/log-batch-fields.ts'
import { type WireWriter, writeVarint } from '#proto/wire-writer.ts'

const VARINT32_BYTES_MAX = 5

/** Bytes of many texts one after the other, with the offset where each begins. */
export class ByteHeap {
  bytes = new Uint8Array(256)
  /** offsets[count] = end of the last. */
  offsets = new Uint32Array(64)
  count = 0

  /** Makes room for one more text of at most `length` bytes; answers where it begins. */
  reserve(length: number): number {
    const start = this.offsets[this.count] as number
    if (start + length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(start + length, 2 * this.bytes.length))
      grown.set(this.bytes.subarray(0, start))
      this.bytes = grown
    }
    if (this.count + 1 >= this.offsets.length) {
      const grown = new Uint32Array(2 * this.offsets.length)
      grown.set(this.offsets)
      this.offsets = grown
    }
    return start
  }

  /** Ends the text that was written from `reserve` on. */
  commit(end: number): void {
    this.count++
    this.offsets[this.count] = end
  }

  add(from: Uint8Array, start: number, end: number): void {
    const to = this.reserve(end - start)
    copyBytes(this.bytes, to, from, start, end)
    this.commit(to + end - start)
  }

  /** True when text `index` is from[start, end). */
  equals(index: number, from: Uint8Array, start: number, end: number): boolean {
    const own = this.offsets[index] as number
    const length = end - start
    if ((this.offsets[index + 1] as number) - own !== length) return false
    for (let i = 0; i < length; i++) if (this.bytes[own + i] !== from[start + i]) return false
    return true
  }

  clear(): void {
    this.count = 0
  }

  /** Writes a Texts message. */
  write(writer: WireWriter, field: number): void {
    const { count, offsets } = this
    const mark = writer.begin(field)
    const lengths = writer.begin(TEXTS.lengths)
    writer.reserve(count * VARINT32_BYTES_MAX)
    let at = writer.position
    for (let i = 0; i < count; i++) {
      const length = (offsets[i + 1] as number) - (offsets[i] as number)
      if (length < 0x80) writer.bytes[at++] = length
      else at = writeVarint(writer.bytes, at, length)
    }
    writer.position = at
    writer.end(lengths)
    writer.bytesField(TEXTS.heap, this.bytes.subarray(0, offsets[count]))
    writer.end(mark)
  }
}

/** A call of `set` costs as much as copying this many bytes one by one. */
const COPY_BYTES_MAX = 96

function copyBytes(to: Uint8Array, at: number, from: Uint8Array, start: number, end: number): void {
  if (end - start > COPY_BYTES_MAX) to.set(from.subarray(start, end), at)
  else for (let i = start, j = at; i < end; i++, j++) to[j] = from[i] as number
}

/** Different texts, each kept once, by number. */
export class ByteInterner {
  readonly entries = new ByteHeap()
  /** Open addressing: entry + 1, 0 = free; at least twice as many places as entries. */
  #places = new Uint16Array(64)
  #last = 0

  /** Number of the text from[start, end), new or known. */
  intern(from: Uint8Array, start: number, end: number): number {
    const { entries } = this
    if (entries.count > 0 && entries.equals(this.#last, from, start, end)) return this.#last
    const mask = this.#places.length - 1
    let place = hashBytes(from, start, end) & mask
    for (;;) {
      const entry = (this.#places[place] as number) - 1
      if (entry < 0) break
      if (entries.equals(entry, from, start, end)) {
        this.#last = entry
        return entry
      }
      place = (place + 1) & mask
    }
    this.#last = entries.count
    entries.add(from, start, end)
    this.#places[place] = entries.count
    if (entries.count * 2 > this.#places.length) this.#grow()
    return this.#last
  }

  #grow(): void {
    this.#places = new Uint16Array(2 * this.#places.length)
    const { bytes, offsets, count } = this.entries
    const mask = this.#places.length - 1
    for (let entry = 0; entry < count; entry++) {
      let place = hashBytes(bytes, offsets[entry] as number, offsets[entry + 1] as number) & mask
      while (this.#places[place] !== 0) place = (place + 1) & mask
      this.#places[place] = entry + 1
    }
  }

  clear(): void {
    this.entries.clear()
    this.#places.fill(0)
    this.#last = 0
  }
}

/** Values of which many are equal. */
export class ByteDictionary {
  readonly #interner = new ByteInterner()
  #indexes = new Uint16Array(64)
  #count = 0

  /** Values so far. */
  get count(): number {
    return this.#count
  }

  get entries(): ByteHeap {
    return this.#interner.entries
  }

  /** True when all values are ''. */
  get isBlank(): boolean {
    return this.entries.offsets[this.entries.count] === 0
  }

  add(from: Uint8Array, start: number, end: number): void {
    if (this.#count === this.#indexes.length) {
      const grown = new Uint16Array(2 * this.#count)
      grown.set(this.#indexes)
      this.#indexes = grown
    }
    this.#indexes[this.#count++] = this.#interner.intern(from, start, end)
  }

  /** Writes all values one by one to another heap. */
  spreadTo(heap: ByteHeap): void {
    const { bytes, offsets } = this.entries
    for (let i = 0; i < this.#count; i++) {
      const entry = this.#indexes[i] as number
      heap.add(bytes, offsets[entry] as number, offsets[entry + 1] as number)
    }
  }

  clear(): void {
    this.#interner.clear()
    this.#count = 0
  }

  /** Writes a Dictionary message. */
  write(writer: WireWriter, field: number): void {
    const mark = writer.begin(field)
    this.entries.write(writer, DICTIONARY.entries)
    if (this.entries.count > 1) {
      const indexes = writer.begin(DICTIONARY.indexes)
      writer.reserve(this.#count * VARINT32_BYTES_MAX)
      let at = writer.position
      for (let i = 0; i < this.#count; i++) {
        const index = this.#indexes[i] as number
        if (index < 0x80) writer.bytes[at++] = index
        else at = writeVarint(writer.bytes, at, index)
      }
      writer.position = at
      writer.end(indexes)
    }
    writer.end(mark)
  }
}

/**
 * FNV-1a over at most the first and last 32 bytes: long texts differ there or are compared anyway.
 */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 ^ (end - start)
  const firstEnd = Math.min(end, start + 32)
  for (let i = start; i < firstEnd; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  for (let i = Math.max(firstEnd, end - 32); i < end; i++) {
    hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  }
  return hash ^ (hash >>> 15)
}

/**
 * After so many values it shows whether they repeat; with more new ones than this share they do
 * not.
 */
const TRIAL_VALUES = 64
const NEW_SHARE_MAX = 0.6

/** Attribute texts: a dictionary until it shows that they hardly repeat. */
export class ByteTexts {
  readonly #dictionary = new ByteDictionary()
  readonly #each = new ByteHeap()
  #isDictionary = true

  add(from: Uint8Array, start: number, end: number): void {
    if (!this.#isDictionary) {
      this.#each.add(from, start, end)
      return
    }
    this.#dictionary.add(from, start, end)
    const { count, entries } = this.#dictionary
    if (count < TRIAL_VALUES || entries.count <= NEW_SHARE_MAX * count) return
    this.#dictionary.spreadTo(this.#each)
    this.#isDictionary = false
  }

  /** The next batch begins with what was learned about this one. */
  clear(): void {
    this.#isDictionary ||= this.#each.count < TRIAL_VALUES
    this.#dictionary.clear()
    this.#each.clear()
  }

  write(writer: WireWriter): void {
    if (this.#isDictionary) this.#dictionary.write(writer, ATTRIBUTE.dictionary)
    else this.#each.write(writer, ATTRIBUTE.texts)
  }
}

/** A bit for each record. */
export class Presence {
  readonly #bits = new Uint8Array(BATCH_RECORDS_MAX >> 3)
  count = 0

  set(row: number): void {
    this.#bits[row >> 3] = (this.#bits[row >> 3] as number) | (1 << (row & 7))
    this.count++
  }

  clear(): void {
    this.#bits.fill(0)
    this.count = 0
  }

  /** Writes the bitmap of `rows` records, unless all bits are set. */
  write(writer: WireWriter, field: number, rows: number): void {
    if (this.count < rows) writer.bytesField(field, this.#bits.subarray(0, (rows + 7) >> 3))
  }
}

/** Trace or span ids, from hexadecimal digits. */
export class HexIds {
  readonly #width: number
  readonly #presence = new Presence()
  #heap: Uint8Array

  constructor(width: number) {
    this.#width = width
    this.#heap = new Uint8Array(64 * width)
  }

  /** Takes the id of a row; the digits were proven by `isHexId`. */
  set(row: number, from: Uint8Array, start: number): void {
    const at = this.#presence.count * this.#width
    if (at + this.#width > this.#heap.length) {
      const grown = new Uint8Array(2 * this.#heap.length)
      grown.set(this.#heap)
      this.#heap = grown
    }
    for (let i = 0; i < this.#width; i++) {
      const high = HEX[from[start + 2 * i] as number] as number
      const low = HEX[from[start + 2 * i + 1] as number] as number
      this.#heap[at + i] = (high << 4) | low
    }
    this.#presence.set(row)
  }

  clear(): void {
    this.#presence.clear()
  }

  write(writer: WireWriter, field: number, rows: number): void {
    const { count } = this.#presence
    if (count === 0) return
    const mark = writer.begin(field)
    this.#presence.write(writer, IDS.presence, rows)
    writer.bytesField(IDS.heap, this.#heap.subarray(0, count * this.#width))
    writer.end(mark)
  }
}

const NO_DIGIT = 0xff
const HEX = new Uint8Array(256).fill(NO_DIGIT)
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit
}

/** True when bytes[start, end) are exactly `digits` hexadecimal digits. */
export function isHexId(bytes: Uint8Array, start: number, end: number, digits: number): boolean {
  if (end - start !== digits) return false
  for (let i = start; i < end; i++) if (HEX[bytes[i] as number] === NO_DIGIT) return false
  return true
}
