import type { RowColumns } from '#proto/columns.ts'
import { entryOf } from '#proto/columns.ts'
import { hashTokens } from '#proto/tokens.ts'

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
}

const SHAPE_WORDS_MAX = 8
/** Room for so many words a row at first. */
const ROW_WORDS = 16

export function tokenizeMessages(parts: readonly RowColumns[], rowCount: number): MessageTokens {
  const ends = new Uint32Array(rowCount)
  const coarse = new Int32Array(rowCount)
  const fine = new Int32Array(rowCount)
  let hashes = new Uint32Array(rowCount * ROW_WORDS)
  let at = 0
  let row = 0
  for (const { message, count } of parts) {
    const { heap, offsets } = message
    for (let index = 0; index < count; index++, row++) {
      const entry = entryOf(message, index)
      const start = offsets[entry] as number
      const end = offsets[entry + 1] as number
      // A word takes a byte at least.
      if (at + end - start > hashes.length) hashes = grown(hashes, end - start)
      const first = at
      at = hashTokens(heap, start, end, hashes, at)
      ends[row] = at
      let shape = 0
      let words = 0
      for (let word = first; word < at && words < SHAPE_WORDS_MAX; word++) {
        const hash = hashes[word] as number
        if ((hash & 1) === 1) continue
        shape = Math.imul(shape ^ hash, 0x85ebca6b)
        if (words++ === 0) coarse[row] = shape
      }
      fine[row] = shape
    }
  }
  return { hashes, ends, coarse, fine }
}

function grown(hashes: Uint32Array, more: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(hashes.length * 2 + more)
  larger.set(hashes)
  return larger
}
