/** The search for one row by its id. */
import { ANY_TIME } from '#actors/processing/matcher.ts'
import { parseRowId } from '#proto/row-id.ts'
import type { SearchPlanInput } from './store.ts'

/** null = no id of a row. */
export function searchById(projectId: string, id: string): SearchPlanInput | null {
  if (parseRowId(id) === null) return null
  return {
    ...ANY_TIME,
    projectId,
    query: { terms: [{ type: 'field', field: 'id', value: id }] },
    services: [],
    levels: [],
    limit: 1,
    offset: 0,
    cursor: null,
    order: 'desc',
    include: new Set(['logs']),
    fields: null,
    intervalUs: 60_000_000,
  }
}
