/** `key:value` over typed attribute columns, as DESIGN.md section 5 says: whole values only. */
import { type AttributeColumn, isPresent } from '#proto/columns.ts'
import { NumberText, parseKeepingNumbers } from './exact-json.ts'
import { entryText, equalsFolded, foldedBytes } from './folded-bytes.ts'
import { denseRanks } from './take-rows.ts'
import { filterTexts } from './text-filter.ts'

/** A value as the query has it, with every meaning it can have. */
export interface SoughtValue {
  readonly text: string
  /** As bytes to be compared without regard to ASCII case. */
  readonly folded: Uint8Array
  /** As a number, where it is written like one: 200 is also 200.0. */
  readonly number: number | null
  /** As an int64 in halves, where it is a whole number that fits. */
  readonly int: { readonly low: number; readonly high: number } | null
  readonly bool: 0 | 1 | null
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i
const WHOLE = /^-?(?:0|[1-9]\d*)$/

export function seekValue(value: string): SoughtValue {
  const lower = value.toLowerCase()
  return {
    text: value,
    folded: foldedBytes(value),
    number: NUMBER.test(value) ? Number(value) : null,
    int: wholeNumber(value),
    bool: lower === 'true' ? 1 : lower === 'false' ? 0 : null,
  }
}

/**
 * Those of `rows` (ascending) whose value in this column is the sought one; absent values are not.
 */
export function filterAttribute(
  column: AttributeColumn,
  count: number,
  rows: Uint32Array,
  sought: SoughtValue,
): Uint32Array {
  const { presence } = column
  if (presence === null) return filterValues(column, rows, sought)
  const ranks = denseRanks(presence, count)
  const present = rows.filter(row => isPresent(presence, row))
  const values = present.map(row => ranks[row] as number)
  const passed = filterValues(column, values, sought)
  let next = 0
  return present.filter((_, i) => {
    if (passed[next] !== values[i]) return false
    next++
    return true
  })
}

function filterValues(
  column: AttributeColumn,
  values: Uint32Array,
  sought: SoughtValue,
): Uint32Array {
  switch (column.type) {
    case 's': {
      const { texts } = column
      return filterTexts(texts, values, entry =>
        equalsFolded(texts.heap, at(texts, entry), at(texts, entry + 1), sought.folded),
      )
    }
    case 'j': {
      const { texts } = column
      return filterTexts(texts, values, entry => jsonEquals(entryText(texts, entry), sought))
    }
    case 'i': {
      const { int } = sought
      if (int === null) return values.subarray(0, 0)
      const { ints } = column
      return values.filter(value => ints[value * 2] === int.low && ints[value * 2 + 1] === int.high)
    }
    case 'd': {
      const { number } = sought
      if (number === null) return values.subarray(0, 0)
      return values.filter(value => column.doubles[value] === number)
    }
    case 'b':
      return values.filter(value => column.bools[value] === sought.bool)
  }
}

function at(texts: { readonly offsets: Uint32Array }, entry: number): number {
  return texts.offsets[entry] as number
}

/** A scalar, or any scalar element of an array. Objects and null equal nothing. */
function jsonEquals(text: string, sought: SoughtValue): boolean {
  const value = parseKeepingNumbers(text)
  return Array.isArray(value)
    ? value.some(element => scalarEquals(element, sought))
    : scalarEquals(value, sought)
}

function scalarEquals(value: unknown, sought: SoughtValue): boolean {
  if (typeof value === 'boolean') return sought.bool === Number(value)
  if (value instanceof NumberText) return numberEquals(value.text, sought)
  if (typeof value !== 'string') return false
  const bytes = foldedBytes(value)
  return equalsFolded(bytes, 0, bytes.length, sought.folded)
}

function numberEquals(text: string, sought: SoughtValue): boolean {
  if (sought.number === null) return false
  if (WHOLE.test(text) && WHOLE.test(sought.text)) return BigInt(text) === BigInt(sought.text)
  return Number(text) === sought.number
}

function wholeNumber(value: string): SoughtValue['int'] {
  if (!NUMBER.test(value)) return null
  const whole = WHOLE.test(value) ? BigInt(value) : bigOf(Number(value))
  if (whole === null || BigInt.asIntN(64, whole) !== whole) return null
  return {
    low: Number(BigInt.asIntN(32, whole)),
    high: Number(BigInt.asIntN(32, whole >> 32n)),
  }
}

function bigOf(number: number): bigint | null {
  return Number.isInteger(number) ? BigInt(number) : null
}
