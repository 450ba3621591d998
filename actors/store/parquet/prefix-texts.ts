import type { ByteSink } from './byte-sink.ts'
import { proven } from './corrupt.ts'
import { MINI, readSomeDeltas, writeDeltas } from './delta.ts'
import { Scratch } from './scratch.ts'

/**
 * DELTA_BYTE_ARRAY, for short texts that start like the one before, as paths and ids do:
 *
 *   prefix lengths (delta.ts) | suffix lengths (delta.ts) | suffixes, one after the other
 *
 * A fifth of the bytes go to zstd, which then finds nothing but digits. All texts whose prefix
 * lengths share a bit width take the same prefix: to use each one's own costs more in lengths than
 * it saves in suffixes.
 */

/** Longer suffixes have repeats of their own, which zstd finds cheaper where lengths repeat too. */
const SUFFIX_BYTES_MAX = 12
const SAMPLES = 16
/** Up to here a loop is quicker than a call. */
const SHORT_BYTES = 32
/** Prefixes multiply what a page holds: a damaged length must not ask for all memory. */
const TEXT_BYTES_MAX = 256 * 1024 * 1024

/** Text i, in the order in which they are to stand, is heap[starts[rows[i]], ends[rows[i]]). */
export interface OrderedTexts {
  readonly heap: Uint8Array
  readonly view: DataView
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  readonly rows: Uint32Array
  readonly count: number
}

/** Bytes that all of texts [first, end) share with the text before each. */
function sharedPrefix(texts: OrderedTexts, first: number, end: number): number {
  const { heap, view, starts, ends, rows } = texts
  let before = rows[first - 1] as number
  let shared = (ends[before] as number) - (starts[before] as number)
  for (let index = first; index < end && shared > 0; index++) {
    const row = rows[index] as number
    const start = starts[row] as number
    const other = starts[before] as number
    const most = Math.min(shared, (ends[row] as number) - start)
    shared = 0
    while (shared + 4 <= most && view.getInt32(start + shared) === view.getInt32(other + shared))
      shared += 4
    while (shared < most && heap[start + shared] === heap[other + shared]) shared++
    before = row
  }
  return shared
}

/** Whether a sample of the texts is left with short suffixes. */
export function havePrefixes(texts: OrderedTexts): boolean {
  const { starts, ends, rows, count } = texts
  const step = Math.max(MINI, Math.floor((count - 1) / SAMPLES))
  let bytes = 0
  let looked = 0
  for (let first = 1; first < count; first += step) {
    const end = Math.min(count, first + MINI)
    const shared = sharedPrefix(texts, first, end)
    for (let index = first; index < end; index++) {
      const row = rows[index] as number
      bytes += (ends[row] as number) - (starts[row] as number) - shared
    }
    looked += end - first
  }
  return looked > 0 && bytes <= looked * SUFFIX_BYTES_MAX
}

const numbers = new Scratch(length => new Float64Array(length))

export function writePrefixTexts(sink: ByteSink, texts: OrderedTexts): void {
  const { view, starts, ends, rows, count } = texts
  const lengths = numbers.take(2 * count)
  let bytes = 0
  for (let first = 0; first < count; ) {
    const end = first === 0 ? 1 : Math.min(count, first + MINI)
    const shared = first === 0 ? 0 : sharedPrefix(texts, first, end)
    for (let index = first; index < end; index++) {
      const row = rows[index] as number
      const suffix = (ends[row] as number) - (starts[row] as number) - shared
      lengths[index] = shared
      lengths[count + index] = suffix
      bytes += suffix
    }
    first = end
  }
  writeDeltas(sink, lengths, 0, count)
  writeDeltas(sink, lengths, count, 2 * count)
  sink.room(bytes + 4)
  const into = new DataView(sink.bytes.buffer, sink.bytes.byteOffset)
  let { at } = sink
  for (let index = 0; index < count; index++) {
    const start = (starts[rows[index] as number] as number) + (lengths[index] as number)
    const length = lengths[count + index] as number
    for (let byte = 0; byte < length; byte += 4)
      into.setInt32(at + byte, view.getInt32(start + byte))
    at += length
  }
  sink.at = at
}

/** Text i is heap[offsets[i], offsets[i + 1]). */
export interface JoinedTexts {
  readonly heap: Uint8Array
  readonly offsets: Uint32Array
}

/** Reads the `count` texts that `body` holds, exactly. */
export function readPrefixTexts(body: Uint8Array, count: number): JoinedTexts {
  const prefixes = readSomeDeltas(body, 0, body.length, count)
  const suffixes = readSomeDeltas(body, prefixes.at, body.length, count)
  const offsets = joinedOffsets(prefixes.values, suffixes.values, body.length - suffixes.at)
  const heap = new Uint8Array(offsets[count] as number)
  let from = suffixes.at
  for (let index = 0; index < count; index++) {
    const start = offsets[index] as number
    const suffixAt = start + (prefixes.values[index] as number)
    const end = offsets[index + 1] as number
    const before = offsets[index - 1] as number
    if (suffixAt > start) heap.copyWithin(start, before, before + suffixAt - start)
    if (end - suffixAt > SHORT_BYTES) {
      heap.set(body.subarray(from, from + end - suffixAt), suffixAt)
      from += end - suffixAt
    } else for (let to = suffixAt; to < end; to++) heap[to] = body[from++] as number
  }
  return { heap, offsets }
}

function joinedOffsets(
  prefixes: Float64Array,
  suffixes: Float64Array,
  suffixBytes: number,
): Uint32Array {
  const offsets = new Uint32Array(prefixes.length + 1)
  let length = 0
  let end = 0
  let rest = suffixBytes
  for (let index = 0; index < prefixes.length; index++) {
    const prefix = prefixes[index] as number
    const suffix = suffixes[index] as number
    proven(prefix >= 0 && prefix <= length && suffix >= 0, 'prefix longer than the text before')
    length = prefix + suffix
    end += length
    rest -= suffix
    proven(end <= TEXT_BYTES_MAX, 'texts too long')
    offsets[index + 1] = end
  }
  proven(rest === 0, 'bytes left over behind the texts')
  return offsets
}
