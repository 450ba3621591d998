/** Finds rows by trace or span id. */
import { type IdColumn, isPresent } from '#proto/columns.ts'

/** Those of `rows` (ascending) that have exactly this id. */
export function filterIds(
  column: IdColumn,
  count: number,
  rows: Uint32Array,
  id: Uint8Array,
): Uint32Array {
  const matching = rowsWithId(column, count, id)
  return matching.size === 0 ? rows.subarray(0, 0) : rows.filter(row => matching.has(row))
}

/** All rows of a column of `count` rows that have exactly this id. */
export function rowsWithId(column: IdColumn, count: number, id: Uint8Array): ReadonlySet<number> {
  const found = id.length === column.width ? valuesWith(column, id) : new Set<number>()
  return found.size === 0 ? found : rowsOf(column, count, found)
}

/** Numbers of the present values that equal `id`: one native search over all of them. */
function valuesWith({ heap, width }: IdColumn, id: Uint8Array): Set<number> {
  const bytes = Buffer.from(heap.buffer, heap.byteOffset, heap.length)
  const values = new Set<number>()
  let at = bytes.indexOf(id)
  while (at >= 0) {
    if (at % width === 0) values.add(at / width)
    at = bytes.indexOf(id, at % width === 0 ? at + width : at + 1)
  }
  return values
}

function rowsOf({ presence }: IdColumn, count: number, values: Set<number>): Set<number> {
  if (presence === null) return values
  const rows = new Set<number>()
  let value = 0
  for (let row = 0; row < count; row++) {
    if (isPresent(presence, row) && values.has(value++)) rows.add(row)
  }
  return rows
}
