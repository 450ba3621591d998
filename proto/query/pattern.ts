/**
 * Patterns as trees: what regular expressions and wildcards become, so that every engine is given
 * its own writing of the very same thing, and none ever sees the text of a user.
 */

export type Pattern =
  /** One character of these ranges of code points, ascending; none = no character. */
  | { readonly type: 'set'; readonly ranges: readonly CodeRange[] }
  | { readonly type: 'sequence'; readonly items: readonly Pattern[] }
  /** At least one item. */
  | { readonly type: 'choice'; readonly items: readonly Pattern[] }
  /** `max` null = any number. */
  | {
      readonly type: 'repeat'
      readonly item: Pattern
      readonly min: number
      readonly max: number | null
    }

export type CodeRange = readonly [first: number, last: number]

/** Where a pattern has to stand in a text: anywhere, unless it is bound to an end. */
export interface Branch {
  readonly pattern: Pattern
  readonly atStart: boolean
  readonly atEnd: boolean
}

const LAST = 0x10ffff

export const ANY_CHARACTER: Pattern = { type: 'set', ranges: [[0, LAST]] }
const ANYTHING: Pattern = { type: 'repeat', item: ANY_CHARACTER, min: 0, max: null }
/** What \s is everywhere: white space of ASCII. */
export const SPACES: readonly CodeRange[] = [
  [0x09, 0x0a],
  [0x0c, 0x0d],
  [0x20, 0x20],
]
const NO_SPACES: Pattern = {
  type: 'repeat',
  item: { type: 'set', ranges: complement(SPACES) },
  min: 0,
  max: null,
}

/** One pattern for the whole of a text that has any of the branches in it. */
export function wholeText(branches: readonly Branch[]): Pattern {
  const items = branches.map(({ pattern, atStart, atEnd }) =>
    sequence([...(atStart ? [] : [ANYTHING]), pattern, ...(atEnd ? [] : [ANYTHING])]),
  )
  return items.length === 1 ? (items[0] as Pattern) : { type: 'choice', items }
}

/** A wildcard over whole values: whatever there is for a star, ASCII letters in both cases. */
export function valuePattern(parts: readonly string[]): Pattern {
  return joined(parts, ANYTHING, true)
}

/** A wildcard to be looked for within a folded text: a star is anything but white space. */
export function insidePattern(parts: readonly string[]): Branch {
  return { pattern: joined(parts, NO_SPACES, false), atStart: false, atEnd: false }
}

function joined(parts: readonly string[], star: Pattern, ignoreCase: boolean): Pattern {
  return sequence(
    parts.flatMap((part, i) => [...(i === 0 ? [] : [star]), ...literal(part, ignoreCase)]),
  )
}

/** The characters of a text, one after the other. */
export function literal(text: string, ignoreCase: boolean): Pattern[] {
  return Array.from(text, character => {
    const code = character.codePointAt(0) as number
    const ranges: CodeRange[] = [[code, code]]
    return { type: 'set', ranges: ignoreCase ? bothCases(ranges) : ranges }
  })
}

export function sequence(items: readonly Pattern[]): Pattern {
  return items.length === 1 ? (items[0] as Pattern) : { type: 'sequence', items }
}

/** Ranges in order, none touching another. */
export function union(ranges: readonly CodeRange[]): CodeRange[] {
  const merged: [number, number][] = []
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const previous = merged.at(-1)
    if (previous !== undefined && first <= previous[1] + 1) {
      previous[1] = Math.max(previous[1], last)
    } else merged.push([first, last])
  }
  return merged
}

export function complement(ranges: readonly CodeRange[]): CodeRange[] {
  const rest: CodeRange[] = []
  let next = 0
  for (const [first, last] of union(ranges)) {
    if (first > next) rest.push([next, first - 1])
    next = last + 1
  }
  if (next <= LAST) rest.push([next, LAST])
  return rest
}

/** With the other case of every ASCII letter. */
export function bothCases(ranges: readonly CodeRange[]): CodeRange[] {
  const more = ranges.flatMap(([first, last]): CodeRange[] => [
    ...shifted([Math.max(first, 0x41), Math.min(last, 0x5a)], 0x20),
    ...shifted([Math.max(first, 0x61), Math.min(last, 0x7a)], -0x20),
  ])
  return union([...ranges, ...more])
}

function shifted([first, last]: CodeRange, by: number): CodeRange[] {
  return first <= last ? [[first + by, last + by]] : []
}

/** True if the empty text matches. */
export function matchesEmpty(pattern: Pattern): boolean {
  switch (pattern.type) {
    case 'set':
      return false
    case 'sequence':
      return pattern.items.every(matchesEmpty)
    case 'choice':
      return pattern.items.some(matchesEmpty)
    case 'repeat':
      return pattern.min === 0 || matchesEmpty(pattern.item)
  }
}

/** Characters once repeats are written out: what an engine has to hold. */
export function patternSize(pattern: Pattern): number {
  switch (pattern.type) {
    case 'set':
      return 1
    case 'sequence':
    case 'choice':
      return pattern.items.reduce((sum, item) => sum + patternSize(item), 1)
    case 'repeat':
      return patternSize(pattern.item) * Math.max(1, pattern.max ?? pattern.min + 1) + 1
  }
}

/**
 * The longest text, in ASCII lower case, that every match has in it in some case: a byte search for
 * it spares the engine most texts. '' = nothing is certain.
 */
export function certainText(branches: readonly Branch[]): string {
  const [only] = branches
  if (only === undefined || branches.length > 1) return ''
  const items = only.pattern.type === 'sequence' ? only.pattern.items : [only.pattern]
  let best = ''
  let run = ''
  for (const item of items) {
    const letter = item.type === 'set' ? onlyLetter(item.ranges) : null
    run = letter === null ? '' : run + letter
    if (run.length > best.length) best = run
  }
  return best
}

/** The ASCII character of a set, or the letter whose two cases it is. */
function onlyLetter(ranges: readonly CodeRange[]): string | null {
  if (ranges.length === 0 || ranges.length > 2) return null
  if (ranges.some(([first, last]) => first !== last || first >= 0x80)) return null
  const letters = ranges.map(([code]) => String.fromCharCode(code).toLowerCase())
  return new Set(letters).size === 1 ? (letters[0] as string) : null
}
