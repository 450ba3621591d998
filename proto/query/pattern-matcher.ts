/**
 * Matches a pattern against a text by sets of positions: slow, but without any way to run away. For
 * short texts (names of levels), and as the judge of the fast engines.
 */
import type { Branch, Pattern } from './pattern.ts'

/** True if the text has any of the branches in it. */
export function patternMatches(branches: readonly Branch[], text: string): boolean {
  const codes = Array.from(text, character => character.codePointAt(0) as number)
  return branches.some(({ pattern, atStart, atEnd }) => {
    const starts = new Set(atStart ? [0] : Array.from({ length: codes.length + 1 }, (_, i) => i))
    const ends = endsOf(pattern, codes, starts)
    return atEnd ? ends.has(codes.length) : ends.size > 0
  })
}

/** Where the pattern can end if it begins at any of `starts`. */
function endsOf(
  pattern: Pattern,
  codes: readonly number[],
  starts: ReadonlySet<number>,
): ReadonlySet<number> {
  switch (pattern.type) {
    case 'set': {
      const passed = [...starts].filter(at => {
        const code = codes[at]
        if (code === undefined) return false
        return pattern.ranges.some(([first, last]) => code >= first && code <= last)
      })
      return new Set(passed.map(at => at + 1))
    }
    case 'sequence':
      return pattern.items.reduce((ends, item) => endsOf(item, codes, ends), starts)
    case 'choice':
      return new Set(pattern.items.flatMap(item => [...endsOf(item, codes, starts)]))
    case 'repeat': {
      const { item, min, max } = pattern
      let ends = starts
      for (let i = 0; i < min; i++) ends = endsOf(item, codes, ends)
      const all = new Set(ends)
      for (let i = min; i < (max ?? Number.POSITIVE_INFINITY); i++) {
        ends = endsOf(item, codes, ends)
        const before = all.size
        for (const end of ends) all.add(end)
        if (all.size === before) break
      }
      return all
    }
  }
}
