/**
 * Patterns in Lucene's syntax of regular expressions, which always match whole values and know no
 * anchors. For `regexp` with the flags NONE.
 */
import {
  type Branch,
  type CodeRange,
  complement,
  type Pattern,
  wholeText,
} from '#proto/query/pattern.ts'
import type { Clause } from './clause.ts'

/** Steps that the server may take to make an automaton of an expression: ten times its default. */
const DETERMINIZE_WORK_MAX = 100_000

/** Stands between the values of a row that are searched as one text. */
export const SEPARATOR = 0xffff

/** Whole values that have any of the branches in them. */
export function regexpClause(field: string, branches: readonly Branch[]): Clause {
  return regexp(field, patternText(wholeText(branches)))
}

/** The same of any of the values that a text joins, with a separator before, between and after. */
export function joinedRegexpClause(field: string, branches: readonly Branch[]): Clause {
  const one = patternText(withoutSeparator(wholeText(branches)))
  const separator = String.fromCodePoint(SEPARATOR)
  return regexp(field, `${ANYTHING}${separator}${one}${separator}${ANYTHING}`)
}

function regexp(field: string, value: string): Clause {
  return {
    regexp: { [field]: { value, flags: 'NONE', max_determinized_states: DETERMINIZE_WORK_MAX } },
  }
}

/** JSON can carry no halves of surrogates. */
const SURROGATES: CodeRange = [0xd800, 0xdfff]
const ALL = setText([[0, 0x10ffff]])
const ANYTHING = `${ALL}*`

function patternText(pattern: Pattern): string {
  switch (pattern.type) {
    case 'set':
      return setText(pattern.ranges)
    case 'sequence':
      return pattern.items.length === 0 ? '()' : pattern.items.map(patternText).join('')
    case 'choice':
      return `(${pattern.items.map(patternText).join('|')})`
    case 'repeat': {
      const { item, min, max } = pattern
      const times = min === 0 && max === null ? '*' : `{${min},${max ?? ''}}`
      return item.type === 'set' ? `${patternText(item)}${times}` : `(${patternText(item)})${times}`
    }
  }
}

function setText(ranges: readonly CodeRange[]): string {
  const known = intersection(ranges, complement([SURROGATES]))
  const [only] = known
  if (only === undefined) return NO_CHARACTER
  if (known.length === 1 && only[0] === only[1]) return codeText(only[0])
  return `[${known.map(rangeText).join('')}]`
}

/** Within a class, a character with a backslash cannot be the end of a range: it stands alone. */
function rangeText([first, last]: CodeRange): string {
  if (first > last) return ''
  if (isSpecialInClass(first)) return `${codeText(first)}${rangeText([first + 1, last])}`
  if (isSpecialInClass(last)) return `${rangeText([first, last - 1])}${codeText(last)}`
  const [from, to] = [String.fromCodePoint(first), String.fromCodePoint(last)]
  return first === last ? from : `${from}-${to}`
}

function isSpecialInClass(code: number): boolean {
  return code < 0x80 && '\\[]^-"'.includes(String.fromCodePoint(code))
}

/** The empty class cannot be written; this character is in no text. */
const NO_CHARACTER = '\u{10fffe}'

/** Signs of ASCII may mean something; letters and digits would, behind a backslash. */
function codeText(code: number): string {
  const character = String.fromCodePoint(code)
  return code > 0x20 && code < 0x7f && /\W/.test(character) ? `\\${character}` : character
}

function intersection(a: readonly CodeRange[], b: readonly CodeRange[]): CodeRange[] {
  return complement([...complement(a), ...complement(b)])
}

function withoutSeparator(pattern: Pattern): Pattern {
  switch (pattern.type) {
    case 'set':
      return {
        type: 'set',
        ranges: intersection(pattern.ranges, complement([[SEPARATOR, SEPARATOR]])),
      }
    case 'sequence':
    case 'choice':
      return { type: pattern.type, items: pattern.items.map(withoutSeparator) }
    case 'repeat':
      return { ...pattern, item: withoutSeparator(pattern.item) }
  }
}
