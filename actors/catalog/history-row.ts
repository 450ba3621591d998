/** An entry of the alert history as rows of SQL have it. */
import { sql } from 'slonik'
import { z } from 'zod'
import type { AlertAbout, HistoryEntry, StoredStatus } from './alert-states.ts'
import { int8 } from './columns.ts'

export const status = z.custom<StoredStatus>(value => typeof value === 'string')

export const historyColumns = {
  id: int8,
  project_id: z.string(),
  rule_id: z.string(),
  group_key: z.string(),
  from_status: status,
  to_status: status,
  value: z.number().nullable(),
  window_end_us: int8,
  at_us: int8,
  actor: z.string().nullable(),
  note: z.string().nullable(),
  about: z.custom<AlertAbout>(value => typeof value === 'object'),
}
export const historyRow = z.object(historyColumns)

/** Of `alert_history AS h`. */
export const HISTORY = sql.fragment`
  h.id, h.project_id, h.rule_id, h.group_key, h.from_status, h.to_status, h.value,
  h.window_end_us, h.at_us, h.actor, h.note, h.about
`

export function entryOf(row: z.output<typeof historyRow>): HistoryEntry {
  return {
    id: row.id,
    projectId: row.project_id,
    ruleId: row.rule_id,
    key: row.group_key,
    from: row.from_status,
    to: row.to_status,
    value: row.value,
    windowEndUs: row.window_end_us,
    atUs: row.at_us,
    actor: row.actor,
    note: row.note,
    about: row.about,
  }
}
