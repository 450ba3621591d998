/**
 * Numbers of JSON as the columns hold them: exact integers, and doubles as JavaScript reads them.
 */
import { MINUS } from './json-scan.ts'

const DIGITS_SAFE = 15
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** The whole number bytes[start, end); null = it is beyond int64. -0 is a number of its own. */
export function readWhole(bytes: Uint8Array, start: number, end: number): number | bigint | null {
  const isNegative = bytes[start] === MINUS
  const first = isNegative ? start + 1 : start
  if (end - first <= DIGITS_SAFE) {
    let value = 0
    for (let at = first; at < end; at++) value = value * 10 + (bytes[at] as number) - 0x30
    return isNegative ? -value : value
  }
  // Longer than any int64, and perhaps as long as the body: not worth a BigInt.
  if (end - first > 19) return null
  const value = BigInt(asciiText(bytes, start, end))
  return value >= INT64_MIN && value <= INT64_MAX ? value : null
}

/** Powers of ten that a double holds exactly. */
const TENS = Array.from({ length: 23 }, (_, n) => Number(`1e${n}`))

/**
 * The number bytes[start, end) with fraction or exponent. Up to 15 digits divided by an exact power
 * of ten are rounded once, which is what the standard asks for.
 */
export function readDecimal(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS
  let at = isNegative ? start + 1 : start
  let digits = 0
  let value = 0
  let fraction = 0
  let inFraction = false
  for (; at < end; at++) {
    const byte = bytes[at] as number
    if (byte === 0x2e) {
      inFraction = true
      continue
    }
    if (byte > 0x39) break
    value = value * 10 + byte - 0x30
    digits++
    if (inFraction) fraction++
  }
  if (at < end || digits > DIGITS_SAFE) return Number(asciiText(bytes, start, end))
  const size = value / (TENS[fraction] as number)
  return isNegative ? -size : size
}

export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}
