/** The logs that belong to a firing: a few of its window, for people who read it on a phone. */
import type { HistoryEntry } from '#actors/catalog/alert-states.ts'
import type { LogStore } from '#actors/store/store.ts'
import type { Row } from '#proto/api.ts'
import { parseSearch } from '#proto/query.ts'
import { exploreLink, groupQuery, type LinkedWindow } from './explore-link.ts'

const LINES_MAX = 5
/** Of several rules in one link. */
const QUERIES_MAX = 5
/** A message must not wait for a slow store. */
const SEARCH_MS_MAX = 5_000
const ANY_US = { ingestedStartUs: 0, ingestedEndUs: Number.MAX_SAFE_INTEGER } as const

export interface EvidenceDeps {
  readonly store: Pick<LogStore, 'search'>
  readonly publicUrl: () => string
}

export class Evidence {
  readonly #deps: EvidenceDeps

  constructor(deps: EvidenceDeps) {
    this.#deps = deps
  }

  /** Explore at the windows of the changes. */
  link(changes: readonly HistoryEntry[]): string {
    return exploreLink(this.#deps.publicUrl(), windowOf(changes))
  }

  /** Newest first; none where the store does not answer: the alert is told all the same. */
  async lines(changes: readonly HistoryEntry[]): Promise<readonly Row[]> {
    const { projectId, query, fromUs, toUs } = windowOf(changes)
    const parsed = parseSearch(query)
    if (changes.every(({ about }) => about.query === null) || parsed.type !== 'search') return []
    try {
      const { logs } = await this.#deps.store.search(
        {
          ...ANY_US,
          projectId,
          query: parsed.search.query,
          services: [],
          levels: [],
          startUs: fromUs,
          endUs: toUs,
          limit: LINES_MAX,
          offset: 0,
          cursor: null,
          order: 'desc',
          include: new Set(['logs']),
          fields: null,
          intervalUs: toUs - fromUs,
        },
        AbortSignal.timeout(SEARCH_MS_MAX),
      )
      return logs.map(row => JSON.parse(row) as Row)
    } catch {
      return []
    }
  }
}

/** From the first window's beginning to the last one's end; one group's logs, if it is one. */
function windowOf(changes: readonly HistoryEntry[]): LinkedWindow {
  const [first] = changes
  if (first === undefined) throw new RangeError('a message tells something')
  const ends = changes.map(({ windowEndUs }) => windowEndUs)
  const begins = changes.map(change => change.windowEndUs - change.about.window_s * 1_000_000)
  return {
    projectId: first.projectId,
    query: changes.length === 1 ? groupQuery(first.about) : commonQuery(changes),
    fromUs: Math.min(...begins),
    toUs: Math.max(...ends),
  }
}

/** Of several groups what they have in common, of several rules what any of them looks at. */
function commonQuery(changes: readonly HistoryEntry[]): string {
  const queries = [...new Set(changes.map(({ about }) => about.query ?? '*'))]
  const [only = '*', ...others] = queries
  if (others.length === 0) return only === '*' ? '' : only
  const isAll = queries.includes('*') || queries.length > QUERIES_MAX
  return isAll ? '' : queries.map(query => `(${query})`).join(' OR ')
}
