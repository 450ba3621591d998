import { ByteSink } from './byte-sink.ts'
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

/**
 * Reads the `count` texts that `body` holds, exactly; keeps only those numbered in `picked`
 * (ascending; null = all).
 */
export function readPrefixTexts(
  body: Uint8Array,
  count: number,
  picked: Uint32Array | null,
): JoinedTexts {
  const prefixes = readSomeDeltas(body, 0, body.length, count)
  const suffixes = readSomeDeltas(body, prefixes.at, body.length, count)
  const stored: StoredTexts = {
    prefixes: prefixes.values,
    suffixes: suffixes.values,
    suffixesAt: suffixes.at,
    body,
  }
  const proof = proveLengths(stored)
  return picked === null ? joinAll(stored, proof.bytes) : joinSome(stored, proof.longest, picked)
}

interface StoredTexts {
  readonly prefixes: Float64Array
  readonly suffixes: Float64Array
  readonly suffixesAt: number
  readonly body: Uint8Array
}

/** Answers the length of the longest text, and of all together. */
function proveLengths({ prefixes, suffixes, suffixesAt, body }: StoredTexts): {
  readonly longest: number
  readonly bytes: number
} {
  let longest = 0
  let length = 0
  let bytes = 0
  let rest = body.length - suffixesAt
  for (let index = 0; index < prefixes.length; index++) {
    const prefix = prefixes[index] as number
    const suffix = suffixes[index] as number
    proven(prefix >= 0 && prefix <= length && suffix >= 0, 'prefix longer than the text before')
    length = prefix + suffix
    if (length > longest) longest = length
    bytes += length
    rest -= suffix
  }
  proven(rest === 0, 'bytes left over behind the texts')
  proven(bytes <= TEXT_BYTES_MAX, 'texts too long')
  return { longest, bytes }
}

function joinAll(
  { prefixes, suffixes, suffixesAt, body }: StoredTexts,
  bytes: number,
): JoinedTexts {
  const offsets = new Uint32Array(prefixes.length + 1)
  const heap = new Uint8Array(bytes)
  let from = suffixesAt
  let to = 0
  for (let index = 0, before = 0; index < prefixes.length; index++) {
    const start = to
    const suffixAt = start + (prefixes[index] as number)
    const end = suffixAt + (suffixes[index] as number)
    while (to < suffixAt) heap[to++] = heap[before++] as number
    while (to < end) heap[to++] = body[from++] as number
    before = start
    offsets[index + 1] = to
  }
  return { heap, offsets }
}

function joinSome(
  { prefixes, suffixes, suffixesAt, body }: StoredTexts,
  longest: number,
  picked: Uint32Array,
): JoinedTexts {
  const offsets = new Uint32Array(picked.length + 1)
  const heap = new ByteSink(Math.min(picked.length * longest, body.length * 2))
  // One text that becomes the next one: most of it stays.
  const text = new Uint8Array(longest)
  let from = suffixesAt
  for (let index = 0, next = 0; next < picked.length; index++) {
    const start = prefixes[index] as number
    const end = start + (suffixes[index] as number)
    for (let at = start; at < end; at++) text[at] = body[from++] as number
    if (picked[next] !== index) continue
    heap.append(text.subarray(0, end))
    offsets[++next] = heap.at
  }
  return { heap: heap.since(0), offsets }
}
