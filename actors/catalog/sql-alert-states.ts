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
import { storableJson } from './storable.ts'

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
const outcomeRow = z.object({ owned: z.boolean(), told: int8 })

export class SqlAlertStates implements AlertStates {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async record(changes: readonly NewStateChange[], fence: number): Promise<number | 'fenced'> {
    const column = <Value extends number | string | null>(
      valueOf: (change: NewStateChange) => Value,
      type: 'float8' | 'int8' | 'text',
    ) => sql.array(changes.map(valueOf), type)
    const projectId = changes[0]?.projectId ?? ''
    const severities = sql.array(ALERT_SEVERITIES, 'text')
    const outcome = await this.#database.repeatable(db =>
      db.one(sql.type(outcomeRow)`
      WITH owner AS (
        SELECT 1 FROM checkpoints
        WHERE consumer_group = ${ALERT_GROUP} AND topic = ${projectId}
          AND partition = ${ALERT_PARTITION} AND fence = ${fence} FOR SHARE
      ), asked AS (
        SELECT * FROM unnest(
          ${column(({ ruleId }) => ruleId, 'text')}, ${column(({ version }) => version, 'int8')},
          ${column(({ key }) => key, 'text')}, ${column(({ to }) => to, 'text')},
          ${column(({ value }) => value, 'float8')},
          ${column(({ windowEndUs }) => windowEndUs, 'int8')},
          ${column(({ atUs }) => atUs, 'int8')},
          ${column(({ about }) => storableJson(about), 'text')},
          ${column(({ targets }) => JSON.stringify(targets), 'text')}
        ) WITH ORDINALITY AS asked (rule_id, version, group_key, to_status, value, window_end_us,
          at_us, about, targets, place)
      ), ruled AS (
        SELECT r.id, r.version FROM alert_rules r, owner
        WHERE r.project_id = ${projectId} AND r.id IN (SELECT rule_id FROM asked) FOR SHARE OF r
      ), before AS (
        SELECT s.rule_id, s.group_key, s.status, s.window_end_us
        FROM alert_states s, ruled, asked
        WHERE s.rule_id = ruled.id
          AND asked.rule_id = s.rule_id AND asked.group_key = s.group_key FOR UPDATE OF s
      ), news AS (
        SELECT asked.rule_id, asked.group_key, asked.to_status, asked.value, asked.window_end_us,
          asked.at_us, asked.about::jsonb AS about, asked.targets::jsonb AS targets,
          coalesce(before.status, 'ok') AS from_status, row_number() OVER (ORDER BY place) AS nth
        FROM asked
          JOIN ruled ON ruled.id = asked.rule_id AND ruled.version = asked.version
          LEFT JOIN before
            ON before.rule_id = asked.rule_id AND before.group_key = asked.group_key
        WHERE coalesce(before.status, 'ok') <> to_status
          AND coalesce(before.window_end_us, 0) < asked.window_end_us
      ), number AS (
        UPDATE alert_numbers SET value = value + (SELECT count(*) FROM news)
        WHERE EXISTS (SELECT 1 FROM news)
        RETURNING value - (SELECT count(*) FROM news) AS last
      ), changed AS (
        INSERT INTO alert_states AS s
          (id, rule_id, group_key, status, value, window_end_us, since_us)
        SELECT last + nth, rule_id, group_key, to_status, value, window_end_us, at_us
        FROM news, number
        ON CONFLICT (rule_id, group_key) DO UPDATE SET
          status = excluded.status, value = excluded.value, since_us = excluded.since_us,
          window_end_us = excluded.window_end_us,
          acknowledged_by = NULL, acknowledged_at_us = NULL, note = NULL
      ), told AS (
        INSERT INTO alert_history (id, project_id, rule_id, group_key, from_status, to_status,
          value, window_end_us, at_us, about)
        SELECT last + nth, ${projectId}, rule_id, group_key, from_status, to_status, value,
          window_end_us, at_us, about
        FROM news, number
      ), posted AS (
        INSERT INTO alert_outbox (history_id, target, due_at_us)
        SELECT last + nth, hearing.target, at_us
        FROM news, number, LATERAL (
          SELECT jsonb_array_elements_text(targets) AS target, true AS hears_all
          UNION ALL
          SELECT ${CHANNEL_TARGET} || c.id, false FROM alert_channels c
          WHERE c.project_id = ${projectId} AND c.enabled AND c.labels <@ (about -> 'labels')
            AND array_position(${severities}, c.severity)
              <= array_position(${severities}, about ->> 'severity')
        ) AS hearing
        WHERE hears_all OR from_status = 'firing' OR to_status = 'firing'
      )
      SELECT EXISTS (SELECT 1 FROM owner) AS owned, (SELECT count(*) FROM news) AS told
    `),
    )
    return outcome.owned ? outcome.told : 'fenced'
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
