/** Values of single columns of selected rows. */
import { isPresent, type RowColumns } from '#proto/columns.ts'

/** Numbers of the selected rows, NaN where there is none; null = nobody has one. */
export function readNumbers(
  rows: RowColumns,
  field: string,
  selected: Uint32Array,
): Float64Array | null {
  let numbers: Float64Array | null = null
  for (const column of rows.attributes) {
    if (column.key !== field || (column.type !== 'i' && column.type !== 'd')) continue
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
    const at = (values[i] as number) * 2
    if (at >= 0) into[i] = (pairs[at + 1] as number) * 2 ** 32 + ((pairs[at] as number) >>> 0)
  }
}

/** Where the values of the selected rows (ascending) stand among the present ones; -1 = absent. */
export function valuesOf(presence: Uint8Array | null, selected: Uint32Array): Int32Array {
  if (presence === null) return Int32Array.from(selected)
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
