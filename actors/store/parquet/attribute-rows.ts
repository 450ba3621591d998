import type { AttributeColumn, RowColumns } from '#proto/columns.ts'
import { type GroupWriter, writeEmptyChunk } from './chunk-writer.ts'
import { writeBooleans, writeDoubles, writeLongs } from './encode-numbers.ts'
import { writeTexts } from './encode-texts.ts'
import { concatBytes, gatherPresence, gatherTexts, type Presence, valueNumbers } from './gather.ts'
import type { ColumnChunk } from './layout.ts'
import type { NumberCounts } from './number-counts.ts'
import { type AttributeName, type ColumnSchema, columnName } from './schema.ts'

/** One attribute in one part; null = the part does not have it. */
interface AttributePart {
  readonly rows: number
  readonly column: AttributeColumn | null
  readonly texts: AttributeColumn | null
  readonly presence: Uint8Array | null
}

/**
 * Attribute columns by the name of their Parquet column. Should a sender have made two of one key
 * and type, the first has it; the other goes to the JSON.
 */
export function namedColumns(
  columns: readonly AttributeColumn[],
): ReadonlyMap<string, AttributeColumn> {
  return new Map([...columns].reverse().map(column => [columnName(column), column]))
}

/** The attribute columns of all parts, findable by the name of their Parquet column. */
export class AttributeTable {
  readonly #parts: readonly { rows: number; columns: ReadonlyMap<string, AttributeColumn> }[]

  readonly #counts: NumberCounts

  /** `counts` are told what numbers repeat. */
  constructor(parts: readonly RowColumns[], counts: NumberCounts) {
    this.#counts = counts
    this.#parts = parts.map(part => ({
      rows: part.count,
      columns: namedColumns(part.attributes),
    }))
  }

  /** Writes the column of one attribute. */
  write(group: GroupWriter, column: ColumnSchema, attribute: AttributeName): ColumnChunk {
    const name = columnName(attribute)
    const parts = this.#parts.map(({ rows, columns }): AttributePart => {
      const found = columns.get(name) ?? null
      return { rows, column: found, texts: found, presence: found?.presence ?? null }
    })
    if (parts.every(part => part.column === null)) return writeEmptyChunk(group, column)
    if (attribute.type === 's' || attribute.type === 'j') {
      return writeTexts(group, column, gatherTexts(parts.map(textPart)))
    }
    const presence = gatherPresence(parts)
    const values = valueNumbers(presence)
    if (attribute.type === 'b') {
      return writeBooleans(group, column, { ...presence, values, bools: bytesOf(parts, 1) })
    }
    const pairs = pairsOf(parts, presence)
    const rows = { ...presence, values, pairs, counts: this.#counts }
    return attribute.type === 'd'
      ? writeDoubles(group, column, rows)
      : writeLongs(group, column, rows)
  }
}

function textPart(part: AttributePart) {
  const { rows, column, presence } = part
  const texts = column !== null && 'texts' in column ? column.texts : null
  return { rows, texts, presence }
}

function pairsOf(parts: readonly AttributePart[], { present }: Presence): Int32Array {
  const bytes = bytesOf(parts, 8)
  const pairs = new Int32Array(present * 2)
  new Uint8Array(pairs.buffer).set(bytes)
  return pairs
}

/** The values of all parts one after the other, `width` bytes each. */
function bytesOf(parts: readonly AttributePart[], width: 1 | 8): Uint8Array {
  const heaps = parts.flatMap(({ column }) => {
    const values =
      column === null
        ? null
        : 'ints' in column
          ? column.ints
          : 'doubles' in column
            ? column.doubles
            : 'bools' in column
              ? column.bools
              : null
    return column === null || values === null
      ? []
      : [new Uint8Array(values.buffer, values.byteOffset, column.present * width)]
  })
  return concatBytes(
    heaps,
    heaps.reduce((sum, heap) => sum + heap.length, 0),
  )
}
