/** How the values of a column follow each other, in every store. */
import { type ColumnType, type Json, LEVELS } from '#proto/api.ts'
import { isNumber } from '#proto/query/number.ts'

/**
 * Levels by severity, times and numbers by size; texts that are numbers by size before all others,
 * which follow by code points. What is missing comes last, whichever way is sorted.
 */
export function compareCells(
  a: Json | undefined,
  b: Json | undefined,
  { type, isDescending }: { readonly type: ColumnType; readonly isDescending: boolean },
): number {
  const [isMissingA, isMissingB] = [isMissing(a), isMissing(b)]
  if (isMissingA || isMissingB) return Number(isMissingA) - Number(isMissingB)
  const sign = isDescending ? -1 : 1
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b)
  const [left, right] = [textOf(a), textOf(b)]
  if (type === 'level') return sign * (placeOf(left) - placeOf(right))
  return sign * (type === 'time' ? compareTexts(left, right) : compareKeys(left, right))
}

function isMissing(cell: Json | undefined): boolean {
  return cell === null || cell === undefined
}

function textOf(cell: Json | undefined): string {
  return typeof cell === 'string' ? cell : JSON.stringify(cell)
}

function placeOf(level: string): number {
  return LEVELS.findIndex(known => known === level)
}

function compareKeys(a: string, b: string): number {
  const [isNumberA, isNumberB] = [isNumber(a), isNumber(b)]
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1
  const difference = isNumberA ? Number(a) - Number(b) : 0
  // Two that are beyond all numbers have no difference.
  return difference < 0 || difference > 0 ? difference : compareTexts(a, b)
}

/** By code points: halves of a pair are larger than what JavaScript puts behind them. */
function compareTexts(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  for (let i = 0; i < end; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

function rank(unit: number): number {
  const isHalf = unit >= 0xd8_00 && unit < 0xe0_00
  return isHalf ? unit + 0x1_00_00 : unit
}
