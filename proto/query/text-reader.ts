/** Reads the text of a query piece by piece: quoted texts, bare ones with escapes and stars. */
import { QueryFaultError } from './fault.ts'

/** A backslash makes the character behind it plain, but for those that are plain anyway. */
const PLAIN = /[\p{L}\p{N}_]/u
const SPACE = /\s/
/** A bar begins a stage wherever it stands. */
const WORD_ENDS = /[\s"()|]/
const BOUND_ENDS = /[\s"()\]}|]/
const FIELD = /([\p{L}_@][\p{L}\p{N}\p{M}_.@/-]*):(?!\/\/)/uy
const OPERATOR = /(?:AND|OR|NOT)(?=[\s()"|]|$)/y
const NAME = /[\p{L}_@][\p{L}\p{N}\p{M}_.@/-]*/uy

export class TextReader {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length
  }

  /** The character here; '' at the end. */
  get next(): string {
    return this.text[this.at] ?? ''
  }

  get isAtSpace(): boolean {
    return SPACE.test(this.next)
  }

  skipSpace(): void {
    while (!this.isAtEnd && this.isAtSpace) this.at++
  }

  /** Passes `sign` over if it stands here. */
  take(sign: string): boolean {
    if (!this.text.startsWith(sign, this.at)) return false
    this.at += sign.length
    return true
  }

  /** The operator that stands here; it is not passed over. */
  operator(): 'AND' | 'OR' | 'NOT' | null {
    OPERATOR.lastIndex = this.at
    const [word] = OPERATOR.exec(this.text) ?? []
    return (word as 'AND' | 'OR' | 'NOT' | undefined) ?? null
  }

  /**
   * A name and its colon, passed over; null = there is none. `http://…` is an address, `14:32` a
   * time: neither begins with a field's name and a value.
   */
  field(): string | null {
    FIELD.lastIndex = this.at
    const match = FIELD.exec(this.text)
    if (match === null) return null
    this.at += match[0].length
    return match[1] as string
  }

  /** A name in a stage, bare or between quotation marks, passed over; null = there is none. */
  name(): string | null {
    if (this.next === '"') return this.quoted()
    return this.match(NAME)
  }

  /** What a sticky expression finds here, passed over. */
  match(expression: RegExp): string | null {
    expression.lastIndex = this.at
    const [text] = expression.exec(this.text) ?? []
    if (text === undefined) return null
    this.at += text.length
    return text
  }

  /** Literal texts between stars; one = there was no star. `['']` = there is no word here. */
  word(): string[] {
    return this.#bare(WORD_ENDS)
  }

  /** The same for the end of a range, which a bracket may close. */
  bound(): string[] {
    return this.#bare(BOUND_ENDS)
  }

  /** What stands between quotation marks: a backslash is plain unless \ or " follows. */
  quoted(): string {
    const start = this.at
    let value = ''
    for (this.at++; !this.isAtEnd; this.at++) {
      if (this.next === '"') {
        this.at++
        return value
      }
      const escaped = this.text[this.at + 1]
      if (this.next === '\\' && (escaped === '"' || escaped === '\\')) this.at++
      value += this.next
    }
    return this.fail(start, {
      message: 'the quotation mark is never closed',
      expected: 'a closing "',
      suggestion: this.replaced(start, quote(value)),
    })
  }

  fail(
    position: number,
    fault: { message: string; expected: string; suggestion: string | null; length?: number },
  ): never {
    const { message, expected, suggestion, length = this.at - position } = fault
    throw new QueryFaultError({
      position,
      length: Math.min(Math.max(1, length), this.text.length - position),
      message,
      expected,
      suggestion: suggestion === this.text ? null : suggestion,
    })
  }

  /** The whole text with what stands between `start` and here replaced. */
  replaced(start: number, by: string): string {
    return `${this.text.slice(0, start)}${by}${this.text.slice(this.at)}`.trim()
  }

  #bare(ends: RegExp): string[] {
    const parts = ['']
    const add = (text: string): void => {
      parts[parts.length - 1] += text
    }
    while (!this.isAtEnd && !ends.test(this.next)) {
      const escaped = characterAt(this.text, this.at + 1)
      if (this.next === '\\' && escaped !== '' && !PLAIN.test(escaped)) {
        add(escaped)
        this.at += 1 + escaped.length
      } else {
        if (this.next === '*') parts.push('')
        else add(this.next)
        this.at++
      }
    }
    return parts
  }
}

/** A text between quotation marks that reads back as itself. */
export function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

function characterAt(text: string, at: number): string {
  const code = text.codePointAt(at)
  return code === undefined ? '' : String.fromCodePoint(code)
}
