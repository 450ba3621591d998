/**
 * Which index a project's rows of one day go to. Few large shards serve Elasticsearch best: most
 * projects share an index with others of about the same retention, so that it can be deleted as a
 * whole; one with many rows has its own.
 */
import type { Placement } from '#actors/catalog/placements.ts'
import { isMetrics, projectOf } from '../streams.ts'
import type { IndexNames } from './index-names.ts'

/** Retentions are rounded up to one of these: each is one shared index a day. */
const RETENTION_GROUPS_DAYS = [1, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1_095] as const
const OWN_ROWS_MIN = 5_000_000
/** About 20 GB. */
const SHARD_ROWS = 150_000_000
const SHARDS_OF_INDEX_MAX = 8
/** A thousand shards are what one node of Elasticsearch takes by default. */
export const SHARDS_MAX = 900

export interface PlacementQuestion {
  readonly projectId: string
  readonly period: string
  readonly retentionDays: number
  /** Rows that the project had the day before. */
  readonly rowsBefore: number
  /** Of all indices. */
  readonly shardsInUse: number
}

export function choosePlacement(question: PlacementQuestion, names: IndexNames): Placement {
  const { projectId, period, retentionDays, rowsBefore, shardsInUse } = question
  // Labels are not to take the fields of an index from the attributes of logs, nor the other way.
  const kind = isMetrics(projectId) ? 'metrics' : 'logs'
  const shards = Math.min(SHARDS_OF_INDEX_MAX, Math.ceil(rowsBefore / SHARD_ROWS))
  if (rowsBefore >= OWN_ROWS_MIN && shardsInUse + shards <= SHARDS_MAX) {
    return { index: names.index(kind, projectOf(projectId), period), shards, shared: false }
  }
  const group = RETENTION_GROUPS_DAYS.find(days => days >= retentionDays)
  const series = `shared-${group === undefined ? 'longest' : `${group}d`}`
  return { index: names.index(kind, series, period), shards: 1, shared: true }
}
