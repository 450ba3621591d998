/** The text of a query as the page colours and changes it; what it means is for proto/query.ts. */
import { ATTRIBUTE_SEARCH_CHARS_MAX } from '#proto/limits.ts'
import { printQuery } from '#proto/query/print.ts'
import { parseSearch } from '#proto/query.ts'
import { conditionsOf, stagesOf } from './query-check.ts'

export type SpanKind = 'space' | 'word' | 'phrase' | 'field' | 'value'

export interface TextSpan {
  readonly kind: SpanKind
  readonly text: string
  /** Part of what the parser objects to. */
  readonly wrong: boolean
}

const PIECE = /(\s+)|("(?:[^"\\]|\\.)*"?)|([^\s":]+:)(?=\S)|([^\s"]+)/gy

/** Cuts the text into coloured pieces that join to the text again; marks [from, to) as wrong. */
export function textSpans(text: string, wrong: { from: number; to: number } | null): TextSpan[] {
  const spans: TextSpan[] = []
  let afterField = false
  let at = 0
  for (const match of text.matchAll(PIECE)) {
    const [piece, space, phrase, field] = match
    const kind: SpanKind =
      space !== undefined
        ? 'space'
        : afterField
          ? 'value'
          : field !== undefined
            ? 'field'
            : phrase !== undefined
              ? 'phrase'
              : 'word'
    spans.push(...markWrong(kind, piece, at, wrong))
    afterField = kind === 'field'
    at += piece.length
  }
  if (at < text.length) spans.push({ kind: 'word', text: text.slice(at), wrong: false })
  return spans
}

/** `field:value`, with quotes where they are needed. */
export function fieldTerm(field: string, value: string): string {
  const type = field === 'message' ? 'exact' : 'field'
  return printQuery({ terms: [{ type, field, value }] })
}

/** False for values that are too long to be compared. */
export function canFilterBy(value: string): boolean {
  return value.length <= ATTRIBUTE_SEARCH_CHARS_MAX
}

/** The query with one more term before its stages; unchanged when it already says so. */
export function withTerm(query: string, term: string): string {
  const conditions = conditionsOf(query)
  if (conditions !== query) {
    const stages = stagesOf(query)
    return `${withTerm(conditions, term)} ${stages}`
  }
  const trimmed = query.trim()
  if (trimmed === '') return term
  if (` ${trimmed} `.includes(` ${term} `)) return trimmed
  const longer = `${trimmed} ${term}`
  // AND binds closer than OR: the term is about all alternatives.
  return isAlternative(longer) ? `(${trimmed}) ${term}` : longer
}

function isAlternative(query: string): boolean {
  const parsed = parseSearch(query)
  if (parsed.type === 'fault') return false
  const [first, second] = parsed.search.query.terms
  return first?.type === 'any' && second === undefined
}

function markWrong(
  kind: SpanKind,
  text: string,
  at: number,
  wrong: { from: number; to: number } | null,
): TextSpan[] {
  if (wrong === null || wrong.to <= at || wrong.from >= at + text.length)
    return [{ kind, text, wrong: false }]
  const from = Math.max(0, wrong.from - at)
  const to = Math.min(text.length, wrong.to - at)
  return [
    { kind, text: text.slice(0, from), wrong: false },
    { kind, text: text.slice(from, to), wrong: true },
    { kind, text: text.slice(to), wrong: false },
  ].filter(span => span.text !== '')
}
