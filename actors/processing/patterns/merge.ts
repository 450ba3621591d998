/**
 * Wordings that differ in one place only are one pattern if that place takes many words: it is a
 * value that looks like a word (a name of a user, of a host). A function of the set of wordings, so
 * that the order in which they became known changes nothing.
 */
import { VALUE } from './message-items.ts'
import { patternOf, signWords } from './signature.ts'
import { type Template, withValues } from './template.ts'

/** So many words at one place are names. States and verbs that take turns are fewer. */
const WORDS_MIN = 5
/** Where so few words are left around a place, too many things look alike. */
const WORDS_AROUND_MIN = 2
/** Each round takes a word from a wording at least. */
const ROUNDS_MAX = 16

/** Wordings that are one pattern. */
export interface PatternGroup {
  /** The id of the wording that they share, which may be that of one of them. */
  readonly id: number
  readonly template: Template
  /** Ids of the wordings, ascending. */
  readonly members: readonly number[]
}

/** Groups templates by their ids. */
export function mergeTemplates(templates: ReadonlyMap<number, Template>): PatternGroup[] {
  const sorted = [...templates].sort(([a], [b]) => a - b)
  let groups = sorted.map(([id, template]): PatternGroup => ({ id, template, members: [id] }))
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const values = placesOfValues(groups)
    if (values.size === 0) break
    groups = joined(groups.map((group, i) => withMoreValues(group, values.get(i))))
  }
  return groups
}

/** Of each group by number the places where it has a word for what is a value. */
function placesOfValues(groups: readonly PatternGroup[]): Map<number, Set<number>> {
  const found = new Map<number, Set<number>>()
  for (const alike of alikeButOne(groups).values()) {
    const hasValue = alike.some(({ group, place }) => wordAt(groups, group, place) === VALUE)
    if (alike.length < (hasValue ? 2 : WORDS_MIN)) continue
    for (const { group, place } of alike) {
      if (wordAt(groups, group, place) === VALUE) continue
      const known = found.get(group)
      if (known === undefined) found.set(group, new Set([place]))
      else known.add(place)
    }
  }
  return found
}

interface Place {
  readonly group: number
  readonly place: number
}

function wordAt(groups: readonly PatternGroup[], group: number, place: number): number {
  return groups[group]?.template.words[place] as number
}

/** Groups by what they have around each place. */
function alikeButOne(groups: readonly PatternGroup[]): Map<number, Place[]> {
  const alike = new Map<number, Place[]>()
  for (const [group, { template }] of groups.entries()) {
    const { words } = template
    const count = words.filter(word => word !== VALUE).length
    const sum = sumOf(words)
    for (const [place, word] of words.entries()) {
      if (count - (word === VALUE ? 0 : 1) < WORDS_AROUND_MIN) continue
      const around = sum.without(word, place)
      const known = alike.get(around)
      if (known === undefined) alike.set(around, [{ group, place }])
      else known.push({ group, place })
    }
  }
  return alike
}

/** A hash of words in their places from which the word of one place can be taken out. */
function sumOf(words: readonly number[]): { without(word: number, place: number): number } {
  let low = words.length
  let high = words.length
  for (const [place, word] of words.entries()) {
    low = (low + termOf(word, place)) | 0
    high = (high + termOf(word ^ 0x5bd1e995, place)) | 0
  }
  return {
    without(word, place) {
      const lowLeft = (low - termOf(word, place) + termOf(place, -1)) >>> 0
      const highLeft = high - termOf(word ^ 0x5bd1e995, place)
      return (highLeft & 0xfffff) * 2 ** 32 + lowLeft
    },
  }
}

function termOf(word: number, place: number): number {
  let mixed = Math.imul(word ^ Math.imul(place + 2, 0x9e3779b1), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35)
  return mixed ^ (mixed >>> 13)
}

function withMoreValues(
  group: PatternGroup,
  places: ReadonlySet<number> | undefined,
): PatternGroup {
  if (places === undefined) return group
  const template = withValues(group.template, places)
  const pair = new Int32Array(2)
  signWords(template.words, template.words.length, pair, 0)
  return { ...group, template, id: patternOf(pair[0] as number, pair[1] as number) }
}

/** One of each id; the wording of the first one is shown. */
function joined(groups: readonly PatternGroup[]): PatternGroup[] {
  const byId = new Map<number, PatternGroup>()
  for (const group of groups) {
    const known = byId.get(group.id)
    const members = [...(known?.members ?? []), ...group.members].sort((a, b) => a - b)
    byId.set(group.id, { ...(known ?? group), members })
  }
  return [...byId.values()]
}
