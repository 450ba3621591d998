/** What rules have said, in SQL: each call is one statement, which may run twice. */
import { sql } from 'slonik'
import { z } from 'zod'
import { ALERT_SEVERITIES } from '#proto/alert-rule.ts'
import { CHANNEL_TARGET } from './alert-channels.ts'
import {
  ALERT_GROUP,
  ALERT_PARTITION,
  type AlertStates,
  type HistoryAsked,
  type HistoryEntry,
  LOG_TARGET,
  type NewStateChange,
  type StoredState,
  type Telling,
  type TellingsAsked,
} from './alert-states.ts'
import { int8 } from './columns.ts'
import type { Database } from './database.ts'
import { entryOf, HISTORY, historyColumns, historyRow, status } from './history-row.ts'

const stateRow = z
  .object({
    id: int8,
    rule_id: z.string(),
    group_key: z.string(),
    status,
    value: z.number().nullable(),
    window_end_us: int8,
    since_us: int8,
    acknowledged_by: z.string().nullable(),
    acknowledged_at_us: int8.nullable(),
    note: z.string().nullable(),
  })
  .transform(
    (row): StoredState => ({
      id: row.id,
      ruleId: row.rule_id,
      key: row.group_key,
      status: row.status,
      value: row.value,
      windowEndUs: row.window_end_us,
      sinceUs: row.since_us,
      acknowledgedBy: row.acknowledged_by,
      acknowledgedAtUs: row.acknowledged_at_us,
      note: row.note,
    }),
  )
const entryRow = historyRow.transform(entryOf)
const tellingRow = z
  .object({ ...historyColumns, target: z.string(), attempts: z.number() })
  .transform(({ target, attempts, ...row }): Telling => ({ entry: entryOf(row), target, attempts }))
const foundRow = z.object({ found: z.boolean() })
const stampRow = z.object({ stamp: z.string() })
const numberRow = z.object({ value: int8 })
const outcomeRow = z.object({ owned: z.boolean(), told: z.boolean() })

/** Those with which a channel is told of this one. */
function severitiesUpTo(severity: string): readonly string[] {
  return ALERT_SEVERITIES.slice(0, ALERT_SEVERITIES.findIndex(name => name === severity) + 1)
}

export class SqlAlertStates implements AlertStates {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async record(change: NewStateChange, fence: number): Promise<'told' | 'known' | 'fenced'> {
    const { projectId, ruleId, version, key, to, value, windowEndUs, atUs, targets } = change
    const about = sql.jsonb({ ...change.about })
    const outcome = await this.#database.repeatable(db =>
      db.one(sql.type(outcomeRow)`
      WITH owner AS (
        SELECT 1 FROM checkpoints
        WHERE consumer_group = ${ALERT_GROUP} AND topic = ${projectId}
          AND partition = ${ALERT_PARTITION} AND fence = ${fence} FOR SHARE
      ), ruled AS (
        SELECT id FROM alert_rules
        WHERE project_id = ${projectId} AND id = ${ruleId} AND version = ${version} FOR SHARE
      ), before AS (
        SELECT s.id, s.status, s.window_end_us FROM alert_states s, owner, ruled
        WHERE s.rule_id = ruled.id AND s.group_key = ${key} FOR UPDATE OF s
      ), news AS (
        SELECT coalesce((SELECT status FROM before), 'ok') AS from_status FROM owner, ruled
        WHERE coalesce((SELECT status FROM before), 'ok') <> ${to}
          AND coalesce((SELECT window_end_us FROM before), 0) < ${windowEndUs}
      ), number AS (
        UPDATE alert_numbers SET value = value + 1 WHERE EXISTS (SELECT 1 FROM news)
        RETURNING value
      ), changed AS (
        INSERT INTO alert_states AS s
          (id, rule_id, group_key, status, value, window_end_us, since_us)
        SELECT number.value, ${ruleId}, ${key}, ${to}, ${value}::double precision,
          ${windowEndUs}::bigint, ${atUs}::bigint
        FROM number
        ON CONFLICT (rule_id, group_key) DO UPDATE SET
          status = excluded.status, value = excluded.value, since_us = excluded.since_us,
          window_end_us = excluded.window_end_us,
          acknowledged_by = NULL, acknowledged_at_us = NULL, note = NULL
      ), told AS (
        INSERT INTO alert_history AS h (id, project_id, rule_id, group_key, from_status, to_status,
          value, window_end_us, at_us, about)
        SELECT number.value, ${projectId}, ${ruleId}, ${key}, news.from_status, ${to},
          ${value}::double precision, ${windowEndUs}::bigint, ${atUs}::bigint, ${about}
        FROM number, news
        RETURNING h.id, h.from_status, h.to_status
      ), posted AS (
        INSERT INTO alert_outbox (history_id, target, due_at_us)
        SELECT told.id, targets.name, ${atUs}::bigint
        FROM told, (
          SELECT unnest(${sql.array(targets, 'text')}) AS name, true AS hears_all
          UNION ALL
          SELECT ${CHANNEL_TARGET} || id, false FROM alert_channels
          WHERE project_id = ${projectId} AND enabled
            AND severity = ANY(${sql.array(severitiesUpTo(change.about.severity), 'text')})
            AND labels <@ ${sql.jsonb(change.about.labels)}::jsonb
        ) AS targets
        WHERE targets.hears_all OR told.from_status = 'firing' OR told.to_status = 'firing'
      )
      SELECT EXISTS (SELECT 1 FROM owner) AS owned, EXISTS (SELECT 1 FROM told) AS told
    `),
    )
    return outcome.told ? 'told' : outcome.owned ? 'known' : 'fenced'
  }

  active(projectId: string): Promise<readonly StoredState[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(stateRow)`
        SELECT s.id, s.rule_id, s.group_key, s.status, s.value, s.window_end_us, s.since_us,
          s.acknowledged_by, s.acknowledged_at_us, s.note
        FROM alert_states s JOIN alert_rules r ON r.id = s.rule_id
        WHERE r.project_id = ${projectId} AND s.status <> 'ok' ORDER BY s.since_us, s.id
      `),
    )
  }

  /** Every change of a state has an entry in the history, or comes with a change of its rule. */
  stamp(projectId: string): Promise<string> {
    return this.#database.repeatable(db =>
      db.oneFirst(sql.type(stampRow)`
        SELECT (
          SELECT coalesce(max(id), 0) FROM alert_history WHERE project_id = ${projectId}
        ) || ' ' || (
          SELECT coalesce(md5(string_agg(id || '@' || version, ',' ORDER BY id)), '')
          FROM alert_rules WHERE project_id = ${projectId}
        ) AS stamp
      `),
    )
  }

  history(
    projectId: string,
    { limit, before, ruleId }: HistoryAsked,
  ): Promise<readonly HistoryEntry[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(entryRow)`
        SELECT ${HISTORY} FROM alert_history h
        WHERE h.project_id = ${projectId}
          AND (${before}::bigint IS NULL OR h.id < ${before}::bigint)
          AND (${ruleId}::text IS NULL OR h.rule_id = ${ruleId}::text)
        ORDER BY h.id DESC LIMIT ${limit}
      `),
    )
  }

  newest(): Promise<number> {
    return this.#database.repeatable(db =>
      db.oneFirst(sql.type(numberRow)`SELECT value FROM alert_numbers`),
    )
  }

  since(
    projectIds: readonly string[],
    after: number,
    limit: number,
  ): Promise<readonly HistoryEntry[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(entryRow)`
        SELECT ${HISTORY} FROM alert_history h
        WHERE h.project_id = ANY(${sql.array(projectIds, 'text')}) AND h.id > ${after}
        ORDER BY h.id LIMIT ${limit}
      `),
    )
  }

  async acknowledge(
    projectId: string,
    stateId: number,
    {
      by,
      note,
      atUs,
    }: { readonly by: string; readonly note: string | null; readonly atUs: number },
  ): Promise<boolean> {
    const { found } = await this.#database.repeatable(db =>
      db.one(sql.type(foundRow)`
        WITH firing AS (
          SELECT s.* FROM alert_states s JOIN alert_rules r ON r.id = s.rule_id
          WHERE s.id = ${stateId} AND r.project_id = ${projectId} AND s.status = 'firing'
          FOR UPDATE OF s
        ), seen AS (
          UPDATE alert_states s SET acknowledged_by = ${by}, acknowledged_at_us = ${atUs}::bigint,
            note = ${note}
          FROM firing WHERE s.id = firing.id
            -- Said again by a repeat of this very statement it is no second entry.
            AND (firing.acknowledged_by, firing.acknowledged_at_us)
              IS DISTINCT FROM (${by}::text, ${atUs}::bigint)
          RETURNING s.rule_id, s.group_key, s.value, s.window_end_us
        ), last AS (
          SELECT h.about FROM seen JOIN alert_history h
            ON h.project_id = ${projectId} AND h.rule_id = seen.rule_id
              AND h.group_key = seen.group_key
          ORDER BY h.id DESC LIMIT 1
        ), number AS (
          UPDATE alert_numbers SET value = value + 1 WHERE EXISTS (SELECT 1 FROM last)
          RETURNING value
        ), told AS (
          INSERT INTO alert_history AS h (id, project_id, rule_id, group_key, from_status,
            to_status, value, window_end_us, at_us, actor, note, about)
          SELECT number.value, ${projectId}, seen.rule_id, seen.group_key, 'firing', 'firing',
            seen.value, seen.window_end_us, ${atUs}::bigint, ${by}, ${note}::text, last.about
          FROM number, seen, last
          RETURNING h.id
        ), posted AS (
          INSERT INTO alert_outbox (history_id, target, due_at_us)
          SELECT told.id, ${LOG_TARGET}, ${atUs}::bigint FROM told
        )
        SELECT EXISTS (SELECT 1 FROM firing) AS found
      `),
    )
    return found
  }

  take(
    target: string,
    { nowUs, againAtUs, limit, inOrder }: TellingsAsked,
  ): Promise<readonly Telling[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(tellingRow)`
        WITH due AS (
          SELECT history_id FROM alert_outbox
          WHERE target = ${target} AND due_at_us <= ${nowUs}
            AND NOT (${inOrder} AND EXISTS (
              SELECT 1 FROM alert_outbox e
              WHERE e.target = ${target} AND e.due_at_us > ${nowUs}
                AND e.history_id < alert_outbox.history_id
            ))
          ORDER BY history_id LIMIT ${limit} FOR UPDATE SKIP LOCKED
        ), taken AS (
          UPDATE alert_outbox o SET due_at_us = ${againAtUs}::bigint, attempts = attempts + 1
          FROM due WHERE o.target = ${target} AND o.history_id = due.history_id
          RETURNING o.history_id, o.target, o.attempts - 1 AS attempts
        )
        SELECT ${HISTORY}, taken.target, taken.attempts
        FROM taken JOIN alert_history h ON h.id = taken.history_id ORDER BY h.id
      `),
    )
  }

  async settled(target: string, historyIds: readonly number[]): Promise<void> {
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        DELETE FROM alert_outbox
        WHERE target = ${target} AND history_id = ANY(${sql.array(historyIds, 'int8')})
      `),
    )
  }

  async forget(beforeUs: number): Promise<number> {
    const { rowCount } = await this.#database.repeatable(db =>
      db.query(sql.unsafe`DELETE FROM alert_history WHERE at_us < ${beforeUs}`),
    )
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        DELETE FROM alert_states WHERE status = 'ok' AND since_us < ${beforeUs}
      `),
    )
    return rowCount
  }
}
