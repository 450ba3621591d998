/**
 * Patterns of messages by their outline (proto/tokens.ts), so that most messages need not be
 * scanned. Two messages with one outline have one pattern: which digits and letters a token with a
 * digit is made of decides nothing in message-items.ts, nor do lengths in messages as short as
 * these. For messages of one project only: who forges a hash confuses no patterns but their own.
 */
import { entryOf, type TextColumn } from '#proto/columns.ts'
import { signMessage } from './signature.ts'

/** In a longer one it matters how far a bracket reaches. */
const OUTLINED_BYTES_MAX = 256
/** A power of two. */
const SLOTS = 2_048

export class KnownOutlines {
  /** Pairs: what each slot knows. No message has the outline 0, 0. */
  readonly #outlines = new Int32Array(2 * SLOTS)
  readonly #ids = new Int32Array(2 * SLOTS)

  /** Ids of the first `count` messages of a column as pairs (low, high); so are `outlines`. */
  sign(messages: TextColumn, count: number, outlines: Int32Array): Int32Array {
    const { heap, offsets } = messages
    const known = this.#outlines
    const ids = this.#ids
    const pairs = new Int32Array(2 * count)
    for (let row = 0, at = 0; row < count; row++, at += 2) {
      const entry = entryOf(messages, row)
      const start = offsets[entry] as number
      const end = offsets[entry + 1] as number
      const first = outlines[at] as number
      const second = outlines[at + 1] as number
      if (second === 0 || end - start > OUTLINED_BYTES_MAX) {
        signMessage(heap, start, end, pairs, row)
        continue
      }
      const slot = ((first ^ (first >>> 15)) & (SLOTS - 1)) * 2
      if (known[slot] !== first || known[slot + 1] !== second) {
        signMessage(heap, start, end, pairs, row)
        known[slot] = first
        known[slot + 1] = second
        ids[slot] = pairs[at] as number
        ids[slot + 1] = pairs[at + 1] as number
      } else {
        pairs[at] = ids[slot] as number
        pairs[at + 1] = ids[slot + 1] as number
      }
    }
    return pairs
  }
}
