/** Numbers as a query has them. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i
const WHOLE = /^-?(?:0|[1-9]\d*)$/

/** A value that reads as a number is compared with numbers. */
export function isNumber(value: string): boolean {
  return NUMBER.test(value)
}

/** Written without point and exponent: compared with integers digit by digit, however long. */
export function isWholeNumber(value: string): boolean {
  return WHOLE.test(value)
}
