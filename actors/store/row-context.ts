/** What was logged around a row: in the same service and host, or in the same trace. */
import assert from 'node:assert/strict'
import type { Row } from '#proto/api.ts'
import type { Query, QueryTerm } from '#proto/query/tree.ts'
import { parseRowId } from '#proto/row-id.ts'
import { parseTime } from '#proto/time.ts'
import { encodeCursor } from './cursor.ts'
import { searchById } from './own-searches.ts'
import type { Order, RowKey } from './row-keys.ts'
import type { SearchPlanInput, SearchResult } from './store.ts'

export interface ContextWish {
  readonly projectId: string
  /** Of the row in the middle. */
  readonly id: string
  /** Rows on either side at most. */
  readonly before: number
  readonly after: number
  readonly by: 'service' | 'trace'
}

/** Rows as JSON text, all in order of time. */
export interface RowContext {
  readonly before: readonly string[]
  readonly row: string
  readonly after: readonly string[]
  readonly hasMoreBefore: boolean
  readonly hasMoreAfter: boolean
}

/** null = there is no such row; 'no-trace' = it belongs to none. */
export async function rowContext(
  wish: ContextWish,
  search: (input: SearchPlanInput) => Promise<SearchResult>,
): Promise<RowContext | 'no-trace' | null> {
  const byId = searchById(wish.projectId, wish.id)
  if (byId === null) return null
  const { logs, positions } = await search(byId)
  const [text] = logs
  if (text === undefined) return null
  const row = JSON.parse(text) as Row
  const query = neighboursOf(row, wish.by)
  if (query === null) return 'no-trace'
  const side = async (order: Order, limit: number): Promise<SearchResult> => {
    const cursor = encodeCursor({ order, key: keyOf(row), positions })
    return await search({ ...byId, query, cursor, order, limit })
  }
  const [before, after] = await Promise.all([side('desc', wish.before), side('asc', wish.after)])
  return {
    before: before.logs.toReversed(),
    row: text,
    after: after.logs,
    hasMoreBefore: before.next_cursor !== null,
    hasMoreAfter: after.next_cursor !== null,
  }
}

/** From where a search goes on behind a row; null = the project has no such row. */
export async function cursorBehind(
  id: string,
  { projectId, order }: Pick<SearchPlanInput, 'projectId' | 'order'>,
  search: (input: SearchPlanInput) => Promise<SearchResult>,
): Promise<string | null> {
  const byId = searchById(projectId, id)
  if (byId === null) return null
  const { logs, positions } = await search(byId)
  const [text] = logs
  if (text === undefined) return null
  return encodeCursor({ order, key: keyOf(JSON.parse(text) as Row), positions })
}

/** The place of a row in the order of all. */
function keyOf({ id, time }: Row): RowKey {
  const [identity, exact] = [parseRowId(id), parseTime(time)]
  assert(identity !== null && exact !== null, 'rows have an id and a time')
  return { ...identity, timeUs: exact.timeUs, subNs: exact.subNs }
}

function neighboursOf(
  { service, host, trace_id: trace }: Row,
  by: ContextWish['by'],
): Query | null {
  const is = (field: string, value: string): QueryTerm => ({ type: 'exact', field, value })
  if (by === 'service') return { terms: [is('service', service), is('host', host)] }
  return trace === null ? null : { terms: [is('trace_id', trace)] }
}
