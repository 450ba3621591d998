/** Wildcards over bytes: whole values, single words of the message, and texts within it. */
import type { TextColumn } from '#proto/columns.ts'
import { insidePattern } from '#proto/query/pattern.ts'
import { isLike, isOfOneToken } from '#proto/query/wildcard-kind.ts'
import { fold, tokenize } from '#proto/tokens.ts'
import {
  type ByteSearch,
  compileSearch,
  entryText,
  foldedBytes,
  startsFolded,
} from './folded-bytes.ts'
import type { ColumnTest } from './phrase.ts'
import {
  type Anchor,
  BEYOND_ASCII,
  chooseAnchor,
  foldsIntoAscii,
  KINDS,
  SEPARATOR,
} from './phrase.ts'
import { compilePattern, type TextTest } from './regex.ts'
import type { EntryTest } from './text-filter.ts'

/** Whole values, without regard to ASCII case; a star is anything. */
export function compileValueWildcard(parts: readonly string[]): TextTest {
  const folded = parts.map(foldedBytes)
  const first = folded[0] as Uint8Array
  const last = folded.at(-1) as Uint8Array
  const inner = folded
    .slice(1, -1)
    .map(bytes => ({ length: bytes.length, find: compileSearch(bytes) }))
  const shortest = folded.reduce((sum, { length }) => sum + length, 0)
  return (heap, start, end) => {
    if (end - start < shortest || !startsFolded(heap, start, first)) return false
    const tail = end - last.length
    if (!startsFolded(heap, tail, last)) return false
    let at = start + first.length
    for (const { length, find } of inner) {
      const found = find(heap, at, tail)
      if (found < 0) return false
      at = found + length
    }
    return true
  }
}

/** Over messages; the parts are folded. */
export function compileMessageWildcard(parts: readonly string[]): ColumnTest {
  const decide = isOfOneToken(parts) ? someToken(parts) : within(parts)
  const anchor = chooseAnchor(parts)
  if (anchor === null) return column => entry => decide(entryText(column, entry))
  const search = compileSearch(foldedBytes(anchor.text))
  const shortcut = chooseShortcut(parts, anchor)
  return column => {
    const exactly: EntryTest = entry => decide(entryText(column, entry))
    if (foldsIntoAscii(column.heap, anchor.text)) return exactly
    const { heap, offsets } = column
    return entry => {
      const [start, end] = [offsets[entry] as number, offsets[entry + 1] as number]
      const at = search(heap, start, end)
      if (at < 0) return false
      const verdict = shortcut?.({ heap, start, end, at, search }) ?? 'unsure'
      return verdict === 'unsure' ? exactly(entry) : verdict === 'yes'
    }
  }
}

interface Hit {
  readonly heap: TextColumn['heap']
  readonly start: number
  readonly end: number
  /** Where the anchor was found first. */
  readonly at: number
  readonly search: ByteSearch
}

type Shortcut = (hit: Hit) => 'yes' | 'no' | 'unsure'

/** Decides by bytes alone where the anchor is all that is written; null = it never can. */
function chooseShortcut(parts: readonly string[], { text }: Anchor): Shortcut | null {
  const written = parts.filter(part => part !== '')
  if (written.length !== 1 || written[0] !== text) return null
  if (!isOfOneToken(parts)) return () => 'yes'
  const [first, last] = [parts[0] !== '', parts.at(-1) !== '']
  if (!first && !last) return () => 'yes'
  const length = Buffer.byteLength(text)
  return ({ heap, start, end, at: found, search }) => {
    for (let at = found; at >= 0; at = search(heap, at + 1, end)) {
      const outside = first ? at - 1 : at + length
      if (outside < start || outside >= end) return 'yes'
      const kind = KINDS[heap[outside] as number]
      if (kind === SEPARATOR) return 'yes'
      if (kind === BEYOND_ASCII) return 'unsure'
    }
    return 'no'
  }
}

function someToken(parts: readonly string[]): (text: string) => boolean {
  return text => tokenize(text).some(token => isLike(token, parts))
}

function within(parts: readonly string[]): (text: string) => boolean {
  const written = parts.filter(part => part !== '')
  const [only] = written
  if (written.length === 1 && only !== undefined) return text => fold(text).includes(only)
  const test = compilePattern([insidePattern(written)])
  return text => {
    const bytes = Buffer.from(fold(text))
    return test(bytes, 0, bytes.length)
  }
}
