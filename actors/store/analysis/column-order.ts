/** How the values of a column follow each other, in every store. */
import { type ColumnType, type Json, LEVELS } from '#proto/api.ts'
import { isNumber } from '#proto/query/number.ts'

/** Answers how row `a` stands to row `b`. */
export type RowOrder = (a: number, b: number) => number

const NUMBER = 0
const TEXT = 1
const MISSING = 2

/**
 * Levels by severity, times and numbers by size; texts that are numbers by size before all others,
 * which follow by code points. What is missing comes last, whichever way is sorted.
 */
export function columnOrder(
  cells: readonly (Json | undefined)[],
  { type, isDescending }: { readonly type: ColumnType; readonly isDescending: boolean },
): RowOrder {
  const texts = cells.map(cell => (typeof cell === 'string' ? cell : JSON.stringify(cell ?? null)))
  const numbers = cells.map((cell, i) => numberOf(cell, type, texts[i] as string))
  const kinds = cells.map((cell, i) => {
    if (cell === null || cell === undefined) return MISSING
    return Number.isNaN(numbers[i]) ? TEXT : NUMBER
  })
  const sign = isDescending ? -1 : 1
  return (a, b) => {
    const [kindA, kindB] = [kinds[a] as number, kinds[b] as number]
    if (kindA === MISSING || kindB === MISSING) {
      return Number(kindA === MISSING) - Number(kindB === MISSING)
    }
    if (kindA !== kindB) return sign * (kindA - kindB)
    const difference = kindA === NUMBER ? (numbers[a] as number) - (numbers[b] as number) : 0
    if (difference < 0 || difference > 0) return sign * difference
    // Two texts that are beyond all numbers have no difference either.
    return sign * compareTexts(texts[a] as string, texts[b] as string)
  }
}

/** NaN = it has no size. */
function numberOf(cell: Json | undefined, type: ColumnType, text: string): number {
  if (typeof cell === 'number') return cell
  if (type === 'level') return LEVELS.findIndex(level => level === cell)
  if (type === 'time') return Date.parse(text)
  return typeof cell === 'string' && isNumber(cell) ? Number(cell) : Number.NaN
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
