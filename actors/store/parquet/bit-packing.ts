import type { ByteSink } from './byte-sink.ts'
import { proven } from './corrupt.ts'
import { Scratch } from './scratch.ts'

/**
 * Parquet's RLE / bit-packing hybrid, for dictionary indexes and definition levels:
 *
 *   run    = varint(length << 1) value      value in ceil(width / 8) bytes, little-endian
 *   packed = varint(groups << 1 | 1) bits   8 values a group, least significant bit first
 */

/** Shorter repeats cost more as a run of their own than packed. */
const RUN_MIN = 24
const PROBE_STEP = RUN_MIN / 2
/** Values below 2^24 are packed with 32-bit arithmetic. */
const WIDTH_MAX = 24

/** Bits that the values 0 … max need. */
export function bitWidth(max: number): number {
  return max < 0x80000000 ? 32 - Math.clz32(max) : 64 - Math.clz32(Math.floor(max / 2 ** 32))
}

/** Writes values[start, end), each below 2^width. */
export function writeHybrid(
  sink: ByteSink,
  values: Uint32Array | Uint8Array,
  start: number,
  end: number,
  width: number,
): void {
  let packedFrom = start
  // A run that counts has two neighbouring probes in it: the other values need not be compared.
  for (let probe = start; probe + PROBE_STEP < end; ) {
    const value = values[probe]
    if (values[probe + PROBE_STEP] !== value) {
      probe += PROBE_STEP
      continue
    }
    let from = probe
    while (from > packedFrom && values[from - 1] === value) from--
    let runEnd = probe + 1
    while (runEnd < end && values[runEnd] === value) runEnd++
    probe = runEnd
    // A packed stretch that is not the last must fill whole groups: it takes them from the run.
    const runFrom = from + ((8 - ((from - packedFrom) & 7)) & 7)
    if (runEnd - runFrom < RUN_MIN) continue
    writePacked(sink, values, packedFrom, runFrom, width)
    sink.varint((runEnd - runFrom) * 2)
    for (let shift = 0; shift < width; shift += 8) sink.byte(((value as number) >>> shift) & 0xff)
    packedFrom = runEnd
  }
  writePacked(sink, values, packedFrom, end, width)
}

/** Writes `count` times one value of a width up to 8 as one run. */
export function writeRun(sink: ByteSink, count: number, value: number): void {
  sink.varint(count * 2)
  sink.byte(value)
}

function writePacked(
  sink: ByteSink,
  values: Uint32Array | Uint8Array,
  start: number,
  end: number,
  width: number,
): void {
  if (start === end) return
  const groups = (end - start + 7) >> 3
  sink.varint(groups * 2 + 1)
  packBits(sink, values, start, end, width)
  // The last group is filled with zeros; packBits wrote whole bytes only.
  const written = ((end - start) * width + 7) >> 3
  for (let rest = groups * width - written; rest > 0; rest--) sink.byte(0)
}

/** Bits of values[start, end) one after the other, the last byte filled with zeros. */
export function packBits(
  sink: ByteSink,
  values: Uint32Array | Uint8Array,
  start: number,
  end: number,
  width: number,
): void {
  sink.room((((end - start) * width) >> 3) + 8)
  if (width === 1) {
    packSingleBits(sink, values, start, end)
    return
  }
  const { bytes } = sink
  let { at } = sink
  let bits = 0
  let filled = 0
  for (let index = start; index < end; index++) {
    bits |= (values[index] as number) << filled
    filled += width
    while (filled >= 8) {
      bytes[at++] = bits
      bits >>>= 8
      filled -= 8
    }
  }
  if (filled > 0) bytes[at++] = bits
  sink.at = at
}

/** Presence of every optional column is such bits: a byte at a time is several times faster. */
function packSingleBits(
  sink: ByteSink,
  values: Uint32Array | Uint8Array,
  start: number,
  end: number,
): void {
  const { bytes } = sink
  let { at } = sink
  let index = start
  for (; index + 8 <= end; index += 8) {
    bytes[at++] =
      (values[index] as number) |
      ((values[index + 1] as number) << 1) |
      ((values[index + 2] as number) << 2) |
      ((values[index + 3] as number) << 3) |
      ((values[index + 4] as number) << 4) |
      ((values[index + 5] as number) << 5) |
      ((values[index + 6] as number) << 6) |
      ((values[index + 7] as number) << 7)
  }
  if (index < end) {
    let bits = 0
    for (let bit = 0; index < end; bit++) bits |= (values[index++] as number) << bit
    bytes[at++] = bits
  }
  sink.at = at
}

interface HybridRange {
  readonly start: number
  readonly end: number
  readonly width: number
  readonly count: number
  readonly limit: number
}

/** Whether they are one run of ones: levels of a page without gaps. */
export function isRunOfOnes(bytes: Uint8Array, range: HybridRange): boolean {
  const runs = new RunReader(bytes, range)
  const isWhole = runs.next(range.count) === range.count && !runs.isPacked && runs.value === 1
  if (isWhole) runs.end()
  return isWhole
}

/** Reads `count` values below `limit` out of bytes[start, end), which they must fill. */
export function readHybrid(bytes: Uint8Array, range: HybridRange): Uint32Array {
  const { width, count, limit } = range
  const values = new Uint32Array(count)
  const runs = new RunReader(bytes, range)
  for (let done = 0; done < count; ) {
    const length = runs.next(count - done)
    if (runs.isPacked) {
      const largest = unpackBits(bytes, runs.packedAt, values, done, done + length, width)
      proven(largest < limit, 'value beyond its limit')
    } else if (runs.value !== 0) values.fill(runs.value, done, done + length)
    done += length
  }
  runs.end()
  return values
}

/** The same, but only the values numbered in `picked` (ascending). */
export function pickHybrid(
  bytes: Uint8Array,
  range: HybridRange,
  picked: Uint32Array,
): Uint32Array {
  const { width, count, limit } = range
  const values = new Uint32Array(picked.length)
  const runs = new RunReader(bytes, range)
  for (let done = 0, next = 0; done < count; ) {
    const end = done + runs.next(count - done)
    for (; next < picked.length && (picked[next] as number) < end; next++) {
      const bit = ((picked[next] as number) - done) * width
      const value = runs.isPacked ? bitsAt(bytes, runs.packedAt, bit, width) : runs.value
      proven(value < limit, 'value beyond its limit')
      values[next] = value
    }
    done = end
  }
  runs.end()
  return values
}

function bitsAt(bytes: Uint8Array, start: number, bit: number, width: number): number {
  const shift = bit & 7
  const first = start + (bit >> 3)
  const last = first + ((shift + width + 7) >> 3)
  let bits = 0
  for (let at = first; at < last; at++) bits |= (bytes[at] as number) << ((at - first) * 8)
  return (bits >>> shift) & (2 ** width - 1)
}

/** Proves one run after the other. */
class RunReader {
  isPacked = false
  /** Of a packed run. */
  packedAt = 0
  /** Of any other run. */
  value = 0
  readonly #bytes: Uint8Array
  readonly #range: HybridRange
  #at: number

  constructor(bytes: Uint8Array, range: HybridRange) {
    proven(range.width <= WIDTH_MAX, 'index too wide')
    this.#bytes = bytes
    this.#range = range
    this.#at = range.start
  }

  /** Reads the head of the next run; answers how many of the `left` values are in it. */
  next(left: number): number {
    const { end, width, limit } = this.#range
    const head = this.#head()
    proven(head > 1, 'run is empty')
    this.isPacked = (head & 1) === 1
    const length = head >> 1
    if (this.isPacked) {
      proven(length * 8 < left + 8 && length * width <= end - this.#at, 'packed run too long')
      this.packedAt = this.#at
      this.#at += length * width
      return Math.min(left, length * 8)
    }
    proven(length <= left && this.#at + ((width + 7) >> 3) <= end, 'run too long')
    this.value = 0
    for (let shift = 0; shift < width; shift += 8) {
      this.value |= (this.#bytes[this.#at++] as number) << shift
    }
    proven(this.value < limit, 'value beyond its limit')
    return length
  }

  end(): void {
    proven(this.#at === this.#range.end, 'bytes left over behind the runs')
  }

  #head(): number {
    let head = 0
    let shift = 0
    for (let byte = 0x80; byte >= 0x80; shift += 7) {
      proven(this.#at < this.#range.end && shift <= 21, 'run ends early')
      byte = this.#bytes[this.#at++] as number
      head += (byte & 0x7f) << shift
    }
    return head
  }
}

/** Unpacks into values[from, to) and answers the largest; the bytes from `start` on must suffice. */
export function unpackBits(
  bytes: Uint8Array,
  start: number,
  values: Uint32Array,
  from: number,
  to: number,
  width: number,
): number {
  if (width === 1) return unpackSingleBits(bytes, start, values, from, to)
  const words = wordsOf(bytes, start, ((to - from) * width + 7) >> 3)
  const mask = width === 0 ? 0 : 0xffffffff >>> (32 - width)
  let largest = 0
  for (let index = from, bit = 0; index < to; index++, bit += width) {
    const shift = bit & 31
    const low = (words[bit >> 5] as number) >>> shift
    // In two steps, as a shift by 32 would be none.
    const high = ((words[(bit >> 5) + 1] as number) << (31 - shift)) << 1
    const value = (low | high) & mask
    values[index] = value
    if (value > largest) largest = value
  }
  return largest
}

const unpackedWords = new Scratch(length => new Uint32Array(length))

/** As little-endian words, and one more to look into: half the time of going byte by byte. */
function wordsOf(bytes: Uint8Array, start: number, length: number): Uint32Array {
  const words = unpackedWords.take(((length + 3) >> 2) + 1)
  new Uint8Array(words.buffer).set(bytes.subarray(start, start + length))
  return words
}

/** The same the other way. */
function unpackSingleBits(
  bytes: Uint8Array,
  start: number,
  values: Uint32Array,
  from: number,
  to: number,
): number {
  let seen = 0
  let at = start
  let index = from
  for (; index + 8 <= to; index += 8) {
    const byte = bytes[at++] as number
    seen |= byte
    values[index] = byte & 1
    values[index + 1] = (byte >> 1) & 1
    values[index + 2] = (byte >> 2) & 1
    values[index + 3] = (byte >> 3) & 1
    values[index + 4] = (byte >> 4) & 1
    values[index + 5] = (byte >> 5) & 1
    values[index + 6] = (byte >> 6) & 1
    values[index + 7] = byte >> 7
  }
  for (let bit = 0; index < to; bit++) {
    const value = ((bytes[at] as number) >> bit) & 1
    seen |= value
    values[index++] = value
  }
  return seen === 0 ? 0 : 1
}
