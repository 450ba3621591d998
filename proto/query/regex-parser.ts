/**
 * Regular expressions of the query language: what RE2, Lucene and JavaScript mean alike, and
 * nothing that would not run in linear time.
 *
 *   regex  = branch ("|" branch)*          branch = ["^"] item* ["$"]
 *   item   = atom ["*" | "+" | "?" | "{" n ["," [n]] "}"] ["?"]
 *   atom   = character | "." | class | "(" ["?:"] item* ("|" item*)* ")" | "\" …
 */
import { REGEX_DEPTH_MAX, REGEX_SIZE_MAX } from '../limits.ts'
import {
  type Branch,
  bothCases,
  type CodeRange,
  complement,
  type Pattern,
  patternSize,
  SPACES,
  sequence,
  union,
} from './pattern.ts'

export type ParsedRegex =
  | { readonly type: 'regex'; readonly branches: readonly Branch[] }
  | { readonly type: 'fault'; readonly fault: RegexFault }

export interface RegexFault {
  /** Within the source. */
  readonly position: number
  readonly length: number
  readonly message: string
  readonly expected: string
}

/** Case of ASCII letters is ignored on demand. */
export function parseRegex(source: string, ignoreCase: boolean): ParsedRegex {
  try {
    return { type: 'regex', branches: new RegexParser(source, ignoreCase).regex() }
  } catch (error) {
    if (error instanceof RegexFaultError) return { type: 'fault', fault: error.fault }
    throw error
  }
}

class RegexFaultError extends Error {
  readonly fault: RegexFault

  constructor(fault: RegexFault) {
    super(fault.message)
    this.fault = fault
  }
}

const DIGITS: readonly CodeRange[] = [[0x30, 0x39]]
const WORD: readonly CodeRange[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]
const CLASSES: Readonly<Record<string, readonly CodeRange[]>> = {
  d: DIGITS,
  D: complement(DIGITS),
  w: WORD,
  W: complement(WORD),
  s: SPACES,
  S: complement(SPACES),
}
const NO_NEWLINE = complement([[0x0a, 0x0a]])
const CONTROLS: Readonly<Record<string, number>> = { t: 0x09, n: 0x0a, r: 0x0d, f: 0x0c, v: 0x0b }
const REPEAT = /\{(\d+)(?:(,)(\d*))?\}/y
const CODE = /x([0-9a-f]{2})|x\{([0-9a-f]{1,6})\}|u([0-9a-f]{4})|u\{([0-9a-f]{1,6})\}/iy

class RegexParser {
  readonly #source: string
  readonly #ignoreCase: boolean
  #at = 0
  #depth = 0

  constructor(source: string, ignoreCase: boolean) {
    this.#source = source
    this.#ignoreCase = ignoreCase || source.startsWith('(?i)')
    if (source.startsWith('(?i)')) this.#at = 4
  }

  regex(): Branch[] {
    const branches: Branch[] = []
    do {
      const atStart = this.#take('^')
      const pattern = this.#items()
      const atEnd = this.#take('$')
      branches.push({ pattern, atStart, atEnd })
    } while (this.#take('|'))
    if (this.#at < this.#source.length) this.#refuseRest()
    const size = branches.reduce((sum, { pattern }) => sum + patternSize(pattern), 0)
    if (size > REGEX_SIZE_MAX) this.#failSize(0, this.#source.length)
    return branches
  }

  /** After a branch only "|" or the end can stand. */
  #refuseRest(): never {
    if (this.#next === ')') {
      return this.#fail(this.#at, 1, 'this ) closes no group', 'a ( before it, or \\) for the sign')
    }
    const before = this.#source[this.#at - 1]
    return this.#fail(
      before === '$' ? this.#at - 1 : this.#at,
      1,
      'a $ stands at the end of a whole branch only',
      'the end of the expression, or \\$ for the sign',
    )
  }

  #items(): Pattern {
    const items: Pattern[] = []
    while (this.#at < this.#source.length && !'|)$'.includes(this.#next)) items.push(this.#item())
    return sequence(items)
  }

  #item(): Pattern {
    const start = this.#at
    let item = this.#atom()
    for (;;) {
      const bounds = this.#bounds()
      if (bounds === null) return item
      item = { type: 'repeat', item, ...bounds }
      // Checked at once, so that no number of repeats can ever be written out.
      if (patternSize(item) > REGEX_SIZE_MAX) this.#failSize(start, this.#at - start)
      // A lazy repeat finds the same texts.
      this.#take('?')
      if (this.#next === '+' || this.#next === '*') {
        this.#fail(this.#at, 1, 'a repeat cannot be repeated', 'a group: (a+)*')
      }
    }
  }

  #bounds(): { min: number; max: number | null } | null {
    if (this.#take('*')) return { min: 0, max: null }
    if (this.#take('+')) return { min: 1, max: null }
    if (this.#take('?')) return { min: 0, max: 1 }
    REPEAT.lastIndex = this.#at
    const match = REPEAT.exec(this.#source)
    if (match === null) return null
    const [text, low = '', comma, high = ''] = match
    const min = Number(low)
    const max = comma === undefined ? min : high === '' ? null : Number(high)
    if (max !== null && max < min) {
      this.#fail(this.#at, text.length, `${text} ends before it begins`, `{${max},${min}}`)
    }
    if (Math.max(min, max ?? 0) > REGEX_SIZE_MAX) this.#failSize(this.#at, text.length)
    this.#at += text.length
    return { min, max }
  }

  #atom(): Pattern {
    const start = this.#at
    const character = this.#character()
    switch (character) {
      case '(':
        return this.#group(start)
      case '[':
        return this.#class(start)
      case '.':
        return { type: 'set', ranges: NO_NEWLINE }
      case '\\':
        return this.#set(this.#escape(start))
      case '^':
        return this.#fail(
          start,
          1,
          'a ^ stands at the beginning of a whole branch only',
          'the beginning of the expression, or \\^ for the sign',
        )
      case '*':
      case '+':
      case '?':
        return this.#fail(start, 1, `there is nothing to repeat before ${character}`, 'a character')
      default:
        return this.#set([[codeOf(character), codeOf(character)]])
    }
  }

  #group(start: number): Pattern {
    if (++this.#depth > REGEX_DEPTH_MAX) {
      this.#fail(start, 1, `groups are nested deeper than ${REGEX_DEPTH_MAX}`, 'fewer groups')
    }
    if (this.#next === '?' && !this.#take('?:')) {
      this.#fail(
        start,
        3,
        'look-around, named groups and options inside are not supported: they are not linear, or mean something else in each engine',
        '(…) or (?:…)',
      )
    }
    const items = [this.#items()]
    while (this.#take('|')) items.push(this.#items())
    if (this.#next === '$') {
      this.#fail(this.#at, 1, 'a $ stands at the end of a whole branch only', '\\$ for the sign')
    }
    if (!this.#take(')')) this.#fail(start, 1, 'the group is never closed', 'a closing )')
    this.#depth--
    return items.length === 1 ? (items[0] as Pattern) : { type: 'choice', items }
  }

  #class(start: number): Pattern {
    const isNegated = this.#take('^')
    const ranges: CodeRange[] = []
    for (let isFirst = true; isFirst || this.#next !== ']'; isFirst = false) {
      if (this.#at >= this.#source.length) {
        this.#fail(start, 1, 'the class is never closed', 'a closing ]')
      }
      ranges.push(...this.#classItem())
    }
    this.#at++
    const cased = this.#ignoreCase ? bothCases(ranges) : union(ranges)
    return { type: 'set', ranges: isNegated ? complement(cased) : cased }
  }

  #classItem(): readonly CodeRange[] {
    const start = this.#at
    const first = this.#classCharacter()
    const isRange = this.#next === '-' && !['', ']'].includes(this.#source[this.#at + 1] ?? '')
    if (!isRange || isClass(first)) return first
    this.#at++
    const last = this.#classCharacter()
    const [from, to] = [first[0]?.[0] ?? 0, last[0]?.[0] ?? 0]
    if (isClass(last) || from > to) {
      const text = this.#source.slice(start, this.#at)
      this.#fail(start, text.length, `${text} is no range of characters`, 'a range such as a-z')
    }
    return [[from, to]]
  }

  #classCharacter(): readonly CodeRange[] {
    const start = this.#at
    const character = this.#character()
    if (character === '\\') return this.#escape(start)
    return [[codeOf(character), codeOf(character)]]
  }

  /** What stands behind a backslash. */
  #escape(start: number): readonly CodeRange[] {
    CODE.lastIndex = this.#at
    const match = CODE.exec(this.#source)
    if (match !== null) {
      this.#at += match[0].length
      const code = Number.parseInt(match.slice(1).find(Boolean) ?? '0', 16)
      if (code <= 0x10ffff) return [[code, code]]
      return this.#fail(start, match[0].length + 1, 'there is no such character', 'at most 10ffff')
    }
    const character = this.#character()
    const known = CLASSES[character]
    if (known !== undefined) return known
    const control = CONTROLS[character]
    if (control !== undefined) return [[control, control]]
    if (character === '') {
      return this.#fail(start, 1, 'a \\ stands before something', '\\\\ for the sign')
    }
    if (!/[\p{L}\p{N}]/u.test(character)) return [[codeOf(character), codeOf(character)]]
    const isBoundary = character === 'b' || character === 'B'
    const message = isBoundary
      ? 'boundaries of words are not supported: a bare word finds whole words'
      : `\\${character} is not supported`
    return this.#fail(start, 2, message, 'one of \\d \\w \\s \\D \\W \\S \\t \\n \\r \\x41')
  }

  #set(ranges: readonly CodeRange[]): Pattern {
    return { type: 'set', ranges: this.#ignoreCase ? bothCases(ranges) : ranges }
  }

  get #next(): string {
    return this.#source[this.#at] ?? ''
  }

  /** The code point here, passed over; '' at the end. */
  #character(): string {
    const code = this.#source.codePointAt(this.#at)
    const character = code === undefined ? '' : String.fromCodePoint(code)
    this.#at += character.length
    return character
  }

  #take(sign: string): boolean {
    if (!this.#source.startsWith(sign, this.#at)) return false
    this.#at += sign.length
    return true
  }

  #failSize(position: number, length: number): never {
    const message = `the expression is too large: more than ${REGEX_SIZE_MAX} characters once its repeats are written out`
    return this.#fail(position, length, message, 'smaller numbers in { }')
  }

  #fail(position: number, length: number, message: string, expected: string): never {
    throw new RegexFaultError({ position, length: Math.max(1, length), message, expected })
  }
}

function isClass(ranges: readonly CodeRange[]): boolean {
  const [only] = ranges
  return only === undefined || ranges.length > 1 || only[0] !== only[1]
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0
}
