/** What a condition says of one value, of whatever type: made once, asked of columns. */
import { ATTRIBUTE_SEARCH_CHARS_MAX } from '#proto/limits.ts'
import { isWholeNumber } from '#proto/query/number.ts'
import { rangeKind } from '#proto/query/range-kind.ts'
import { parseRegex } from '#proto/query/regex-parser.ts'
import type { QueryLeaf, RangeTerm } from '#proto/query/tree.ts'
import { joinInt64 } from '#proto/row-id.ts'
import { bytesText, equalsFolded, foldedBytes } from './folded-bytes.ts'
import { compilePattern, type TextTest } from './regex.ts'
import { type SoughtValue, seekValue } from './sought-value.ts'
import { hasDouble, hasNumberText, int64Range, numberRange } from './value-number.ts'
import { compileValueWildcard } from './wildcard.ts'

export interface ValueTest {
  readonly text: TextTest
  /** Those of `values` (numbers of values in the pairs) that pass. */
  ints(pairs: Int32Array, values: Uint32Array): Uint32Array
  doubles(doubles: Float64Array, values: Uint32Array): Uint32Array
  bool(value: boolean): boolean
  /** A number as JSON has it, with all its digits. */
  number(text: string): boolean
}

/** A condition on a field, but for those that ask only whether it is there. */
export type ValueLeaf = Exclude<QueryLeaf, { readonly type: 'phrase' | 'exists' }>

export function compileValueTest(leaf: ValueLeaf): ValueTest {
  switch (leaf.type) {
    case 'field':
      return equalTo(seekValue(leaf.value), compileTextTest(leaf))
    case 'exact':
      return equalTo(seekValue(leaf.value), compileTextTest(leaf))
    case 'range':
      return rangeKind(leaf) === 'number' ? inNumbers(leaf) : textOnly(compileTextTest(leaf))
    case 'wildcard':
    case 'regex':
      return anyScalar(searchable(compileTextTest(leaf)))
  }
}

/** The same for a field that has texts only. */
export function compileTextTest(leaf: ValueLeaf): TextTest {
  switch (leaf.type) {
    case 'field': {
      const folded = foldedBytes(leaf.value)
      return (heap, start, end) => equalsFolded(heap, start, end, folded)
    }
    case 'exact': {
      const bytes = Buffer.from(leaf.value)
      return (heap, start, end) => compareBytes(heap, start, end, bytes) === 0
    }
    case 'range':
      return rangeKind(leaf) === 'text' ? inTexts(leaf) : NEVER
    case 'wildcard':
      return compileValueWildcard(leaf.parts)
    case 'regex': {
      const parsed = parseRegex(leaf.source, leaf.ignoreCase)
      return parsed.type === 'fault' ? NEVER : compilePattern(parsed.branches)
    }
  }
}

const NEVER: TextTest = () => false

function equalTo(sought: SoughtValue, text: TextTest): ValueTest {
  const { int, number, bool } = sought
  return {
    text,
    ints(pairs, values) {
      if (int === null) return values.subarray(0, 0)
      const { low, high } = int
      return values.filter(value => pairs[value * 2] === low && pairs[value * 2 + 1] === high)
    },
    doubles(doubles, values) {
      if (number === null) return values.subarray(0, 0)
      return values.filter(value => doubles[value] === number)
    },
    bool: value => bool === Number(value),
    number(own) {
      if (number === null) return false
      if (isWholeNumber(own) && isWholeNumber(sought.text)) {
        return BigInt(own) === BigInt(sought.text)
      }
      return Number(own) === number
    },
  }
}

function textOnly(text: TextTest): ValueTest {
  return {
    text: searchable(text),
    ints: (_, values) => values.subarray(0, 0),
    doubles: (_, values) => values.subarray(0, 0),
    bool: () => false,
    number: () => false,
  }
}

function inNumbers(leaf: RangeTerm): ValueTest {
  const range = numberRange(leaf)
  if (range === null) return textOnly(NEVER)
  const whole = int64Range(range)
  return {
    text: NEVER,
    ints(pairs, values) {
      if (whole === null) return values.subarray(0, 0)
      const [first, last] = [halves(whole.first), halves(whole.last)]
      return values.filter(value => {
        const low = (pairs[value * 2] as number) >>> 0
        const high = pairs[value * 2 + 1] as number
        const isAfter = high > first.high || (high === first.high && low >= first.low)
        return isAfter && (high < last.high || (high === last.high && low <= last.low))
      })
    },
    doubles: (doubles, values) =>
      values.filter(value => hasDouble(range, doubles[value] as number)),
    bool: () => false,
    number: own => hasNumberText(range, own),
  }
}

/** `low` without a sign. */
function halves(value: bigint): { readonly low: number; readonly high: number } {
  return {
    low: Number(BigInt.asUintN(32, value)),
    high: Number(BigInt.asIntN(32, value >> 32n)),
  }
}

/** Numbers and booleans as the texts that they are written as. */
function anyScalar(text: TextTest): ValueTest {
  const passes = (own: string): boolean => {
    const bytes = Buffer.from(own)
    return text(bytes, 0, bytes.length)
  }
  return {
    text,
    ints: (pairs, values) =>
      values.filter(value => {
        const [low, high] = [pairs[value * 2] as number, pairs[value * 2 + 1] as number]
        return passes(String(joinInt64(low, high)))
      }),
    doubles: (doubles, values) => values.filter(value => passes(String(doubles[value]))),
    bool: value => passes(String(value)),
    number: own => passes(isWholeNumber(own) ? String(BigInt(own)) : String(Number(own))),
  }
}

/** Texts that are too long answer only whether they are there, as in Elasticsearch. */
function searchable(test: TextTest): TextTest {
  return (heap, start, end) => {
    if (end - start <= ATTRIBUTE_SEARCH_CHARS_MAX) return test(heap, start, end)
    const isShort = bytesText(heap, start, end).length <= ATTRIBUTE_SEARCH_CHARS_MAX
    return isShort && test(heap, start, end)
  }
}

/** By code points, which is how bytes of UTF-8 compare. */
function inTexts({ from, to }: RangeTerm): TextTest {
  const [first, last] = [from && Buffer.from(from.value), to && Buffer.from(to.value)]
  const [least, most] = [from?.inclusive ? 0 : 1, to?.inclusive ? 0 : -1]
  return (heap, start, end) =>
    (first === null || compareBytes(heap, start, end, first) >= least) &&
    (last === null || compareBytes(heap, start, end, last) <= most)
}

/** -1, 0 or 1. */
function compareBytes(heap: Uint8Array, start: number, end: number, other: Uint8Array): number {
  const length = Math.min(end - start, other.length)
  for (let i = 0; i < length; i++) {
    const difference = (heap[start + i] as number) - (other[i] as number)
    if (difference !== 0) return difference < 0 ? -1 : 1
  }
  return Math.sign(end - start - other.length)
}
