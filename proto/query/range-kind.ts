/** What a range compares: the same literal means another thing in another field. */
import { fieldKind } from './field-kind.ts'
import { isNumber } from './number.ts'
import type { RangeTerm } from './tree.ts'

/**
 * 'number' matches numeric values only, 'text' text values only (by code points, with case);
 * 'mixed' is a number at one end and a text at the other, which nothing lies between.
 */
export type RangeKind = 'time' | 'level' | 'number' | 'text' | 'mixed'

export function rangeKind({ field, from, to }: RangeTerm): RangeKind {
  const kind = fieldKind(field)
  if (kind === 'time' || kind === 'level') return kind
  const numbers = [from, to].flatMap(bound => (bound === null ? [] : [isNumber(bound.value)]))
  if (numbers.every(Boolean)) return 'number'
  return numbers.some(Boolean) ? 'mixed' : 'text'
}
