/**
 * What channels are still to be told, in SQL: each call may run twice. Of an alert, a group of a
 * rule, the outbox holds changes in their order, and only the first of them can be taken.
 */
import { sql } from 'slonik'
import { z } from 'zod'
import { ALERT_SEVERITIES } from '#proto/alert-rule.ts'
import { CHANNEL_TARGET, type ChannelDelivery } from './alert-channels.ts'
import type { Telling } from './alert-states.ts'
import {
  type ChannelOutbox,
  type ChannelTelling,
  PACED,
  type Pace,
  type TellingHold,
} from './channel-outbox.ts'
import { int8 } from './columns.ts'
import type { Database } from './database.ts'
import { entryOf, HISTORY, historyColumns } from './history-row.ts'
import { CHANNEL, channelColumns, channelOf, deliveryInsert } from './sql-alert-channels.ts'

const tellingRow = z
  .object({
    ...historyColumns,
    ...channelColumns,
    attempts: z.number(),
    failures: z.number(),
    reminder: z.number(),
    paced_until_us: int8.nullable(),
    told_at_us: int8.nullable(),
    project_name: z.string(),
  })
  .transform((row): ChannelTelling => {
    const channel = channelOf(row)
    return {
      entry: entryOf(row),
      target: CHANNEL_TARGET + channel.id,
      attempts: row.attempts,
      channel,
      projectName: row.project_name,
      failures: row.failures,
      reminder: row.reminder,
      pacedUntilUs: row.paced_until_us,
      toldAtUs: row.told_at_us,
    }
  })
const paceRow = z
  .object({
    channel_id: z.string(),
    pace_group: z.string(),
    told_at_us: int8.nullable(),
    due_at_us: int8.nullable(),
    version: int8,
  })
  .transform(
    (row): Pace => ({
      channelId: row.channel_id,
      group: row.pace_group,
      toldAtUs: row.told_at_us,
      dueAtUs: row.due_at_us,
      version: row.version,
    }),
  )
const movedRow = z
  .object({ channel_id: z.string(), pace_group: z.string() })
  .transform(row => ({ channelId: row.channel_id, group: row.pace_group }))

/** Of `alert_history AS h`: it fires, and nobody looks at it yet. */
const STILL_FIRING = sql.fragment`EXISTS (
  SELECT 1 FROM alert_states s
  WHERE s.rule_id = h.rule_id AND s.group_key = h.group_key
    AND s.status = 'firing' AND s.acknowledged_by IS NULL
)`

export class SqlChannelOutbox implements ChannelOutbox {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async take(asked: Parameters<ChannelOutbox['take']>[0]): Promise<readonly ChannelTelling[]> {
    await this.#forget(asked.nowUs)
    await this.#remind(asked.nowUs)
    return this.#due(asked)
  }

  /** Takes out what is no longer true. First of all: behind it a reminder may be due, or news. */
  async #forget(nowUs: number): Promise<void> {
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        WITH over AS (
          -- What was tried may be on its way until it is due again.
          DELETE FROM alert_outbox o USING alert_history h
          WHERE h.id = o.history_id AND o.reminder > 0
            AND (o.attempts = 0 OR o.due_at_us <= ${nowUs})
            AND starts_with(o.target, ${CHANNEL_TARGET}) AND NOT ${STILL_FIRING}
        ), pairs AS (
          -- What was held back is over again before anybody heard of it.
          SELECT o.target, o.history_id, next.history_id AS next_id FROM alert_outbox o
          JOIN alert_history h ON h.id = o.history_id
          CROSS JOIN LATERAL (
            SELECT min(e.history_id) AS history_id
            FROM alert_outbox e JOIN alert_history g ON g.id = e.history_id
            WHERE e.target = o.target AND e.history_id > o.history_id
              AND g.rule_id = h.rule_id AND g.group_key = h.group_key
          ) AS next
          WHERE o.held_by IS NOT NULL AND o.attempts = 0 AND o.reminder = 0
            AND next.history_id IS NOT NULL
          FOR UPDATE OF o SKIP LOCKED
        )
        DELETE FROM alert_outbox o USING pairs
        WHERE o.target = pairs.target AND o.history_id IN (pairs.history_id, pairs.next_id)
      `),
    )
  }

  /** Puts into the outbox that something still fires. */
  async #remind(nowUs: number): Promise<void> {
    const severities = sql.array(ALERT_SEVERITIES, 'text')
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        WITH waiting AS (
          -- Locked, so that of two who look one sees what the other has told.
          SELECT t.rule_id, t.group_key, t.reminders, c.id AS channel_id, c.project_id, c.severity,
            c.labels
          FROM alert_channels c JOIN alert_told t ON t.channel_id = c.id
          WHERE c.enabled AND c.repeat_s > 0 AND t.status = 'firing'
            AND t.told_at_us <= ${nowUs}::bigint - c.repeat_s * 1000000::bigint
          FOR UPDATE OF t SKIP LOCKED
        )
        INSERT INTO alert_outbox (history_id, target, due_at_us, reminder)
        SELECT h.id, ${CHANNEL_TARGET} || w.channel_id, ${nowUs}::bigint, w.reminders + 1
        FROM waiting w JOIN LATERAL (
          SELECT * FROM alert_history h
          WHERE h.rule_id = w.rule_id AND h.group_key = w.group_key
            AND h.to_status = 'firing' AND h.from_status <> 'firing'
          ORDER BY h.id DESC LIMIT 1
        ) AS h ON true
        WHERE ${STILL_FIRING} AND w.labels <@ (h.about -> 'labels')
          AND array_position(${severities}, w.severity)
            <= array_position(${severities}, h.about ->> 'severity')
          AND NOT EXISTS (
            SELECT 1 FROM alert_outbox e JOIN alert_history g ON g.id = e.history_id
            WHERE e.target = ${CHANNEL_TARGET} || w.channel_id
              AND g.rule_id = w.rule_id AND g.group_key = w.group_key
          )
        ON CONFLICT DO NOTHING
      `),
    )
  }

  #due({ nowUs, againAtUs, limit }: Parameters<ChannelOutbox['take']>[0]) {
    return this.#database.repeatable(db =>
      db.any(sql.type(tellingRow)`
        WITH due AS (
          SELECT o.history_id, o.target, o.held_by, o.due_at_us FROM alert_outbox o
          JOIN alert_history h ON h.id = o.history_id
          WHERE starts_with(o.target, ${CHANNEL_TARGET}) AND o.due_at_us <= ${nowUs}
            AND (o.reminder = 0 OR ${STILL_FIRING})
            AND NOT EXISTS (
              SELECT 1 FROM silences s
              WHERE s.id = split_part(o.held_by, '@', 1)
                AND s.id || '@' || s.version = o.held_by AND s.ends_at_us > ${nowUs}
            )
            AND NOT EXISTS (
              SELECT 1 FROM alert_outbox e JOIN alert_history g ON g.id = e.history_id
              WHERE e.target = o.target AND e.history_id < o.history_id
                AND g.rule_id = h.rule_id AND g.group_key = h.group_key
            )
          ORDER BY o.history_id LIMIT ${limit} FOR UPDATE OF o SKIP LOCKED
        ), taken AS (
          UPDATE alert_outbox o
          SET due_at_us = ${againAtUs}::bigint, attempts = attempts + 1, held_by = NULL
          FROM due WHERE o.target = due.target AND o.history_id = due.history_id
          RETURNING o.history_id, o.target AS sent_to, o.attempts - 1 AS attempts, o.failures,
            o.reminder, CASE WHEN due.held_by = ${PACED} THEN due.due_at_us END AS paced_until_us
        )
        SELECT ${HISTORY}, ${CHANNEL}, taken.attempts, taken.failures, taken.reminder,
          taken.paced_until_us, t.told_at_us, p.name AS project_name
        FROM taken
        JOIN alert_history h ON h.id = taken.history_id
        JOIN alert_channels c ON ${CHANNEL_TARGET} || c.id = taken.sent_to
        JOIN projects p ON p.id = c.project_id
        LEFT JOIN alert_told t
          ON t.channel_id = c.id AND t.rule_id = h.rule_id AND t.group_key = h.group_key
        ORDER BY h.id
      `),
    )
  }

  async hold(tellings: readonly Telling[], { by, untilUs }: TellingHold): Promise<void> {
    const targets = tellings.map(({ target }) => target)
    const changes = tellings.map(({ entry }) => entry.id)
    const counts = tellings.map(({ attempts }) => attempts)
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        UPDATE alert_outbox o
        SET held_by = ${by}, attempts = taken.attempts, due_at_us = ${untilUs}::bigint
        FROM unnest(
          ${sql.array(targets, 'text')}, ${sql.array(changes, 'int8')}, ${sql.array(counts, 'int4')}
        ) AS taken (target, history_id, attempts)
        WHERE o.target = taken.target AND o.history_id = taken.history_id
      `),
    )
  }

  async attempted(delivery: ChannelDelivery, againAtUs: number | null): Promise<void> {
    const changes = sql.array(delivery.changes, 'int8')
    const target = CHANNEL_TARGET + delivery.channelId
    const failed = delivery.outcome === 'failed' ? 1 : 0
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        WITH kept AS (
          ${deliveryInsert(delivery)} RETURNING id
        ), settled AS (
          DELETE FROM alert_outbox
          WHERE target = ${target} AND history_id = ANY(${changes})
            AND ${againAtUs}::bigint IS NULL
          RETURNING history_id, reminder
        ), postponed AS (
          UPDATE alert_outbox
          SET due_at_us = ${againAtUs}::bigint, failures = failures + ${failed}
          WHERE target = ${target} AND history_id = ANY(${changes})
            AND ${againAtUs}::bigint IS NOT NULL AND EXISTS (SELECT 1 FROM kept)
        )
        INSERT INTO alert_told AS t
          (channel_id, rule_id, group_key, status, told_at_us, reminders)
        SELECT c.id, h.rule_id, h.group_key, h.to_status, ${delivery.atUs}::bigint, settled.reminder
        FROM settled JOIN alert_history h ON h.id = settled.history_id
        JOIN alert_channels c ON c.id = ${delivery.channelId}
        ORDER BY h.rule_id, h.group_key
        ON CONFLICT (channel_id, rule_id, group_key) DO UPDATE SET
          status = excluded.status, told_at_us = excluded.told_at_us,
          reminders = excluded.reminders
      `),
    )
  }

  paces(of: Parameters<ChannelOutbox['paces']>[0]): Promise<readonly Pace[]> {
    const channels = sql.array(
      of.map(({ channelId }) => channelId),
      'text',
    )
    const groups = sql.array(
      of.map(({ group }) => group),
      'text',
    )
    return this.#database.repeatable(db =>
      db.any(sql.type(paceRow)`
        SELECT p.channel_id, p.pace_group, p.told_at_us, p.due_at_us, p.version
        FROM alert_paces p JOIN unnest(${channels}, ${groups}) AS asked (channel_id, pace_group)
          ON p.channel_id = asked.channel_id AND p.pace_group = asked.pace_group
      `),
    )
  }

  movePaces(paces: readonly Pace[], mark: string) {
    const moved = paces.map(({ channelId, group, toldAtUs, dueAtUs, version }) => ({
      channel_id: channelId,
      pace_group: group,
      told_at_us: toldAtUs,
      due_at_us: dueAtUs,
      version: version + 1,
    }))
    return this.#database.repeatable(db =>
      db.any(sql.type(movedRow)`
        INSERT INTO alert_paces AS p
          (channel_id, pace_group, told_at_us, due_at_us, version, mark)
        SELECT moved.channel_id, moved.pace_group, moved.told_at_us, moved.due_at_us,
          moved.version, ${mark}
        FROM jsonb_to_recordset(${sql.jsonb(moved)}) AS moved (channel_id text, pace_group text,
          told_at_us bigint, due_at_us bigint, version bigint)
        JOIN alert_channels c ON c.id = moved.channel_id
        ORDER BY moved.channel_id, moved.pace_group
        ON CONFLICT (channel_id, pace_group) DO UPDATE SET
          told_at_us = excluded.told_at_us, due_at_us = excluded.due_at_us,
          version = excluded.version, mark = excluded.mark
        WHERE p.version = excluded.version - 1
          OR (p.version = excluded.version AND p.mark = excluded.mark)
        RETURNING p.channel_id, p.pace_group
      `),
    )
  }
}
