/** Tests a column of texts for chosen rows: repeated entries are tested once, not once a row. */
import type { TextColumn } from '#proto/columns.ts'

/** Decides about one entry of the column that it was made for. */
export type EntryTest = (entry: number) => boolean

/** Those of `values` (numbers of values, ascending) whose entry passes. */
export function filterTexts(column: TextColumn, values: Uint32Array, test: EntryTest): Uint32Array {
  const { indexes } = column
  if (values.length === 0) return values
  if (indexes === 'same') return test(0) ? values : values.subarray(0, 0)
  const passed = new Uint32Array(values.length)
  let count = 0
  if (indexes === 'each') {
    for (const value of values) if (test(value)) passed[count++] = value
    return passed.subarray(0, count)
  }
  const verdicts = new Uint8Array(column.offsets.length)
  for (const value of values) {
    const entry = indexes[value] as number
    if (verdicts[entry] === UNKNOWN) verdicts[entry] = test(entry) ? PASSED : FAILED
    if (verdicts[entry] === PASSED) passed[count++] = value
  }
  return passed.subarray(0, count)
}

const UNKNOWN = 0
const PASSED = 1
const FAILED = 2
