/** Dead letters in memory, for tests that ask only for what was put there. */
import { sortableId } from '#runtime/sortable-id.ts'
import {
  bounded,
  type DeadLetter,
  type DeadLetterNote,
  type DeadLetterQuery,
  type DeadLetters,
  select,
} from '../dead-letters/dead-letters.ts'

export class MemoryDeadLetters implements DeadLetters {
  readonly puts: { readonly letters: number; readonly when: 'durable' | 'soon' }[] = []
  failure: Error | null = null
  readonly #letters = new Map<string, DeadLetter>()
  #next = 0

  async put(
    letters: readonly DeadLetter[],
    when: 'durable' | 'soon' = 'durable',
  ): Promise<readonly string[]> {
    if (this.failure !== null) throw this.failure
    this.puts.push({ letters: letters.length, when })
    return letters.map(given => {
      const letter = bounded(given)
      const count = Buffer.alloc(6)
      count.writeUInt32BE(++this.#next, 2)
      const id = sortableId(letter.atUs, count)
      this.#letters.set(id, letter)
      return id
    })
  }

  async list(query: DeadLetterQuery): Promise<readonly DeadLetterNote[]> {
    const notes = [...this.#letters].map(([id, { bytes, ...rest }]) => {
      return { id, ...rest, length: bytes.length }
    })
    return select(notes, query)
  }

  async read(id: string): Promise<DeadLetter | null> {
    return this.#letters.get(id) ?? null
  }

  async delete(ids: readonly string[]): Promise<number> {
    return ids.filter(id => this.#letters.delete(id)).length
  }

  observe(): Record<string, unknown> {
    return { letters: this.#letters.size }
  }

  async close(): Promise<void> {}
}
