/** A value of a query with every meaning that it can have. */
import { isNumber, isWholeNumber } from '#proto/query/number.ts'

export interface SoughtValue {
  readonly text: string
  /** As a number, where it is written like one: 200 is also 200.0. */
  readonly number: number | null
  /** As an int64 in halves, where it is a whole number that fits. */
  readonly int: { readonly low: number; readonly high: number } | null
  readonly bool: 0 | 1 | null
}

export function seekValue(value: string): SoughtValue {
  const lower = value.toLowerCase()
  return {
    text: value,
    number: isNumber(value) ? Number(value) : null,
    int: wholeNumber(value),
    bool: lower === 'true' ? 1 : lower === 'false' ? 0 : null,
  }
}

function wholeNumber(value: string): SoughtValue['int'] {
  if (!isNumber(value)) return null
  const whole = isWholeNumber(value) ? BigInt(value) : bigOf(Number(value))
  if (whole === null || BigInt.asIntN(64, whole) !== whole) return null
  return {
    low: Number(BigInt.asIntN(32, whole)),
    high: Number(BigInt.asIntN(32, whole >> 32n)),
  }
}

function bigOf(number: number): bigint | null {
  return Number.isInteger(number) ? BigInt(number) : null
}
