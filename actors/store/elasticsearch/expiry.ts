/**
 * What retention and the end of a project delete. Rows are hidden at once, by the state that every
 * search reads; indices go as a whole once nothing in them is visible any more.
 */
import type { PlacedPeriod, Placements } from '#actors/catalog/placements.ts'
import type { ElasticServer } from './client.ts'
import { FIELDS } from './field-names.ts'
import { periodRange } from './index-names.ts'
import type { StoreState } from './store-state.ts'

export interface ExpiryTools {
  readonly server: ElasticServer
  readonly state: StoreState
  readonly placements: Placements
}

const SEARCH_QUERY = { ignore_unavailable: true, allow_no_indices: true } as const
/**
 * Others of the same retention expire within hours, and then the whole index goes; rows that are
 * left in it after a day are deleted one by one.
 */
const PATIENCE_US = 86_400_000_000

/** Removes what is hidden of a project. `goneBeforeUs`: Infinity for a project that is gone. */
export async function removeHidden(
  tools: ExpiryTools,
  projectId: string,
  goneBeforeUs: number,
): Promise<void> {
  const own = await tools.placements.list(projectId)
  const { removedBeforeUs } = await tools.state.project(projectId)
  const leftUs = goneBeforeUs - PATIENCE_US
  for (const place of own) {
    const { endUs } = periodRange(place.period)
    if (endUs > goneBeforeUs) continue
    if (await isEmpty(tools, place)) await deleteIndex(tools, place.index)
    else if (endUs > removedBeforeUs && endUs <= leftUs) {
      await deleteRows(tools, place.index, projectId)
    }
  }
  if (Number.isFinite(leftUs)) await tools.state.change(projectId, { removedBeforeUs: leftUs })
}

/** Nothing in the index is visible to anybody. */
async function isEmpty({ placements, state }: ExpiryTools, place: PlacedPeriod): Promise<boolean> {
  if (!place.shared) return true
  const inside = await placements.inIndex(place.index)
  const projects = await state.projects(inside.map(({ projectId }) => projectId))
  return inside.every(({ period }, i) => {
    const project = projects[i]
    if (project === undefined) return false
    return project.isDropped || project.receivedFromUs >= periodRange(period).endUs
  })
}

/** First the index: a placement that is forgotten before would leave it behind for ever. */
async function deleteIndex({ server, placements }: ExpiryTools, index: string): Promise<void> {
  await server.request({
    method: 'DELETE',
    path: `/${index}`,
    query: { ignore_unavailable: true },
    allowed: [404],
  })
  await placements.forget(index)
}

async function deleteRows(
  { server }: ExpiryTools,
  index: string,
  projectId: string,
): Promise<void> {
  await server.request({
    method: 'POST',
    path: `/${index}/_delete_by_query`,
    // In the background of the server: nobody waits for it, for nobody sees the rows.
    query: { ...SEARCH_QUERY, conflicts: 'proceed', wait_for_completion: false },
    body: { query: { term: { [FIELDS.project]: projectId } } },
  })
}
