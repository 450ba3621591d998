/** Conditions on the level: whatever their form, they are a set of levels. */
import { LEVELS, type Level, levelOfSeverity } from '../api.ts'
import { parseLevel } from '../level.ts'
import { valuePattern } from './pattern.ts'
import { patternMatches } from './pattern-matcher.ts'
import { parseRegex } from './regex-parser.ts'
import type { QueryLeaf, RangeTerm } from './tree.ts'

/** The level that people mean by a name in any case; null = none of ours. */
export function levelNamed(name: string): Level | null {
  const { severity, severityText } = parseLevel(name)
  return severity === 0 || severityText !== '' ? null : levelOfSeverity(severity)
}

/** The levels that a condition on the field `level` holds for. */
export function levelsOf(leaf: QueryLeaf): readonly Level[] {
  switch (leaf.type) {
    case 'field': {
      const level = levelNamed(leaf.value)
      return level === null ? [] : [level]
    }
    case 'exact':
      return LEVELS.filter(level => level === leaf.value)
    case 'exists':
      return LEVELS
    case 'range':
      return LEVELS.filter(level => isInRange(level, leaf))
    case 'wildcard': {
      const pattern = valuePattern(leaf.parts)
      const whole = [{ pattern, atStart: true, atEnd: true }]
      return LEVELS.filter(level => patternMatches(whole, level))
    }
    case 'regex': {
      const parsed = parseRegex(leaf.source, leaf.ignoreCase)
      if (parsed.type === 'fault') return []
      return LEVELS.filter(level => patternMatches(parsed.branches, level))
    }
    case 'phrase':
      return []
  }
}

function isInRange(level: Level, { from, to }: RangeTerm): boolean {
  const place = LEVELS.indexOf(level)
  const placeOf = (value: string): number => {
    const bound = levelNamed(value)
    return bound === null ? Number.NaN : LEVELS.indexOf(bound)
  }
  const isAfter =
    from === null || (from.inclusive ? place >= placeOf(from.value) : place > placeOf(from.value))
  const isBefore =
    to === null || (to.inclusive ? place <= placeOf(to.value) : place < placeOf(to.value))
  return isAfter && isBefore
}
