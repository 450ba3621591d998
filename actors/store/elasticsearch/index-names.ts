/** Names of everything of one installation in Elasticsearch. */
import type { PlacedPeriod } from '#actors/catalog/placements.ts'

const DAY_US = 86_400_000_000

export interface IndexNames {
  /** Of the index template. */
  readonly template: string
  /** All indices of rows. */
  readonly pattern: string
  /** What writers and searches tell each other; not a `logs-*`, for it holds no logs. */
  readonly state: string
  /** The index of a series of indices for one period. */
  index(series: string, period: string): string
  /** Series of an index; null = none of ours. */
  seriesOf(index: string): string | null
  /** All indices of a series. */
  patternOf(series: string): string
}

/** `name` is 'logboy' unless several installations share one Elasticsearch. */
export function indexNames(name: string): IndexNames {
  const prefix = `logs-${name}.`
  return {
    template: `logs-${name}`,
    pattern: `${prefix}*`,
    state: `${name}-state`,
    index: (series, period) => `${prefix}${series}-${period.replaceAll('-', '.')}`,
    seriesOf(index) {
      if (!index.startsWith(prefix)) return null
      return index.slice(prefix.length, -'-2026.11.28'.length)
    },
    patternOf: series => `${prefix}${series}-*`,
  }
}

/** More indices are named by their series, so that the line of the request stays short. */
const NAMED_INDICES_MAX = 40

/** Where rows of these periods are, as a request names it. */
export function indicesOf(places: readonly PlacedPeriod[], names: IndexNames): readonly string[] {
  const indices = [...new Set(places.map(({ index }) => index))]
  if (indices.length <= NAMED_INDICES_MAX) return indices
  const series = new Set(indices.map(index => names.seriesOf(index)))
  return [...series].flatMap(name => (name === null ? [] : [names.patternOf(name)]))
}

/** The period that a batch belongs to: the day of its receipt, in UTC. */
export function periodOf(receivedAtUs: number): string {
  return new Date(receivedAtUs / 1_000).toISOString().slice(0, 10)
}

/** Receive times of a period in µs, [start, end). */
export function periodRange(period: string): { readonly startUs: number; readonly endUs: number } {
  const startUs = Date.parse(`${period}T00:00:00Z`) * 1_000
  return { startUs, endUs: startUs + DAY_US }
}
