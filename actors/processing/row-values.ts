/** Values of single columns of selected rows. */
import {
  type AttributeColumn,
  type CodedNumbers,
  isPresent,
  numberOfPair,
  type RowColumns,
} from '#proto/columns.ts'

type NumberColumn = AttributeColumn & { readonly type: 'i' | 'd' }

/** Numbers of the selected rows, NaN where there is none; null = nobody has one. */
export function readNumbers(
  rows: RowColumns,
  field: string,
  selected: Uint32Array,
): Float64Array | null {
  let numbers: Float64Array | null = null
  for (const column of numberColumns(rows, field)) {
    numbers ??= new Float64Array(selected.length).fill(Number.NaN)
    const values = valuesOf(column.presence, selected)
    if (column.type === 'd') pickDoubles(column.doubles, values, numbers)
    else pickInts(column.ints, values, numbers)
  }
  return numbers
}

function pickDoubles(doubles: Float64Array, values: Int32Array, into: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (value >= 0) into[i] = doubles[value] as number
  }
}

function pickInts(pairs: Int32Array, values: Int32Array, into: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (value >= 0) into[i] = numberOfPair(pairs, value)
  }
}

/** Numbers of rows by the entries of a dictionary. */
export interface NumberCodes {
  /** Of each selected row; 0 = it has none. */
  readonly codes: Int32Array
  /** What the codes stand for; NaN for 0. */
  readonly entries: Float64Array
}

/** The same numbers where all of them are stored by a dictionary; null = they are not. */
export function readNumberCodes(
  rows: RowColumns,
  field: string,
  selected: Uint32Array,
): NumberCodes | null {
  const columns = numberColumns(rows, field).filter(({ present }) => present > 0)
  const dictionaries: CodedNumbers[] = []
  for (const { coded } of columns) {
    if (coded === undefined || coded === null) return null
    dictionaries.push(coded)
  }
  const codes = new Int32Array(selected.length)
  const entries = new Float64Array(dictionaries.reduce((sum, each) => sum + each.entries.length, 1))
  entries[0] = Number.NaN
  let base = 1
  for (const [i, dictionary] of dictionaries.entries()) {
    const presence = columns[i]?.presence ?? null
    const coded = { present: dictionary.codes, presence, base }
    if (selected.length === rows.count) placeCodes(coded, codes)
    else pickCodes(coded, selected, codes)
    entries.set(dictionary.entries, base)
    base += dictionary.entries.length
  }
  return { codes, entries }
}

interface PresentCodes {
  /** Of the rows that have a value. */
  readonly present: Uint32Array
  readonly presence: Uint8Array | null
  /** What the first code is. */
  readonly base: number
}

/** Of all rows, byte by byte of the bitmap: a fifth of the time of asking row by row. */
function placeCodes({ present, presence, base }: PresentCodes, codes: Int32Array): void {
  if (presence === null) {
    for (let row = 0; row < codes.length; row++) codes[row] = (present[row] as number) + base
    return
  }
  for (let byte = 0, rank = 0; rank < present.length; byte++) {
    for (let bits = presence[byte] as number; bits !== 0; bits &= bits - 1) {
      codes[byte * 8 + 31 - Math.clz32(bits & -bits)] = (present[rank++] as number) + base
    }
  }
}

/** Of selected rows (ascending). */
function pickCodes(
  { present, presence, base }: PresentCodes,
  selected: Uint32Array,
  codes: Int32Array,
): void {
  const values = valuesOf(presence, selected)
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (value >= 0) codes[i] = (present[value] as number) + base
  }
}

function numberColumns(rows: RowColumns, field: string): NumberColumn[] {
  return rows.attributes.filter(
    (column): column is NumberColumn =>
      column.key === field && (column.type === 'i' || column.type === 'd'),
  )
}

/** Where the values of the selected rows (ascending) stand among the present ones; -1 = absent. */
export function valuesOf(presence: Uint8Array | null, selected: Uint32Array): Int32Array {
  if (presence === null) return new Int32Array(selected)
  const values = new Int32Array(selected.length)
  let row = 0
  let rank = 0
  for (let i = 0; i < selected.length; i++) {
    const wanted = selected[i] as number
    for (; row < wanted; row++) rank += ((presence[row >> 3] as number) >> (row & 7)) & 1
    values[i] = isPresent(presence, wanted) ? rank : -1
  }
  return values
}
