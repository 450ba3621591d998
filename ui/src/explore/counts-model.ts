/** Totals, facets and bars beside the list; kept up to date from live rows without asking again. */
import { LEVELS, type Level, type Row, type SearchReply } from '#proto/api.ts'
import { type Bar, barTotal, floorToGrid, readBars } from '../charts/histogram-model.ts'
import { rowTimeMs } from './row-order.ts'

export interface Counts {
  readonly total: number
  readonly byLevel: Readonly<Partial<Record<Level, number>>>
  readonly byService: Readonly<Record<string, number>>
  readonly bars: readonly Bar[]
  readonly barMs: number
}

export const NO_COUNTS: Counts = { total: 0, byLevel: {}, byService: {}, bars: [], barMs: 1000 }

/** Counts out of a reply; `facets` replace what was counted with the facet's own filter left out. */
export function readCounts(
  reply: Pick<SearchReply, 'total' | 'aggregations'>,
  facets: { readonly byLevel?: Counts['byLevel']; readonly byService?: Counts['byService'] },
): Counts {
  const { by_level, by_service, histogram, interval } = reply.aggregations
  return {
    total: reply.total ?? 0,
    byLevel: facets.byLevel ?? by_level,
    byService: facets.byService ?? by_service,
    bars: readBars(histogram),
    barMs: interval * 1000,
  }
}

/** Adds rows that arrived since; they match the filters, so every count they touch is right. */
export function withRows(counts: Counts, rows: readonly Row[]): Counts {
  if (rows.length === 0) return counts
  const byLevel = { ...counts.byLevel }
  const byService = { ...counts.byService }
  const origin = counts.bars[0]?.timeMs ?? 0
  const bars = new Map(counts.bars.map(bar => [bar.timeMs, { ...bar.counts }]))
  for (const row of rows) {
    byLevel[row.level] = (byLevel[row.level] ?? 0) + 1
    byService[row.service] = (byService[row.service] ?? 0) + 1
    const start = floorToGrid(rowTimeMs(row), counts.barMs, origin)
    const bar = bars.get(start) ?? {}
    bar[row.level] = (bar[row.level] ?? 0) + 1
    bars.set(start, bar)
  }
  const sorted = [...bars].sort(([a], [b]) => a - b)
  return {
    ...counts,
    total: counts.total + rows.length,
    byLevel,
    byService,
    bars: sorted.map(([start, barCounts]) => ({ timeMs: start, counts: barCounts })),
  }
}

/** Forgets bars that left the span. Services are only known as a whole: they wait for a search. */
export function slidTo(counts: Counts, fromMs: number): Counts {
  const left = counts.bars.filter(bar => bar.timeMs + counts.barMs <= fromMs)
  if (left.length === 0) return counts
  const byLevel = { ...counts.byLevel }
  for (const level of LEVELS) {
    const gone = left.reduce((sum, bar) => sum + (bar.counts[level] ?? 0), 0)
    const rest = (byLevel[level] ?? 0) - gone
    if (rest > 0) byLevel[level] = rest
    else delete byLevel[level]
  }
  return {
    ...counts,
    byLevel,
    total: Math.max(0, counts.total - left.reduce((sum, bar) => sum + barTotal(bar), 0)),
    bars: counts.bars.slice(left.length),
  }
}

export interface FacetValue {
  readonly value: string
  readonly count: number
  /** Share of the largest value, for the bar behind it. */
  readonly share: number
  readonly selected: boolean
}

/** Values by count; chosen ones stay in the list when nothing matches them any more. */
export function facetValues(
  counts: Readonly<Record<string, number>>,
  selected: readonly string[],
): readonly FacetValue[] {
  const all = { ...Object.fromEntries(selected.map(value => [value, 0])), ...counts }
  const largest = Math.max(1, ...Object.values(all))
  return Object.entries(all)
    .map(([value, count]) => ({
      value,
      count,
      share: count / largest,
      selected: selected.includes(value),
    }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
}
