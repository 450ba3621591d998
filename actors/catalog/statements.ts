/**
 * Cuts SQL text into statements as it arrives, as psql does: at semicolons outside of strings,
 * quoted names, dollar quotes and comments.
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 */
type Mode =
  | { readonly type: 'plain' | 'string' | 'escaped' | 'name' }
  | { readonly type: 'dollar'; readonly tag: string }
  | { readonly type: 'comment'; readonly depth: number }

const PLAIN: Mode = { type: 'plain' }
/** What may open something, a whole word (nothing opens within one), spaces, or one character. */
const TOKEN = /--[^\n]*|\/\*|[eE]'|'|"|\$(?:[A-Za-z_]\w*)?\$|[A-Za-z0-9_$\u0080-\uffff]+|\s+|[^]/y

export class StatementReader {
  /** From the first token of the statement, or of what may become one. */
  #text = ''
  #at = 0
  #mode: Mode = PLAIN
  #begun = false

  /** Answers the statements that are complete now, without semicolon and comments before them. */
  push(text: string): string[] {
    this.#text += text
    return this.#read(false)
  }

  /** At the end of the text: what is left is a statement, too. */
  end(): string[] {
    const statements = this.#read(true)
    if (this.#begun) statements.push(this.#text.trim())
    return statements
  }

  /** More has to come before the statement can be run. */
  get isOpen(): boolean {
    return this.#begun || this.#mode.type === 'comment'
  }

  #read(last: boolean): string[] {
    const statements: string[] = []
    while (this.#at < this.#text.length) {
      if (this.#mode.type !== 'plain') {
        if (!this.#leave(this.#mode, last)) break
        continue
      }
      TOKEN.lastIndex = this.#at
      const token = TOKEN.exec(this.#text)?.[0] ?? ''
      const end = this.#at + token.length
      if (token === ';') {
        if (this.#begun) statements.push(this.#text.slice(0, this.#at).trim())
        this.#cut(end)
        this.#begun = false
      } else if (end === this.#text.length && !last) {
        // It may go on in the text to come.
        break
      } else this.#enter(token, end)
    }
    return statements
  }

  #enter(token: string, end: number): void {
    const isComment = token.startsWith('--') || token === '/*'
    if (!this.#begun && !isComment && token.trim() !== '') {
      this.#cut(this.#at)
      this.#begun = true
      this.#at = token.length
    } else this.#at = end
    this.#mode = modeOf(token)
  }

  /** Looks for the end of what is open; false = it is not there yet. */
  #leave(mode: Mode, last: boolean): boolean {
    const text = this.#text
    const stop = stopOf(mode)
    stop.lastIndex = this.#at
    const found = stop.exec(text)
    if (found === null) {
      // The beginning of a stop may stand at the end.
      this.#at = last ? text.length : Math.max(this.#at, text.length - longestOf(mode) + 1)
      return false
    }
    const end = found.index + found[0].length
    // Whether a quote is doubled, or what a backslash escapes, shows with the next character.
    if (end === text.length && !last && /^['"\\]$/.test(found[0])) {
      this.#at = found.index
      return false
    }
    if (mode.type === 'comment') {
      const depth = mode.depth + (found[0] === '/*' ? 1 : -1)
      this.#mode = depth === 0 ? PLAIN : { type: 'comment', depth }
      this.#at = end
    } else if (found[0] === '\\' || (found[0].length === 1 && text[end] === found[0])) {
      this.#at = end + 1
    } else {
      this.#mode = PLAIN
      this.#at = end
    }
    return true
  }

  #cut(before: number): void {
    this.#text = this.#text.slice(before)
    this.#at = 0
  }
}

/** All statements of a text. */
export function statementsOf(text: string): string[] {
  const reader = new StatementReader()
  return [...reader.push(text), ...reader.end()]
}

function modeOf(token: string): Mode {
  if (token === "'") return { type: 'string' }
  if (token === "e'" || token === "E'") return { type: 'escaped' }
  if (token === '"') return { type: 'name' }
  if (token === '/*') return { type: 'comment', depth: 1 }
  const isDollar = token.length > 1 && token.startsWith('$') && token.endsWith('$')
  return isDollar ? { type: 'dollar', tag: token } : PLAIN
}

function stopOf(mode: Mode): RegExp {
  switch (mode.type) {
    case 'escaped':
      return /['\\]/g
    case 'name':
      return /"/g
    case 'dollar':
      return new RegExp(mode.tag.replaceAll('$', '\\$'), 'g')
    case 'comment':
      return /\/\*|\*\//g
    default:
      return /'/g
  }
}

function longestOf(mode: Mode): number {
  if (mode.type === 'dollar') return mode.tag.length
  return mode.type === 'comment' ? 2 : 1
}
