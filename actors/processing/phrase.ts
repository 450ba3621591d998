/**
 * Words and phrases in texts: whole folded tokens, adjacent, as proto/tokens.ts defines them.
 *
 *   "connection timeout" in  … lost Connection: timeout after 5 s …
 *                                   └── anchor ──┘ the longest run of bytes that finds the phrase
 *
 * A byte search finds the anchor; tokens and boundaries around it are then compared as bytes. Only
 * where a byte outside ASCII stands at a boundary is the text decoded and cut into tokens.
 */
import type { TextColumn } from '#proto/columns.ts'
import { tokenize } from '#proto/tokens.ts'
import {
  type ByteSearch,
  compileSearch,
  entryText,
  foldedBytes,
  startsFolded,
} from './folded-bytes.ts'
import type { EntryTest } from './text-filter.ts'

/**
 * A test for the entries of one column; made anew for each column, whose heap it looks over once.
 */
export type ColumnTest = (column: TextColumn) => EntryTest

/** Whether a text contains `tokens` (folded, at least one) next to each other. */
export function compilePhrase(tokens: readonly string[]): ColumnTest {
  const exact = (column: TextColumn): EntryTest => {
    return entry => containsAdjacent(tokenize(entryText(column, entry)), tokens)
  }
  const anchor = chooseAnchor(tokens)
  if (anchor === null) return exact
  const search = compileSearch(foldedBytes(anchor.text))
  const ascii = tokens.every(isAsciiText)
  const parts = tokens.map(foldedBytes)
  return column => {
    const decide = exact(column)
    if (foldsIntoAscii(column.heap, anchor.text)) return decide
    const { heap, offsets } = column
    const phrase = { search, parts, anchor: anchor.token, heap }
    return entry => {
      const start = offsets[entry] as number
      const end = offsets[entry + 1] as number
      const at = search(heap, start, end)
      if (at < 0) return false
      const verdict = ascii ? searchFrom(phrase, at, start, end) : 'unsure'
      return verdict === 'unsure' ? decide(entry) : verdict === 'yes'
    }
  }
}

export interface Anchor {
  readonly text: string
  /** Number of the token it is the whole of, where all tokens are ASCII. */
  readonly token: number
}

/** The longest run of ASCII or caseless characters: those whose bytes do not depend on case. */
export function chooseAnchor(tokens: readonly string[]): Anchor | null {
  let best: Anchor | null = null
  for (const [token, text] of tokens.entries()) {
    let run = ''
    for (const char of text) {
      run = isAsciiText(char) || char.toLowerCase() === char.toUpperCase() ? run + char : ''
      if (run.length > (best?.text.length ?? 0)) best = { text: run, token }
    }
  }
  return best
}

/** U+212A KELVIN SIGN folds to k and U+0130 to i: the only two that become ASCII. */
const KELVIN = Buffer.of(0xe2, 0x84, 0xaa)
const DOTTED_I = Buffer.of(0xc4, 0xb0)

export function foldsIntoAscii(heap: Uint8Array, anchor: string): boolean {
  const bytes = Buffer.from(heap.buffer, heap.byteOffset, heap.length)
  return (
    (anchor.includes('k') && bytes.includes(KELVIN)) ||
    (anchor.includes('i') && bytes.includes(DOTTED_I))
  )
}

interface AsciiPhrase {
  readonly search: ByteSearch
  readonly parts: readonly Uint8Array[]
  /** Number of the part that `search` finds. */
  readonly anchor: number
  readonly heap: Uint8Array
}

type Verdict = 'yes' | 'no' | 'unsure'

/** Looks around the anchor at `first` and every later one in heap[start, end). */
function searchFrom(phrase: AsciiPhrase, first: number, start: number, end: number): Verdict {
  const { search, parts, anchor, heap } = phrase
  for (let at = first; at >= 0; at = search(heap, at + 1, end)) {
    const after = matchAfter(heap, at, end, parts, anchor)
    const verdict = after === 'yes' ? matchBefore(heap, start, at, parts, anchor) : after
    if (verdict !== 'no') return verdict
  }
  return 'no'
}

/** The anchor ends at a boundary and the later parts follow it. */
function matchAfter(
  heap: Uint8Array,
  anchorStart: number,
  end: number,
  parts: readonly Uint8Array[],
  anchor: number,
): Verdict {
  let at = anchorStart + (parts[anchor] as Uint8Array).length
  for (let i = anchor; ; i++) {
    if (at < end && KINDS[heap[at] as number] !== SEPARATOR) return refusal(heap[at] as number)
    if (i + 1 === parts.length) return 'yes'
    while (at < end && KINDS[heap[at] as number] === SEPARATOR) at++
    const next = parts[i + 1] as Uint8Array
    if (at < end && KINDS[heap[at] as number] === BEYOND_ASCII) return 'unsure'
    if (at + next.length > end) return tailIsAscii(heap, at, end) ? 'no' : 'unsure'
    if (!startsFolded(heap, at, next)) {
      return tailIsAscii(heap, at, at + next.length) ? 'no' : 'unsure'
    }
    at += next.length
  }
}

/** The anchor starts at a boundary and the earlier parts stand before it. */
function matchBefore(
  heap: Uint8Array,
  start: number,
  anchorStart: number,
  parts: readonly Uint8Array[],
  anchor: number,
): Verdict {
  let at = anchorStart
  for (let i = anchor; ; i--) {
    if (at > start && KINDS[heap[at - 1] as number] !== SEPARATOR) {
      return refusal(heap[at - 1] as number)
    }
    if (i === 0) return 'yes'
    while (at > start && KINDS[heap[at - 1] as number] === SEPARATOR) at--
    const previous = parts[i - 1] as Uint8Array
    if (at > start && KINDS[heap[at - 1] as number] === BEYOND_ASCII) return 'unsure'
    const from = Math.max(start, at - previous.length)
    if (at - from < previous.length || !startsFolded(heap, from, previous)) {
      return tailIsAscii(heap, from, at) ? 'no' : 'unsure'
    }
    at = from
  }
}

export const SEPARATOR = 0
const TOKEN = 1
export const BEYOND_ASCII = 2
/** What a byte is to the boundary of a word. */
export const KINDS: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 ? BEYOND_ASCII : /[a-z0-9_]/i.test(String.fromCharCode(byte)) ? TOKEN : SEPARATOR,
)

function refusal(byte: number): Verdict {
  return KINDS[byte] === TOKEN ? 'no' : 'unsure'
}

function tailIsAscii(heap: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if ((heap[i] as number) >= 0x80) return false
  return true
}

function containsAdjacent(texts: readonly string[], tokens: readonly string[]): boolean {
  for (let start = 0; start + tokens.length <= texts.length; start++) {
    if (tokens.every((token, i) => texts[start + i] === token)) return true
  }
  return false
}

function isAsciiText(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false
  return true
}
