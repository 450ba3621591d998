/** Lights up in messages what the words and phrases of a query have found: whole tokens only. */

import type { QueryTerm } from '#proto/query/tree.ts'
import { isLike, isOfOneToken } from '#proto/query/wildcard-kind.ts'
import { parseSearch } from '#proto/query.ts'
import { fold } from '#proto/tokens.ts'

/** Adjacent folded tokens; of a wildcard the texts between its stars. */
export type Phrase = readonly (string | readonly string[])[]

export interface Lit {
  readonly text: string
  readonly hit: boolean
}

interface Token {
  readonly token: string
  readonly start: number
  readonly end: number
}

/** The same tokens as proto/tokens.ts, with their places in the text. */
const LONE = String.raw`[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Khmer}\u30fc\uff70]`
const TOKEN = new RegExp(String.raw`${LONE}|(?:(?!${LONE})[\p{L}\p{N}\p{M}_])+`, 'gu')

export function phrasesOf(query: string): readonly Phrase[] {
  const parsed = parseSearch(query)
  if (parsed.type === 'fault') return []
  return parsed.search.query.terms.flatMap(phrasesIn)
}

/** What a negation leaves out is not in what it finds. */
function phrasesIn(term: QueryTerm): readonly Phrase[] {
  switch (term.type) {
    case 'all':
    case 'any':
      return term.terms.flatMap(phrasesIn)
    case 'phrase':
      return [term.tokens]
    case 'wildcard':
      return term.field === null && isOfOneToken(term.parts) ? [[term.parts]] : []
    default:
      return []
  }
}

function isToken(token: string | undefined, wanted: Phrase[number]): boolean {
  if (token === undefined || typeof wanted === 'string') return token === wanted
  return isLike(token, wanted)
}

/** The text cut where a phrase begins and ends. */
export function lightUp(text: string, phrases: readonly Phrase[]): readonly Lit[] {
  if (phrases.length === 0) return [{ text, hit: false }]
  const tokens = tokensOf(text)
  const hits = tokens.flatMap((first, index) =>
    phrases
      .filter(phrase =>
        phrase.every((token, offset) => isToken(tokens[index + offset]?.token, token)),
      )
      .map(phrase => ({ start: first.start, end: tokens[index + phrase.length - 1]?.end ?? 0 })),
  )
  const parts: Lit[] = []
  let at = 0
  for (const { start, end } of hits) {
    if (end <= at) continue
    if (start > at) parts.push({ text: text.slice(at, start), hit: false })
    parts.push({ text: text.slice(Math.max(at, start), end), hit: true })
    at = end
  }
  if (at < text.length) parts.push({ text: text.slice(at), hit: false })
  return parts
}

function tokensOf(text: string): Token[] {
  return [...text.matchAll(TOKEN)].map(({ 0: found, index }) => ({
    token: fold(found),
    start: index,
    end: index + found.length,
  }))
}
