/**
 * Where the value of a row stands among the present ones, without counting from the start each
 * time.
 */
import { isPresent } from '#proto/columns.ts'

const BLOCK_BYTES = 32

const BITS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0
  for (let rest = byte; rest > 0; rest >>= 1) bits += rest & 1
  return bits
})

export class PresenceRank {
  readonly #presence: Uint8Array | null
  /** Present rows before each block of the bitmap. */
  readonly #before: Uint32Array

  constructor(presence: Uint8Array | null) {
    this.#presence = presence
    const bytes = presence?.length ?? 0
    this.#before = new Uint32Array(Math.ceil(bytes / BLOCK_BYTES))
    let count = 0
    for (let at = 0; at < bytes; at++) {
      if (at % BLOCK_BYTES === 0) this.#before[at / BLOCK_BYTES] = count
      count += BITS[presence?.[at] as number] as number
    }
  }

  /** Number of the value of row `index`; -1 = it has none. */
  of(index: number): number {
    const presence = this.#presence
    if (presence === null) return index
    if (!isPresent(presence, index)) return -1
    const last = index >> 3
    const block = Math.floor(last / BLOCK_BYTES)
    let count = this.#before[block] as number
    for (let at = block * BLOCK_BYTES; at < last; at++)
      count += BITS[presence[at] as number] as number
    const below = (1 << (index & 7)) - 1
    return count + (BITS[(presence[last] as number) & below] as number)
  }
}
