/** What stands behind `field:`, but for groups: one condition on one field. */
import { LEVELS } from '../api.ts'
import { WILDCARD_STARS_MAX } from '../limits.ts'
import { parseTimeAround } from '../time.ts'
import { fold, tokenize } from '../tokens.ts'
import { fieldKind } from './field-kind.ts'
import { levelNamed } from './level-condition.ts'
import { printRange, printTerm } from './print.ts'
import { rangeKind } from './range-kind.ts'
import { parseRegex } from './regex-parser.ts'
import { quote, type TextReader } from './text-reader.ts'
import { allOf, type Bound, type QueryTerm, type RangeTerm } from './tree.ts'

/** Any moment shows whether a text is a time. */
const SOME_NOW_US = 1_700_000_000_000_000
const COMPARISONS = ['>=', '<=', '>', '<'] as const

/** Reads one value; `start` is where the whole term began, for suggestions. */
export function readValue(reader: TextReader, field: string, start: number): QueryTerm {
  const valueStart = reader.at
  if (reader.next === '"') return equality(reader, field, valueStart, reader.quoted())
  if (reader.next === '[' || reader.next === '{') return range(reader, field)
  for (const sign of COMPARISONS) if (reader.take(sign)) return comparison(reader, field, sign)
  if (reader.take('=')) return exact(reader, field)
  const regex = readRegex(reader, field)
  if (regex !== null) return regex
  const parts = reader.word()
  if (parts.length > 1) return wildcard(reader, field, valueStart, parts)
  const [value = ''] = parts
  if (value !== '') return equality(reader, field, valueStart, value)
  const sign = reader.text.slice(start, reader.at)
  return reader.fail(start, {
    message: `a value is missing after "${field}:"`,
    expected: 'a value, for example * for any',
    suggestion: tokenize(sign).length > 0 ? reader.replaced(start, quote(sign)) : null,
  })
}

/** A regular expression between slashes; null = there is none, and nothing was passed over. */
export function readRegex(reader: TextReader, field: string | null): QueryTerm | null {
  const start = reader.at
  const match = REGEX.exec(reader.text.slice(start))
  if (match === null) return null
  const [text, source = '', option = ''] = match
  const ignoreCase = option === 'i'
  reader.at += text.length
  if (field !== null)
    refuseKinds(reader, field, start, 'regular expressions', ['time', 'id', 'pattern'])
  const parsed = parseRegex(source, ignoreCase)
  if (parsed.type === 'fault') {
    const { position, length, message, expected } = parsed.fault
    reader.fail(start + 1 + position, {
      message: `regular expression: ${message}`,
      expected,
      suggestion: reader.replaced(start, quote(source)),
      length,
    })
  }
  return { type: 'regex', field: field === 'message' ? null : field, source, ignoreCase }
}

/**
 * Up to a slash at the end of a term: the first one without a backslash or, if there is no space in
 * between, a later one.
 */
const REGEX = /^\/((?:[^/\\\n]|\\[^\n])+|(?:[^\s\\]|\\\S)+?)\/(i?)(?=[\s()"|]|$)/u

/** Words of the message, at least one of them with a star. */
export function messageWildcard(
  reader: TextReader,
  start: number,
  parts: readonly string[],
): QueryTerm {
  const merged = withoutRepeats(parts)
  if (merged.every(part => part === '')) return allOf([])
  limitStars(reader, start, merged)
  return { type: 'wildcard', field: null, parts: merged.map(fold) }
}

/** Two stars side by side are one. */
function withoutRepeats(parts: readonly string[]): string[] {
  return parts.filter((part, i) => part !== '' || i === 0 || i === parts.length - 1)
}

function limitStars(reader: TextReader, start: number, parts: readonly string[]): void {
  if (parts.length - 1 <= WILDCARD_STARS_MAX) return
  reader.fail(start, {
    message: `a wildcard has at most ${WILDCARD_STARS_MAX} stars`,
    expected: 'fewer stars, or a regular expression',
    suggestion: null,
  })
}

function wildcard(
  reader: TextReader,
  field: string,
  start: number,
  parts: readonly string[],
): QueryTerm {
  const merged = withoutRepeats(parts)
  if (merged.every(part => part === '')) return { type: 'exists', field }
  if (field === 'message') return messageWildcard(reader, start, parts)
  refuseKinds(reader, field, start, 'wildcards', ['time', 'id', 'pattern'])
  limitStars(reader, start, merged)
  return { type: 'wildcard', field, parts: merged }
}

function equality(reader: TextReader, field: string, start: number, value: string): QueryTerm {
  switch (fieldKind(field)) {
    case 'message': {
      const tokens = tokenize(value)
      if (tokens.length > 0) return { type: 'phrase', tokens, hex: null }
      return reader.fail(start, {
        message: 'there is no word to search for: words are letters, digits and underscores',
        expected: 'a word, or message:* for any text',
        suggestion: reader.replaced(start, '*'),
      })
    }
    case 'time':
      return reader.fail(start, {
        message: `${field} is compared by ranges`,
        expected: '>, >=, <, <= or [… TO …]',
        suggestion: isTime(value) ? reader.replaced(start, `>=${boundText(value)}`) : null,
      })
    case 'level':
      if (levelNamed(value) === null) return unknownLevel(reader, start, value)
      return { type: 'field', field, value }
    default:
      return { type: 'field', field, value }
  }
}

function unknownLevel(reader: TextReader, start: number, value: string): never {
  const before = start - 'level:'.length
  const other: QueryTerm = { type: 'field', field: 'severity_text', value }
  return reader.fail(start, {
    message: `there is no level ${value}; levels that are none of ours stand in severity_text`,
    expected: LEVELS.join(', '),
    suggestion: reader.text.startsWith('level:', before)
      ? reader.replaced(before, printTerm(other))
      : null,
  })
}

function exact(reader: TextReader, field: string): QueryTerm {
  const start = reader.at
  const parts = reader.next === '"' ? [reader.quoted()] : reader.word()
  if (parts.length > 1) {
    reader.fail(start, {
      message: 'an exact value has no wildcards',
      expected: 'the whole value, in quotation marks if it has a star',
      suggestion: reader.replaced(start, quote(parts.join('*'))),
    })
  }
  const [value = ''] = parts
  if (value === '' && reader.text[reader.at - 1] !== '"') {
    reader.fail(start - 1, {
      message: `a value is missing after "${field}:="`,
      expected: 'the whole value',
      suggestion: null,
    })
  }
  refuseKinds(reader, field, start, 'exact values', ['time'])
  return { type: 'exact', field, value }
}

function comparison(
  reader: TextReader,
  field: string,
  sign: (typeof COMPARISONS)[number],
): QueryTerm {
  const start = reader.at
  const value = readBound(reader, () => reader.word(), sign)
  if (value === null) {
    return reader.fail(start - sign.length, {
      message: `a value is missing after "${field}:${sign}"`,
      expected: 'a number, a time or a text right behind the sign',
      suggestion: reader.isAtSpace ? withoutSpace(reader) : null,
    })
  }
  const bound: Bound = { value, inclusive: sign.endsWith('=') }
  const isLower = sign.startsWith('>')
  const term: RangeTerm = {
    type: 'range',
    field,
    from: isLower ? bound : null,
    to: isLower ? null : bound,
  }
  return checkedRange(reader, start, term)
}

function withoutSpace(reader: TextReader): string | null {
  const rest = reader.text.slice(reader.at).trimStart()
  return rest === '' ? null : reader.text.slice(0, reader.at) + rest
}

/** `[1 TO 9]`, `{1 TO 9}`, `[1 TO *]`: a brace leaves its end out. */
function range(reader: TextReader, field: string): QueryTerm {
  const start = reader.at
  const opening = reader.next
  reader.at++
  const from = rangeEnd(reader, start)
  reader.skipSpace()
  const word = /^TO(?=\s)/.test(reader.text.slice(reader.at))
  if (!word) failRange(reader, start)
  reader.at += 2
  const to = rangeEnd(reader, start)
  reader.skipSpace()
  const closing = reader.next
  if (closing !== ']' && closing !== '}') failRange(reader, start)
  reader.at++
  if (from === null && to === null) return { type: 'exists', field }
  return checkedRange(reader, start, {
    type: 'range',
    field,
    from: from === null ? null : { value: from, inclusive: opening === '[' },
    to: to === null ? null : { value: to, inclusive: closing === ']' },
  })
}

/** null = open. */
function rangeEnd(reader: TextReader, start: number): string | null {
  reader.skipSpace()
  if (reader.next === '*' && /^\*(?=[\s\]}]|$)/.test(reader.text.slice(reader.at))) {
    reader.at++
    return null
  }
  return readBound(reader, () => reader.bound(), 'range') ?? failRange(reader, start)
}

function failRange(reader: TextReader, start: number): never {
  reader.at = Math.max(reader.at, start + 1)
  const rest = reader.text.slice(start).split(/[\s()]/, 1)[0] ?? ''
  const end = start + Math.max(1, rest.length)
  const text = reader.text.slice(start, end)
  reader.at = end
  return reader.fail(start, {
    message: 'this is no whole range',
    expected: '[from TO to], {from TO to} without the ends, * for an open end',
    suggestion: reader.replaced(start, quote(text)),
    length: text.length,
  })
}

/** null = there is none, or one with a star. */
function readBound(reader: TextReader, bare: () => string[], what: string): string | null {
  const start = reader.at
  if (reader.next === '"') return reader.quoted()
  const parts = bare()
  if (parts.length > 1) {
    reader.fail(start, {
      message: `a ${what === 'range' ? what : 'comparison'} has no wildcards`,
      expected: 'a number, a time or a text',
      suggestion: reader.replaced(start, quote(parts.join('*'))),
    })
  }
  return parts[0] === '' ? null : (parts[0] as string)
}

function checkedRange(reader: TextReader, start: number, term: RangeTerm): QueryTerm {
  const { field, from, to } = term
  refuseKinds(reader, field, start, 'ranges', ['id', 'pattern', 'trace', 'message'])
  const kind = rangeKind(term)
  if (kind === 'mixed') {
    reader.fail(start, {
      message: 'one end is a number, the other a text',
      expected: 'two numbers or two texts',
      suggestion: null,
    })
  }
  if (kind === 'text') return term
  const places = [from, to].map(bound => bound && placeOf(reader, start, kind, bound.value))
  const [first = null, last = null] = places
  if (from !== null && to !== null && first !== null && last !== null && first > last) {
    reader.fail(start, {
      message: 'the range ends before it begins',
      expected: 'the lower end first',
      suggestion: reader.replaced(start, printRange({ ...term, from: to, to: from })),
    })
  }
  return term
}

/** Where a bound stands among others of its kind. */
function placeOf(
  reader: TextReader,
  start: number,
  kind: 'number' | 'level' | 'time',
  value: string,
): number {
  if (kind === 'number') return Number(value)
  if (kind === 'level') {
    const level = levelNamed(value)
    if (level !== null) return LEVELS.indexOf(level)
  } else {
    const timeUs = parseTimeAround(value, SOME_NOW_US)
    if (timeUs !== null) return timeUs
  }
  const isLevel = kind === 'level'
  return reader.fail(start, {
    message: isLevel ? `there is no level ${value}` : `${value} is no time`,
    expected: isLevel
      ? LEVELS.join(', ')
      : 'RFC 3339 such as 2026-11-28T12:00:00Z, an epoch, or now-15m',
    suggestion: null,
  })
}

function isTime(value: string): boolean {
  return parseTimeAround(value, SOME_NOW_US) !== null
}

function boundText(value: string): string {
  return /[\s"()]/.test(value) ? quote(value) : value
}

type Refused = 'time' | 'id' | 'pattern' | 'trace' | 'message'

function refuseKinds(
  reader: TextReader,
  field: string,
  start: number,
  what: string,
  kinds: readonly Refused[],
): void {
  const kind = fieldKind(field)
  if (!kinds.some(refused => refused === kind)) return
  const expected = {
    time: 'a range such as >now-15m',
    id: 'the whole id',
    pattern: 'the whole number',
    trace: 'the whole id, or a wildcard such as 4bf92f*',
    message: 'words, a wildcard or a regular expression',
  }[kind as Refused]
  reader.fail(start, { message: `${field} knows no ${what}`, expected, suggestion: null })
}
