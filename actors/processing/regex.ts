/**
 * Regular expressions over bytes in linear time: patterns as trees are written in RE2's syntax and
 * run by re2js. Nothing that a user typed ever reaches an engine.
 */
import { createRequire } from 'node:module'
import type { RE2JS } from 're2js'
import { type Branch, type CodeRange, certainText, type Pattern } from '#proto/query/pattern.ts'
import { type ByteSearch, compileSearch } from './folded-bytes.ts'

interface Re2 {
  readonly RE2JS: typeof RE2JS
}

/** Loaded by the first expression: most threads never see one. */
let loaded: Re2 | undefined

/** Whether the UTF-8 text heap[start, end) has any of the branches in it. */
export type TextTest = (heap: Uint8Array, start: number, end: number) => boolean

export function compilePattern(branches: readonly Branch[]): TextTest {
  loaded ??= createRequire(import.meta.url)('re2js') as Re2
  const engine = loaded.RE2JS.compile(branches.map(branchText).join('|'))
  const search = certainSearch(branches)
  return (heap, start, end) => {
    if (search !== null && search(heap, start, end) < 0) return false
    return engine.test(heap.subarray(start, end))
  }
}

/** A byte search that spares the engine most texts. */
function certainSearch(branches: readonly Branch[]): ByteSearch | null {
  const text = certainText(branches)
  return text === '' ? null : compileSearch(Buffer.from(text))
}

function branchText({ pattern, atStart, atEnd }: Branch): string {
  return `${atStart ? '\\A' : ''}(?:${patternText(pattern)})${atEnd ? '\\z' : ''}`
}

function patternText(pattern: Pattern): string {
  switch (pattern.type) {
    case 'set':
      return setText(pattern.ranges)
    case 'sequence':
      return pattern.items.map(patternText).join('')
    case 'choice':
      return `(?:${pattern.items.map(patternText).join('|')})`
    case 'repeat': {
      const { item, min, max } = pattern
      return `(?:${patternText(item)}){${min},${max ?? ''}}`
    }
  }
}

function setText(ranges: readonly CodeRange[]): string {
  const [only] = ranges
  if (only === undefined) return '[^\\x{0}-\\x{10ffff}]'
  if (ranges.length === 1 && only[0] === only[1]) return codeText(only[0])
  return `[${ranges.map(([first, last]) => `${codeText(first)}-${codeText(last)}`).join('')}]`
}

function codeText(code: number): string {
  return `\\x{${code.toString(16)}}`
}
