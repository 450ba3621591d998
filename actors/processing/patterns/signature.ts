/**
 * The pattern id of a message: a hash of its wording, values left out. A pure function of the
 * bytes, so that it is the same in every thread, process and store and after every restart.
 */
import type { TextColumn } from '#proto/columns.ts'
import { items, scanItems } from './message-items.ts'

/** Version of the rules of message-items.ts and of this hash; part of every id. 1 to 31. */
export const PATTERNS_VERSION = 1

/** An id is version * 2^48 + hash: an INT64 that JavaScript, too, has as a number. */
const HASH_BITS = 48
const VERSION_HIGH = PATTERNS_VERSION << (HASH_BITS - 32)

/** Writes the id of the message in bytes [start, end) as the pair (low, high) number `index`. */
export function signMessage(
  bytes: Uint8Array,
  start: number,
  end: number,
  pairs: Int32Array,
  index: number,
): void {
  const count = scanItems(bytes, start, end)
  signWords(items.words, count, pairs, index)
}

/** The same of words that are known already. */
export function signWords(
  words: ArrayLike<number>,
  count: number,
  pairs: Int32Array,
  index: number,
): void {
  let low = PATTERNS_VERSION
  let high = 0x9e3779b9 | 0
  for (let item = 0; item < count; item++) {
    const word = words[item] as number
    low = Math.imul(low ^ word, 0x85ebca6b)
    low ^= low >>> 15
    high = Math.imul(high + word, 0xc2b2ae35)
    high ^= high >>> 13
  }
  pairs[2 * index] = low
  pairs[2 * index + 1] = VERSION_HIGH | ((high ^ (high >>> 16)) & 0xffff)
}

/** Ids of the messages of a column as pairs (low, high). */
export function signMessages(messages: TextColumn, count: number): Int32Array {
  const { heap, offsets, indexes } = messages
  const entries = indexes === 'each' ? count : indexes === 'same' ? 1 : offsets.length - 1
  if (indexes === 'each' || entries > count) return signRows(messages, count)
  const ids = new Int32Array(2 * entries)
  for (let entry = 0; entry < entries; entry++) {
    signMessage(heap, offsets[entry] as number, offsets[entry + 1] as number, ids, entry)
  }
  const pairs = new Int32Array(2 * count)
  for (let row = 0; row < count; row++) {
    const entry = indexes === 'same' ? 0 : (indexes[row] as number)
    pairs[2 * row] = ids[2 * entry] as number
    pairs[2 * row + 1] = ids[2 * entry + 1] as number
  }
  return pairs
}

function signRows({ heap, offsets, indexes }: TextColumn, count: number): Int32Array {
  const pairs = new Int32Array(2 * count)
  for (let row = 0; row < count; row++) {
    const entry = typeof indexes === 'string' ? row : (indexes[row] as number)
    signMessage(heap, offsets[entry] as number, offsets[entry + 1] as number, pairs, row)
  }
  return pairs
}

/** An id as a number. */
export function patternOf(low: number, high: number): number {
  return high * 2 ** 32 + (low >>> 0)
}

/** Whether these pairs, all made at one time, were made by the rules of this program. */
export function areOfThisVersion(pairs: Int32Array): boolean {
  return pairs.length === 0 || (pairs[1] as number) >> (HASH_BITS - 32) === PATTERNS_VERSION
}

/** The id that a query names; null = none is written so. */
export function parsePattern(text: string): number | null {
  const id = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : 0
  return id > 0 && Number.isSafeInteger(id) ? id : null
}
