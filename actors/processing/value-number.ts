/** Numbers of a query against numbers of rows: integers digit by digit, all others as doubles. */
import { isNumber, isWholeNumber } from '#proto/query/number.ts'
import type { RangeTerm } from '#proto/query/tree.ts'

/** Integers [first, last]; null = none. */
export interface WholeRange {
  readonly first: bigint
  readonly last: bigint
}

const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** What a range of numbers means for integers and for doubles; its bounds are finite. */
export interface NumberRange {
  readonly from: NumberBound | null
  readonly to: NumberBound | null
}

export interface NumberBound {
  readonly number: number
  /** Where it is written without point and exponent. */
  readonly whole: bigint | null
  readonly inclusive: boolean
}

/** null = no number lies within: a bound is too large, or none at all. */
export function numberRange({ from, to }: Pick<RangeTerm, 'from' | 'to'>): NumberRange | null {
  const [first, last] = [boundOf(from), boundOf(to)]
  const isNever =
    Number.isNaN(first?.number) ||
    Number.isNaN(last?.number) ||
    first?.number === Number.POSITIVE_INFINITY ||
    last?.number === Number.NEGATIVE_INFINITY
  return isNever ? null : { from: finite(first), to: finite(last) }
}

function boundOf(bound: RangeTerm['from']): NumberBound | null {
  if (bound === null) return null
  const { value, inclusive } = bound
  const whole = isWholeNumber(value) ? BigInt(value) : null
  return { number: isNumber(value) ? Number(value) : Number.NaN, whole, inclusive }
}

function finite(bound: NumberBound | null): NumberBound | null {
  return bound === null || Number.isFinite(bound.number) ? bound : null
}

/** The int64 values within the range. */
export function int64Range({ from, to }: NumberRange): WholeRange | null {
  const range = {
    first: from === null ? INT64_MIN : max(firstWhole(from), INT64_MIN),
    last: to === null ? INT64_MAX : min(lastWhole(to), INT64_MAX),
  }
  return range.first > range.last ? null : range
}

/** The first integer that a lower bound lets through. */
export function firstWhole({ number, whole, inclusive }: NumberBound): bigint {
  if (whole !== null) return inclusive ? whole : whole + 1n
  const floor = BigInt(Math.floor(number))
  return inclusive && Number.isInteger(number) ? floor : floor + 1n
}

/** The last integer that an upper bound lets through. */
export function lastWhole({ number, whole, inclusive }: NumberBound): bigint {
  if (whole !== null) return inclusive ? whole : whole - 1n
  const ceiling = BigInt(Math.ceil(number))
  return inclusive && Number.isInteger(number) ? ceiling : ceiling - 1n
}

export function hasDouble({ from, to }: NumberRange, value: number): boolean {
  const isAfter = from === null || (from.inclusive ? value >= from.number : value > from.number)
  const isBefore = to === null || (to.inclusive ? value <= to.number : value < to.number)
  return isAfter && isBefore && !Number.isNaN(value)
}

/** A number as JSON has it: of any length, if it is a whole one. */
export function hasNumberText(range: NumberRange, text: string): boolean {
  if (!isWholeNumber(text)) return hasDouble(range, Number(text))
  const value = BigInt(text)
  const { from, to } = range
  return (from === null || value >= firstWhole(from)) && (to === null || value <= lastWhole(to))
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
