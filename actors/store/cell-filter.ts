/**
 * What a query says of cells, which know minute, service and level of rows: exactly if it asks for
 * nothing else, and which of them may have matching rows in any case.
 */
import { nameTest } from '#actors/processing/leaf-condition.ts'
import type { RowFilter } from '#actors/processing/matcher.ts'
import { LEVELS } from '#proto/api.ts'
import { levelsOf } from '#proto/query/level-condition.ts'
import { leavesOf, type QueryLeaf, type QueryTerm } from '#proto/query/tree.ts'
import type { CellFilter } from './tally.ts'

const MINUTE_US = 60_000_000
/** Bit i = LEVELS[i]. */
export const ALL_LEVELS: number = (1 << LEVELS.length) - 1

/** Levels of a service's rows: those that match all, and those that may match. */
interface Levels {
  readonly must: number
  readonly may: number
}

/** `service` null = any. */
type LevelsOf = (service: string | null) => Levels

/** The filter over cells; null if it asks for more than they know. */
export function compileCellFilter(filter: RowFilter): CellFilter | null {
  return leavesOf(filter.query.terms).every(isOfCells) ? mayFilter(filter) : null
}

/** Cells that may have matching rows. */
export function mayFilter(filter: RowFilter): CellFilter {
  const levelsIn = compileFilter(filter)
  // Summaries name the same few services again and again.
  const known = new Map<string, number>()
  return {
    firstMinute: Math.floor(filter.startUs / MINUTE_US),
    lastMinute: Math.ceil(filter.endUs / MINUTE_US) - 1,
    levelsOf(service) {
      let levels = known.get(service)
      if (levels === undefined) {
        levels = levelsIn(service).may
        known.set(service, levels)
      }
      return levels
    },
  }
}

/** Levels that may have matching rows, whatever the service. */
export function levelMask(filter: RowFilter): number {
  return compileFilter(filter)(null).may
}

function compileFilter({ query, services, levels }: RowFilter): LevelsOf {
  return intersection([
    ...(levels.length === 0 ? [] : [constant(maskOf(levels))]),
    ...(services.length === 0 ? [] : [compileServices(services)]),
    ...query.terms.map(compileTerm),
  ])
}

function compileTerm(term: QueryTerm): LevelsOf {
  switch (term.type) {
    case 'all':
      return intersection(term.terms.map(compileTerm))
    case 'any': {
      const inner = term.terms.map(compileTerm)
      return service =>
        inner
          .map(levelsIn => levelsIn(service))
          .reduce((a, b) => ({ must: a.must | b.must, may: a.may | b.may }), NONE)
    }
    case 'not': {
      const inner = compileTerm(term.term)
      return service => {
        const { must, may } = inner(service)
        return { must: ALL_LEVELS & ~may, may: ALL_LEVELS & ~must }
      }
    }
    default:
      return compileLeaf(term)
  }
}

const ALL: Levels = { must: ALL_LEVELS, may: ALL_LEVELS }
const NONE: Levels = { must: 0, may: 0 }
const UNKNOWN: Levels = { must: 0, may: ALL_LEVELS }

function compileLeaf(leaf: QueryLeaf): LevelsOf {
  if (!isOfCells(leaf) || leaf.type === 'phrase') return () => UNKNOWN
  if (leaf.field === 'level') return constant(maskOf(levelsOf(leaf)))
  const takes = nameTest(leaf)
  return service => (service === null ? UNKNOWN : takes(service) ? ALL : NONE)
}

function isOfCells(leaf: QueryLeaf): boolean {
  return leaf.type !== 'phrase' && (leaf.field === 'level' || leaf.field === 'service')
}

function compileServices(names: readonly string[]): LevelsOf {
  const wanted = new Set(names.map(foldAscii))
  return service => (service === null ? UNKNOWN : wanted.has(foldAscii(service)) ? ALL : NONE)
}

function intersection(parts: readonly LevelsOf[]): LevelsOf {
  return service =>
    parts
      .map(levelsIn => levelsIn(service))
      .reduce((a, b) => ({ must: a.must & b.must, may: a.may & b.may }), ALL)
}

function constant(mask: number): LevelsOf {
  return () => ({ must: mask, may: mask })
}

/** Names in any case. */
export function maskOf(levels: readonly string[]): number {
  const wanted = new Set(levels.map(level => level.toUpperCase()))
  return LEVELS.reduce((mask, level, i) => (wanted.has(level) ? mask | (1 << i) : mask), 0)
}

/** A-Z as a-z and nothing else. */
export function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, letters => letters.toLowerCase())
}
