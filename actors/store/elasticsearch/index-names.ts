/** Names of everything of one installation in Elasticsearch. */
import type { PlacedPeriod } from '#actors/catalog/placements.ts'

const DAY_US = 86_400_000_000

export interface IndexNames {
  /** Of the index template. */
  readonly template: string
  /** All indices of rows: those of metrics are no `logs-*`, which others count. */
  readonly patterns: readonly string[]
  /** What writers and searches tell each other; not a `logs-*`, for it holds no logs. */
  readonly state: string
  /** The index of a series of indices for one period. */
  index(kind: RowKind, series: string, period: string): string
  /** All indices of the series that an index is one of; null = none of ours. */
  seriesOf(index: string): string | null
}

export type RowKind = 'logs' | 'metrics'

/** `name` is 'logboy' unless several installations share one Elasticsearch. */
export function indexNames(name: string): IndexNames {
  const prefixes = [`logs-${name}.`, `metrics-${name}.`]
  return {
    template: `logs-${name}`,
    patterns: prefixes.map(prefix => `${prefix}*`),
    state: `${name}-state`,
    index: (kind, series, period) => `${kind}-${name}.${series}-${period.replaceAll('-', '.')}`,
    seriesOf(index) {
      if (!prefixes.some(prefix => index.startsWith(prefix))) return null
      return `${index.slice(0, -'2026.11.28'.length)}*`
    },
  }
}

/** More indices are named by their series, so that the line of the request stays short. */
const NAMED_INDICES_MAX = 40

/** Where rows of these periods are, as a request names it. */
export function indicesOf(places: readonly PlacedPeriod[], names: IndexNames): readonly string[] {
  const indices = [...new Set(places.map(({ index }) => index))]
  if (indices.length <= NAMED_INDICES_MAX) return indices
  const series = new Set(indices.map(index => names.seriesOf(index)))
  return [...series].filter(name => name !== null)
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
