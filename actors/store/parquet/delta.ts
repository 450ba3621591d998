import { bitWidth } from './bit-packing.ts'
import type { ByteSink } from './byte-sink.ts'
import { proven } from './corrupt.ts'
import { VarintReader } from './varint-reader.ts'

/**
 * DELTA_BINARY_PACKED for whole numbers that lie less than 2^52 apart, so that all differences are
 * exact:
 *
 *   varint 128, varint 4, varint count, zigzag first value, then per 128 differences:
 *   zigzag smallest difference, 4 bit widths, 4 × 32 packed (difference - smallest)
 */
const BLOCK = 128
const MINI_BLOCKS = 4
/** Differences that share a bit width. */
export const MINI = BLOCK / MINI_BLOCKS
/** Times may be all of it, numbers of either sign half of it. */
export const DELTA_SPAN_MAX = 2 ** 52
/** Packed in two steps where wider: 32-bit arithmetic holds 7 bits left over and 24 new ones. */
const STEP_BITS = 24
const STEP = 2 ** STEP_BITS

/** Writes values[start, end). */
export function writeDeltas(
  sink: ByteSink,
  values: ArrayLike<number>,
  start: number,
  end: number,
): void {
  sink.varint(BLOCK)
  sink.varint(MINI_BLOCKS)
  sink.varint(end - start)
  sink.zigzag(start < end ? (values[start] as number) : 0)
  const block = new Float64Array(BLOCK)
  for (let first = start + 1; first < end; first += BLOCK) {
    const count = Math.min(BLOCK, end - first)
    let smallest = Number.POSITIVE_INFINITY
    let before = values[first - 1] as number
    for (let index = 0; index < count; index++) {
      const value = values[first + index] as number
      const delta = value - before
      before = value
      block[index] = delta
      if (delta < smallest) smallest = delta
    }
    writeBlock(sink, block, count, smallest)
  }
}

function writeBlock(sink: ByteSink, block: Float64Array, count: number, smallest: number): void {
  sink.zigzag(smallest)
  sink.room(MINI_BLOCKS + BLOCK * 8)
  const widthsAt = sink.at
  sink.at += MINI_BLOCKS
  for (let mini = 0; mini < MINI_BLOCKS; mini++) {
    const from = mini * MINI
    const to = Math.min(from + MINI, count)
    let largest = 0
    for (let index = from; index < to; index++) {
      const rest = (block[index] as number) - smallest
      block[index] = rest
      if (rest > largest) largest = rest
    }
    const width = bitWidth(largest)
    sink.bytes[widthsAt + mini] = width
    if (width === 0) continue
    if (to < from + MINI) block.fill(0, Math.max(from, to), from + MINI)
    if (width <= STEP_BITS) packNarrow(sink, block, from, width)
    else packWide(sink, block, from, width)
  }
}

function packNarrow(sink: ByteSink, block: Float64Array, from: number, width: number): void {
  const { bytes } = sink
  let { at } = sink
  let bits = 0
  let filled = 0
  for (let index = from; index < from + MINI; index++) {
    bits |= (block[index] as number) << filled
    filled += width
    while (filled >= 8) {
      bytes[at++] = bits
      bits >>>= 8
      filled -= 8
    }
  }
  sink.at = at
}

function packWide(sink: ByteSink, block: Float64Array, from: number, width: number): void {
  const { bytes } = sink
  let { at } = sink
  let bits = 0
  let filled = 0
  for (let index = from; index < from + MINI; index++) {
    let rest = block[index] as number
    for (let left = width; left > 0; left -= STEP_BITS) {
      const high = Math.floor(rest / STEP)
      bits |= (rest - high * STEP) << filled
      filled += Math.min(left, STEP_BITS)
      rest = high
      while (filled >= 8) {
        bytes[at++] = bits
        bits >>>= 8
        filled -= 8
      }
    }
  }
  sink.at = at
}

/** Reads exactly `count` values out of bytes[start, end), which they must fill. */
export function readDeltas(
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
): Float64Array {
  const { values, at } = readSomeDeltas(bytes, start, end, count)
  proven(at === end, 'bytes left over behind the deltas')
  return values
}

/** Reads exactly `count` values that start at `start`, and tells where they end. */
export function readSomeDeltas(
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
): { readonly values: Float64Array; readonly at: number } {
  const reader = new DeltaReader(bytes.subarray(0, end), start, 'deltas')
  proven(reader.varint() === BLOCK && reader.varint() === MINI_BLOCKS, 'unknown delta blocks')
  proven(reader.varint() === count, 'wrong number of deltas')
  const values = new Float64Array(count)
  let value = reader.zigzag()
  if (count > 0) values[0] = value
  for (let first = 1; first < count; first += BLOCK) {
    const smallest = reader.zigzag()
    const widthsAt = reader.skip(MINI_BLOCKS)
    for (let mini = 0; mini < MINI_BLOCKS; mini++) {
      const from = first + mini * MINI
      const to = Math.min(from + MINI, count)
      if (to <= from) break
      reader.unpack(bytes[widthsAt + mini] as number, values, from, to)
      for (let index = from; index < to; index++) {
        value += smallest + (values[index] as number)
        values[index] = value
      }
    }
    proven(Math.abs(value) < DELTA_SPAN_MAX, 'delta leaves its range')
  }
  return { values, at: reader.at }
}

class DeltaReader extends VarintReader {
  /** Unpacks the next 32 values of `width` bits and keeps the first to values[from, to). */
  unpack(width: number, values: Float64Array, from: number, to: number): void {
    proven(width <= 53, 'delta too wide')
    const at = this.skip((MINI * width) >> 3)
    if (width <= STEP_BITS) unpackNarrow(this.bytes, at, width, values, from, to)
    else unpackWide(this.bytes, at, width, values, from, to)
  }
}

/** The hottest loop of every read: most differences are narrow. */
function unpackNarrow(
  bytes: Uint8Array,
  start: number,
  width: number,
  values: Float64Array,
  from: number,
  to: number,
): void {
  const mask = 2 ** width - 1
  let at = start
  let bits = 0
  let filled = 0
  for (let index = from; index < to; index++) {
    while (filled < width) {
      bits |= (bytes[at++] as number) << filled
      filled += 8
    }
    values[index] = bits & mask
    bits >>>= width
    filled -= width
  }
}

function unpackWide(
  bytes: Uint8Array,
  start: number,
  width: number,
  values: Float64Array,
  from: number,
  to: number,
): void {
  let at = start
  let bits = 0
  let filled = 0
  for (let index = from; index < to; index++) {
    let value = 0
    let scale = 1
    for (let left = width; left > 0; left -= STEP_BITS) {
      const step = Math.min(left, STEP_BITS)
      while (filled < step) {
        bits |= (bytes[at++] as number) << filled
        filled += 8
      }
      value += (bits & (0xffffffff >>> (32 - step))) * scale
      bits >>>= step
      filled -= step
      scale *= STEP
    }
    values[index] = value
  }
}
