/** A table of words, and which rows of a batch have them: each row's words are hashed once. */
import { entryOf, type TextColumn } from '#proto/columns.ts'
import { hashTokens } from '#proto/tokens.ts'

let hashes = new Uint32Array(4_096)

export class BatchWords<Value> {
  readonly #values = new Map<number, Value>()

  get size(): number {
    return this.#values.size
  }

  /** What stands for the word with this hash, made by the first who asks. */
  of(hash: number, make: () => Value): Value {
    const known = this.#values.get(hash)
    if (known !== undefined) return known
    const made = make()
    this.#values.set(hash, made)
    return made
  }

  /** Row by row, maybe more than once; what has the hash of a word is mostly this word. */
  forEachRow(
    messages: TextColumn,
    count: number,
    visit: (value: Value, row: number) => void,
  ): void {
    const { heap, offsets } = messages
    for (let row = 0; row < count; row++) {
      const entry = entryOf(messages, row)
      const [start, end] = [offsets[entry] as number, offsets[entry + 1] as number]
      // A word takes a byte at least.
      if (end - start > hashes.length) hashes = new Uint32Array(end - start)
      const words = hashTokens(heap, start, end, hashes, 0)
      for (let i = 0; i < words; i++) {
        const value = this.#values.get(hashes[i] as number)
        if (value !== undefined) visit(value, row)
      }
    }
  }
}
