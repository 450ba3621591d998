/** Searches as the checks ask them: everything that matches, page by page. */
import assert from 'node:assert/strict'
import type { SearchPlanInput, SearchResult } from '#actors/store/store.ts'
import { type Row, SEARCH_PARTS } from '#proto/api.ts'
import type { Pipeline } from './pipeline.ts'
import type { RecordedRow } from './recorder.ts'

export interface Searched {
  readonly projectId: string
  readonly service: string | null
  readonly word: string | null
  /** Event time in µs, [start, end). */
  readonly startUs: number
  readonly endUs: number
  readonly order: 'asc' | 'desc'
  /** Rows of a page. */
  readonly limit: number
}

/** All pages of a search. */
export interface Found {
  readonly rows: readonly Row[]
  readonly first: SearchResult
}

const NEVER = new AbortController().signal
const MINUTE_US = 60_000_000

/** Whether a row is one of those, as it was sent. */
export function matches(row: RecordedRow, searched: Searched): boolean {
  const { projectId, service, word, startUs, endUs } = searched
  if (row.projectId !== projectId) return false
  if (row.timeUs < startUs || row.timeUs >= endUs) return false
  if (service !== null && row.service !== service) return false
  return word === null || row.message.includes(` ${word} `)
}

/** Searches page by page until there is no more. */
export async function searchAll({ store }: Pipeline, searched: Searched): Promise<Found> {
  const rows: Row[] = []
  let first: SearchResult | undefined
  let cursor: string | null = null
  do {
    const result: SearchResult = await store.search(searchInput(searched, cursor), NEVER)
    first ??= result
    assert(result.next_cursor === null || result.logs.length === searched.limit, 'a full page')
    rows.push(...result.logs.map(text => JSON.parse(text) as Row))
    cursor = result.next_cursor
  } while (cursor !== null)
  return { rows, first }
}

/** The plan of one page. */
export function searchInput(searched: Searched, cursor: string | null): SearchPlanInput {
  const { projectId, service, word, startUs, endUs, order, limit } = searched
  return {
    projectId,
    query: { terms: word === null ? [] : [{ type: 'phrase', tokens: [word], hex: null }] },
    services: service === null ? [] : [service],
    levels: [],
    startUs,
    endUs,
    ingestedStartUs: 0,
    ingestedEndUs: Number.MAX_SAFE_INTEGER,
    limit,
    offset: 0,
    cursor,
    order,
    include: new Set(SEARCH_PARTS),
    fields: null,
    intervalUs: MINUTE_US,
  }
}
