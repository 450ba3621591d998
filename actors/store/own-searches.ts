/** Searches that the server itself makes. */
import { ANY_TIME } from '#actors/processing/matcher.ts'
import { parseRowId } from '#proto/row-id.ts'
import type { SearchPlanInput } from './store.ts'

/** null = no id of a row. */
export function searchById(projectId: string, id: string): SearchPlanInput | null {
  if (parseRowId(id) === null) return null
  return {
    ...countAll(projectId),
    query: { terms: [{ type: 'field', field: 'id', value: id }] },
    limit: 1,
    include: new Set(['logs']),
  }
}

/** The search for the number of all rows: others begin with it. */
export function countAll(projectId: string): SearchPlanInput {
  return {
    ...ANY_TIME,
    projectId,
    query: { terms: [] },
    services: [],
    levels: [],
    limit: 0,
    offset: 0,
    cursor: null,
    order: 'desc',
    include: new Set(['total']),
    fields: null,
    intervalUs: 60_000_000,
  }
}
