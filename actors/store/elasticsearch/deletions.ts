/**
 * Rows that somebody deleted by a query. A note with the query and with how far searches saw then
 * is part of the state of the project: every search leaves out what the note matches, so that rows
 * are hidden at once, and rows that come later stay. The server deletes them in the background.
 *
 * The note stays for a day: what a writer had not yet checkpointed when it died is written again,
 * and must stay hidden. Then what came back is deleted, and the note with it.
 */
import type { PlacedPeriod } from '#actors/catalog/placements.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import { printQuery } from '#proto/query/print.ts'
import { parseQuery } from '#proto/query.ts'
import type { RowsAsked } from '../store.ts'
import { StoreError } from '../store-error.ts'
import type { ElasticServer } from './client.ts'
import { type IndexNames, indicesOf } from './index-names.ts'
import type { AttributeTypes } from './query/attribute-clause.ts'
import { attributeTypes } from './query/attribute-types.ts'
import type { Clause } from './query/clause.ts'
import { attributeKeysOf, compileQuery } from './query/compile-query.ts'
import { RuntimeFields } from './query/runtime-fields.ts'
import { visibleRows } from './query/visible-rows.ts'
import type { Coverage, StoreState } from './store-state.ts'

export interface Deletion {
  readonly atUs: number
  readonly filter: RowsAsked
  /** What searches saw when it was asked for. */
  readonly coverage: Coverage
}

export interface DeletionTools {
  readonly server: ElasticServer
  readonly state: StoreState
  readonly names: IndexNames
  readonly nowUs: number
  readonly timeoutMs: number
}

const KEEP_US = 86_400_000_000
/** Every search of the project carries each of them. */
const DELETIONS_MAX = 32
const QUERY = { ignore_unavailable: true, allow_no_indices: true } as const

/** Matches the rows of a deletion; `types` are those of its attributes. */
export function deletionClause(
  { filter, coverage }: Deletion,
  types: AttributeTypes,
  runtime: RuntimeFields,
): Clause {
  const { projectId } = filter
  const seen = visibleRows({ projectId, receivedFromUs: 0, coverage })
  return { bool: { filter: [seen, ...compileQuery(filter, types, runtime).clauses] } }
}

/** Hides what matches, has the server delete it; answers how many rows these are. */
export async function deleteMatching(
  filter: RowsAsked,
  places: readonly PlacedPeriod[],
  tools: DeletionTools,
): Promise<number> {
  const { projectId } = filter
  const { server, state, nowUs, timeoutMs } = tools
  const { coverage, project } = await state.read(projectId)
  const indices = indicesOf(places, tools.names)
  if (project.isDropped || indices.length === 0) return 0
  const known = project.deletions.map(readDeletion)
  if (known.length >= DELETIONS_MAX) {
    const message = `${known.length} deletions of the last day are kept; more have to wait`
    throw new StoreError('LOGBOY_SEARCH_BUSY', message)
  }
  const deletion: Deletion = { atUs: nowUs, filter, coverage }
  const keys = [deletion, ...known].flatMap(each => attributeKeysOf(each.filter))
  const types = await attributeTypes(server, indices, keys)
  const runtime = new RuntimeFields()
  const { receivedFromUs } = project
  const found = {
    bool: {
      filter: [
        visibleRows({ projectId, receivedFromUs, coverage }),
        deletionClause(deletion, types, runtime),
      ],
      must_not: known.map(each => deletionClause(each, types, runtime)),
    },
  }
  const path = `/${indices.join(',')}`
  const { hits } = await server.json<{ readonly hits: { readonly total: { value: number } } }>({
    method: 'POST',
    path: `${path}/_search`,
    query: { ...QUERY, allow_partial_search_results: false },
    body: { query: found, runtime_mappings: runtime.mappings, size: 0, track_total_hits: true },
    timeoutMs,
  })
  if (hits.total.value === 0) return 0
  await state.addDeletion(projectId, writeDeletion(deletion))
  await removeRows(deletion, indices, { ...tools, wait: false })
  return hits.total.value
}

/** Forgets deletions of the project whose rows can come back no more. */
export async function forgetDeletions(
  projectId: string,
  places: readonly PlacedPeriod[],
  tools: DeletionTools,
): Promise<void> {
  const { state, nowUs } = tools
  const { deletions } = await state.project(projectId)
  const indices = indicesOf(places, tools.names)
  for (const note of deletions) {
    const deletion = readDeletion(note)
    if (deletion.atUs > nowUs - KEEP_US) continue
    if (indices.length > 0) await removeRows(deletion, indices, { ...tools, wait: true })
    await state.removeDeletion(projectId, note)
  }
}

/** Without waiting it goes on in the background of the server: nobody sees the rows. */
async function removeRows(
  deletion: Deletion,
  indices: readonly string[],
  { server, timeoutMs, wait }: DeletionTools & { readonly wait: boolean },
): Promise<void> {
  const types = await attributeTypes(server, indices, attributeKeysOf(deletion.filter))
  const runtime = new RuntimeFields()
  const query = deletionClause(deletion, types, runtime)
  await server.request({
    method: 'POST',
    path: `/${indices.join(',')}/_delete_by_query`,
    query: { ...QUERY, conflicts: 'proceed', refresh: true, wait_for_completion: wait },
    body: { query, runtime_mappings: runtime.mappings },
    timeoutMs,
  })
}

/** The query as text: its language outlives the tree. */
function writeDeletion({ atUs, filter, coverage }: Deletion): string {
  const { projectId, services, levels, startUs, endUs, ingestedStartUs, ingestedEndUs } = filter
  return JSON.stringify({
    atUs,
    query: printQuery(filter.query),
    filter: { projectId, services, levels, startUs, endUs, ingestedStartUs, ingestedEndUs },
    positions: coverage.positions.pairs(),
    receivedAtUs: [...coverage.receivedAtUs],
  })
}

export function readDeletion(note: string): Deletion {
  const { atUs, query, filter, positions, receivedAtUs } = JSON.parse(note) as {
    readonly atUs: number
    readonly query: string
    readonly filter: Omit<RowsAsked, 'query'>
    readonly positions: readonly (readonly [number, number])[]
    readonly receivedAtUs: readonly (readonly [number, number])[]
  }
  const parsed = parseQuery(query)
  if (parsed.type === 'fault') throw new Error(`a deletion cannot be read: ${query}`)
  const coverage = { positions: Positions.of(positions), receivedAtUs: new Map(receivedAtUs) }
  return { atUs, filter: { ...filter, query: parsed.query }, coverage }
}
