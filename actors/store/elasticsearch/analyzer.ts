/**
 * The analyzers. That of messages cuts exactly the tokens of proto/tokens.ts. The tokenizer is an
 * automaton over the very code points that tokens.ts classifies, so both agree on every version of
 * Unicode. Lucene's lower case is the simple one per code point, as ours is; only capitals that are
 * newer than the server's Java (28 of Unicode 17 at present) stay as they are there.
 */
import { tokenClass } from '#proto/tokens.ts'
import { BEGINNING_DIGITS } from './entry-number.ts'

export const MESSAGE_ANALYZER = 'logboy_message'
/**
 * Makes one token of a whole value: its last characters, small and from behind. An index of them
 * takes a quarter of what one of whole values does, and leaves a thousandth of the rows to look at
 * where values end in digits.
 */
export const TAIL_ANALYZER = 'logboy_tail'
const TAIL_CHARS = 3
/** Makes one token of the beginning of a place in the log. */
export const HEAD_ANALYZER = 'logboy_head'

/** Longer tokens would not fit a Lucene term (32,766 bytes); both sides of a search are cut. */
const TOKEN_CHARS_MAX = 8_191
const PLANE = 0x1_0000
/** Planes with characters; the others are unassigned or private, and no part of any token. */
const PLANES = [0, 1, 2, 3, 14]

/** `analysis` of an index's settings. */
export function analysis(): Record<string, unknown> {
  return {
    tokenizer: { logboy_tokens: { type: 'simple_pattern', pattern: tokenPattern() } },
    filter: {
      logboy_length: { type: 'truncate', length: TOKEN_CHARS_MAX },
      logboy_tail_length: { type: 'truncate', length: TAIL_CHARS },
      logboy_head_length: { type: 'truncate', length: BEGINNING_DIGITS },
    },
    analyzer: {
      [MESSAGE_ANALYZER]: {
        type: 'custom',
        tokenizer: 'logboy_tokens',
        filter: ['lowercase', 'logboy_length'],
      },
      [TAIL_ANALYZER]: {
        type: 'custom',
        tokenizer: 'keyword',
        filter: ['reverse', 'logboy_tail_length', 'lowercase'],
      },
      [HEAD_ANALYZER]: {
        type: 'custom',
        tokenizer: 'keyword',
        filter: ['logboy_head_length'],
      },
    },
  }
}

let pattern: string | undefined

/** A run of token characters, or a single one of a script that writes no spaces. */
function tokenPattern(): string {
  pattern ??= `${classOf('in-run')}+|${classOf('alone')}`
  return pattern
}

function classOf(wanted: ReturnType<typeof tokenClass>): string {
  return `[${PLANES.map(plane => rangesIn(plane * PLANE, (plane + 1) * PLANE, wanted)).join('')}]`
}

/** Code points [from, to) of a class. */
function rangesIn(from: number, to: number, wanted: ReturnType<typeof tokenClass>): string {
  let ranges = ''
  let start = -1
  for (let code = from; code <= to; code++) {
    const belongs = code < to && tokenClass(code) === wanted
    if (belongs && start < 0) start = code
    if (belongs || start < 0) continue
    ranges += rangeText(start, code - 1)
    start = -1
  }
  return ranges
}

function rangeText(first: number, last: number): string {
  const [from, to] = [String.fromCodePoint(first), String.fromCodePoint(last)]
  return first === last ? from : `${from}-${to}`
}
