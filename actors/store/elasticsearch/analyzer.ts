/**
 * The analyzer of messages: cuts exactly the tokens of proto/tokens.ts. The tokenizer is an
 * automaton over the very code points that tokens.ts classifies, so both agree on every version of
 * Unicode. Lucene's lower case is the simple one per code point, as ours is; only capitals that are
 * newer than the server's Java (28 of Unicode 17 at present) stay as they are there.
 */
import { tokenClass } from '#proto/tokens.ts'

export const MESSAGE_ANALYZER = 'logboy_message'

/** Longer tokens would not fit a Lucene term (32,766 bytes); both sides of a search are cut. */
const TOKEN_CHARS_MAX = 8_191
const CODE_POINTS = 0x11_0000

/** `analysis` of an index's settings. */
export function messageAnalysis(): Record<string, unknown> {
  return {
    tokenizer: { logboy_tokens: { type: 'simple_pattern', pattern: tokenPattern() } },
    filter: { logboy_length: { type: 'truncate', length: TOKEN_CHARS_MAX } },
    analyzer: {
      [MESSAGE_ANALYZER]: {
        type: 'custom',
        tokenizer: 'logboy_tokens',
        filter: ['lowercase', 'logboy_length'],
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
  let ranges = ''
  let start = -1
  for (let code = 0; code <= CODE_POINTS; code++) {
    const belongs = code < CODE_POINTS && tokenClass(code) === wanted
    if (belongs && start < 0) start = code
    if (belongs || start < 0) continue
    ranges += rangeText(start, code - 1)
    start = -1
  }
  return `[${ranges}]`
}

function rangeText(first: number, last: number): string {
  const [from, to] = [String.fromCodePoint(first), String.fromCodePoint(last)]
  return first === last ? from : `${from}-${to}`
}
