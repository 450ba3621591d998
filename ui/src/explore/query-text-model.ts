/** The text of a query as the page colours and changes it; what it means is proto/query.ts's business. */

export type SpanKind = 'space' | 'word' | 'phrase' | 'field' | 'value'

export interface TextSpan {
  readonly kind: SpanKind
  readonly text: string
  /** Part of what the parser objects to. */
  readonly wrong: boolean
}

const PIECE = /(\s+)|("(?:[^"\\]|\\.)*"?)|([^\s":]+:)(?=\S)|([^\s"]+)/gy
const BARE_VALUE = /^[\p{L}\p{N}_][\p{L}\p{N}\p{M}_.@/-]*$/u
const BARE_FIELD = /^[\p{L}_][\p{L}\p{N}\p{M}_.@/-]*$/u

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

/** `field:value`, with quotes where the value needs them. */
export function fieldTerm(field: string, value: string): string {
  const bare = BARE_VALUE.test(value)
  return `${field}:${bare ? value : `"${value.replace(/[\\"]/g, '\\$&')}"`}`
}

/** False for fields whose name the query language cannot say. */
export function canFilterBy(field: string): boolean {
  return BARE_FIELD.test(field)
}

/** The query with one more term; unchanged when it already says so. */
export function withTerm(query: string, term: string): string {
  const trimmed = query.trim()
  if (trimmed === '') return term
  const has = ` ${trimmed} `.includes(` ${term} `)
  return has ? trimmed : `${trimmed} ${term}`
}

/** Words and phrases to light up in messages, longest first. */
export function highlightWords(query: string): readonly string[] {
  const words = textSpans(query, null)
    .filter(({ kind }) => kind === 'word' || kind === 'phrase')
    .map(({ text }) => text.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1'))
    .filter(word => word.length > 1)
  return [...new Set(words)].sort((a, b) => b.length - a.length)
}

/** The text cut at the places where one of the words stands, whatever its case. */
export function highlighted(
  text: string,
  words: readonly string[],
): readonly { readonly text: string; readonly hit: boolean }[] {
  if (words.length === 0) return [{ text, hit: false }]
  const pattern = words.map(word => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  const parts = text.split(new RegExp(`(${pattern})`, 'giu'))
  return parts
    .map((part, index) => ({ text: part, hit: index % 2 === 1 }))
    .filter(part => part.text !== '')
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
