/** Pattern ids of single rows: as they are stored, else of the messages of the rows asked for. */
import { entryOf, type RowColumns } from '#proto/columns.ts'
import { patternOf, signMessage } from './signature.ts'

export class PatternIds {
  readonly #rows: Pick<RowColumns, 'patternId' | 'message'>
  readonly #pair = new Int32Array(2)

  constructor(rows: Pick<RowColumns, 'patternId' | 'message'>) {
    this.#rows = rows
  }

  of(row: number): number {
    const { patternId, message } = this.#rows
    if (patternId !== null) {
      return patternOf(patternId[2 * row] as number, patternId[2 * row + 1] as number)
    }
    return this.ofEntry(entryOf(message, row))
  }

  /** Of an entry of the messages. */
  ofEntry(entry: number): number {
    const { heap, offsets } = this.#rows.message
    const pair = this.#pair
    signMessage(heap, offsets[entry] as number, offsets[entry + 1] as number, pair, 0)
    return patternOf(pair[0] as number, pair[1] as number)
  }
}

/** The pattern id of one message. */
export function patternOfText(message: string): number {
  const heap = Buffer.from(message)
  const offsets = Uint32Array.of(0, heap.length)
  return new PatternIds({ patternId: null, message: { heap, offsets, indexes: 'same' } }).of(0)
}
