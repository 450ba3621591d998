/** Conditions on attributes over their typed columns, as DESIGN.md section 5 says: whole values. */
import { type AttributeColumn, isPresent } from '#proto/columns.ts'
import { NumberText, parseKeepingNumbers } from './exact-json.ts'
import { entryText } from './folded-bytes.ts'
import { denseRanks } from './take-rows.ts'
import { filterTexts } from './text-filter.ts'
import type { ValueTest } from './value-test.ts'

/** Those of `rows` (ascending) whose value in this column passes; absent values do not. */
export function filterAttribute(
  column: AttributeColumn,
  count: number,
  rows: Uint32Array,
  test: ValueTest,
): Uint32Array {
  const { presence } = column
  if (presence === null) return filterValues(column, rows, test)
  const ranks = denseRanks(presence, count)
  const present = rows.filter(row => isPresent(presence, row))
  const values = present.map(row => ranks[row] as number)
  const passed = filterValues(column, values, test)
  let next = 0
  return present.filter((_, i) => {
    if (passed[next] !== values[i]) return false
    next++
    return true
  })
}

/** Those of `rows` that have any value in this column. */
export function filterPresent(
  { presence }: Pick<AttributeColumn, 'presence'>,
  rows: Uint32Array,
): Uint32Array {
  return presence === null ? rows : rows.filter(row => isPresent(presence, row))
}

function filterValues(column: AttributeColumn, values: Uint32Array, test: ValueTest): Uint32Array {
  switch (column.type) {
    case 's': {
      const { heap, offsets } = column.texts
      return filterTexts(column.texts, values, entry =>
        test.text(heap, offsets[entry] as number, offsets[entry + 1] as number),
      )
    }
    case 'j': {
      const { texts } = column
      return filterTexts(texts, values, entry => jsonPasses(entryText(texts, entry), test))
    }
    case 'i':
      return test.ints(column.ints, values)
    case 'd':
      return test.doubles(column.doubles, values)
    case 'b': {
      const [no, yes] = [test.bool(false), test.bool(true)]
      return values.filter(value => (column.bools[value] === 1 ? yes : no))
    }
  }
}

/** A scalar, or any scalar element of an array. Of objects and null nothing holds. */
function jsonPasses(text: string, test: ValueTest): boolean {
  const value = parseKeepingNumbers(text)
  return Array.isArray(value)
    ? value.some(element => scalarPasses(element, test))
    : scalarPasses(value, test)
}

function scalarPasses(value: unknown, test: ValueTest): boolean {
  if (typeof value === 'boolean') return test.bool(value)
  if (value instanceof NumberText) return test.number(value.text)
  if (typeof value !== 'string') return false
  const bytes = Buffer.from(value)
  return test.text(bytes, 0, bytes.length)
}
