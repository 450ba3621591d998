/** Questions to the store about the rows of a firing. */
import type { RowsAsked, SearchPlanInput } from '#actors/store/store.ts'
import type { Query } from '#proto/query/tree.ts'

const ANY_US = { ingestedStartUs: 0, ingestedEndUs: Number.MAX_SAFE_INTEGER } as const

/** By their own time, [from, to). */
export function rowsAsked({
  projectId,
  query,
  fromUs,
  toUs,
}: {
  readonly projectId: string
  readonly query: Query
  readonly fromUs: number
  readonly toUs: number
}): RowsAsked {
  return { ...ANY_US, projectId, query, startUs: fromUs, endUs: toUs, services: [], levels: [] }
}

/** Nothing of them yet: what is wanted is added. */
export function searchFor(rows: RowsAsked): SearchPlanInput {
  return {
    ...rows,
    limit: 0,
    offset: 0,
    cursor: null,
    order: 'desc',
    include: new Set(),
    fields: null,
    intervalUs: Math.max(1, rows.endUs - rows.startUs),
  }
}
