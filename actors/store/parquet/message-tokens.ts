import type { RowColumns } from '#proto/columns.ts'
import { entryOf } from '#proto/columns.ts'
import { hashTokens, outline } from '#proto/tokens.ts'
import { Scratch } from './scratch.ts'

/**
 * The words of all messages, hashed once: for the index, and for the shape of each message, which
 * is the hash of its first words without digits. Messages of one template nearly always share it.
 * It only decides the order of rows: nothing reads it back.
 */
export interface MessageTokens {
  /** Those of row r are hashes[ends[r - 1], ends[r]). */
  readonly hashes: Uint32Array
  readonly ends: Uint32Array
  /** Shape of the first word. */
  readonly coarse: Int32Array
  /** Shape of the first eight words. */
  readonly fine: Int32Array
  /** Of each message, in pairs. */
  readonly outlines: Int32Array
}

const SHAPE_WORDS_MAX = 8
/** Room for so many words a row at first. */
const ROW_WORDS = 16

const words = new Scratch(length => new Uint32Array(length))

/** The result is valid until the next call. */
export function tokenizeMessages(parts: readonly RowColumns[], rowCount: number): MessageTokens {
  const ends = new Uint32Array(rowCount)
  const coarse = new Int32Array(rowCount)
  const fine = new Int32Array(rowCount)
  const outlines = new Int32Array(2 * rowCount)
  let hashes: Uint32Array = words.take(rowCount * ROW_WORDS)
  let at = 0
  let row = 0
  for (const part of parts) {
    const { message } = part
    const { heap, offsets } = message
    for (let index = 0; index < part.count; index++, row++) {
      const entry = entryOf(message, index)
      const start = offsets[entry] as number
      const end = offsets[entry + 1] as number
      // A word takes a byte at least.
      if (at + end - start > hashes.length) hashes = grown(hashes, at, end - start)
      const first = at
      at = hashTokens(heap, start, end, hashes, at)
      ends[row] = at
      outlines[2 * row] = outline[0] as number
      outlines[2 * row + 1] = outline[1] as number
      let shape = 0
      let count = 0
      for (let word = first; word < at && count < SHAPE_WORDS_MAX; word++) {
        const hash = hashes[word] as number
        if ((hash & 1) === 1) continue
        shape = Math.imul(shape ^ hash, 0x85ebca6b)
        if (count++ === 0) coarse[row] = shape
      }
      fine[row] = shape
    }
  }
  return { hashes, ends, coarse, fine, outlines }
}

function grown(hashes: Uint32Array, used: number, more: number): Uint32Array {
  const larger = words.take(hashes.length * 2 + more)
  larger.set(hashes.subarray(0, used))
  return larger
}
