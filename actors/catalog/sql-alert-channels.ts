/** Channels in SQL. */
import { sql, UniqueIntegrityConstraintViolationError } from 'slonik'
import { z } from 'zod'
import type { ChannelKind, DeliveryOutcome } from '#proto/alert-channel.ts'
import type { AlertSeverity } from '#proto/alert-rule.ts'
import { ALERT_CHANNELS_MAX } from '#proto/limits.ts'
import {
  type AlertChannels,
  CHANNEL_TARGET,
  type ChannelDelivery,
  type ChannelRefusal,
  type StoredChannel,
} from './alert-channels.ts'
import { int8 } from './columns.ts'
import type { Database } from './database.ts'
import { storableText } from './storable.ts'

export const channelColumns = {
  channel_id: z.string(),
  channel_project: z.string(),
  name: z.string(),
  kind: z.custom<ChannelKind>(value => typeof value === 'string'),
  target: z.string(),
  sealed: z.instanceof(Uint8Array),
  enabled: z.boolean(),
  severity: z.custom<AlertSeverity>(value => typeof value === 'string'),
  labels: z.record(z.string(), z.string()),
  group_by: z.array(z.string()),
  wait_s: z.number(),
  interval_s: z.number(),
  repeat_s: z.number(),
  cooldown_s: z.number(),
  title_template: z.string(),
  body_template: z.string(),
  created_at_us: int8,
  updated_at_us: int8,
  channel_version: z.number(),
}
/** Of `alert_channels AS c`. */
export const CHANNEL = sql.fragment`
  c.id AS channel_id, c.project_id AS channel_project, c.name, c.kind, c.target, c.sealed,
  c.enabled, c.severity, c.labels, c.group_by, c.wait_s, c.interval_s, c.repeat_s, c.cooldown_s,
  c.title_template, c.body_template, c.created_at_us, c.updated_at_us,
  c.version AS channel_version
`
export const channelRow = z.object(channelColumns)
const storedRow = channelRow.transform(channelOf)
const deliveryRow = z
  .object({
    id: z.string(),
    channel_id: z.string(),
    at_us: int8,
    attempt: z.number(),
    outcome: z.custom<DeliveryOutcome>(value => typeof value === 'string'),
    status: z.number().nullable(),
    answer: z.string(),
    took_ms: z.number(),
    changes: z.array(z.coerce.number()),
    possibly_repeated: z.boolean(),
    reminder: z.boolean(),
  })
  .transform(
    (row): ChannelDelivery => ({
      id: row.id,
      channelId: row.channel_id,
      atUs: row.at_us,
      attempt: row.attempt,
      outcome: row.outcome,
      status: row.status,
      answer: row.answer,
      tookMs: row.took_ms,
      changes: row.changes,
      isRepeatPossible: row.possibly_repeated,
      isReminder: row.reminder,
    }),
  )
const versionRow = z.object({ version: z.number() })
const outcomeRow = z.object({ outcome: z.enum(['done', 'too-many', 'unknown-project']) })
const againRow = z.object({ outcome: z.enum(['done', 'unknown', 'other', 'none']) })

export function channelOf(row: z.output<typeof channelRow>): StoredChannel {
  return {
    id: row.channel_id,
    projectId: row.channel_project,
    name: row.name,
    kind: row.kind,
    target: row.target,
    sealed: row.sealed,
    enabled: row.enabled,
    severity: row.severity,
    labels: row.labels,
    pacing: {
      groupBy: row.group_by,
      waitS: row.wait_s,
      intervalS: row.interval_s,
      repeatS: row.repeat_s,
      cooldownS: row.cooldown_s,
    },
    template: { title: row.title_template, body: row.body_template },
    createdAtUs: row.created_at_us,
    updatedAtUs: row.updated_at_us,
    version: row.channel_version,
  }
}

export class SqlAlertChannels implements AlertChannels {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  list(projectId: string): Promise<readonly StoredChannel[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(storedRow)`
        SELECT ${CHANNEL} FROM alert_channels c WHERE c.project_id = ${projectId} ORDER BY c.name
      `),
    )
  }

  find(projectId: string, id: string): Promise<StoredChannel | null> {
    return this.#database.repeatable(db =>
      db.maybeOne(sql.type(storedRow)`
        SELECT ${CHANNEL} FROM alert_channels c WHERE c.project_id = ${projectId} AND c.id = ${id}
      `),
    )
  }

  create(channel: StoredChannel): Promise<'done' | ChannelRefusal> {
    const { id, projectId, name, kind, target, sealed, enabled, severity, labels } = channel
    const { createdAtUs, pacing, template } = channel
    return namesDiffer(async () => {
      const { outcome } = await this.#database.repeatable(db =>
        db.one(sql.type(outcomeRow)`
          WITH project AS (SELECT id FROM projects WHERE id = ${projectId}),
          others AS (
            SELECT count(*) AS count FROM alert_channels
            WHERE project_id = ${projectId} AND id <> ${id}
          ), made AS (
            INSERT INTO alert_channels (id, project_id, name, kind, target, sealed, enabled,
              severity, labels, group_by, wait_s, interval_s, repeat_s, cooldown_s,
              title_template, body_template, created_at_us, updated_at_us)
            SELECT ${id}, project.id, ${name}, ${kind}, ${target},
              ${sql.binary(Buffer.from(sealed))}, ${enabled}, ${severity}, ${sql.jsonb(labels)},
              ${sql.jsonb([...pacing.groupBy])}, ${pacing.waitS}, ${pacing.intervalS},
              ${pacing.repeatS}, ${pacing.cooldownS}, ${template.title}, ${template.body},
              ${createdAtUs}, ${createdAtUs}
            FROM project, others WHERE others.count < ${ALERT_CHANNELS_MAX}
            ON CONFLICT (id) DO NOTHING
          )
          SELECT CASE
            WHEN NOT EXISTS (SELECT 1 FROM project) THEN 'unknown-project'
            WHEN (SELECT count FROM others) >= ${ALERT_CHANNELS_MAX} THEN 'too-many'
            ELSE 'done'
          END AS outcome
        `),
      )
      return outcome
    })
  }

  update(channel: StoredChannel, version?: number): Promise<'done' | ChannelRefusal> {
    const { id, projectId, name, target, sealed, enabled, severity, labels, pacing } = channel
    return namesDiffer(() =>
      this.#database.once(async db => {
        const known = await db.maybeOneFirst(sql.type(versionRow)`
          SELECT version FROM alert_channels
          WHERE project_id = ${projectId} AND id = ${id} FOR UPDATE
        `)
        if (known === null) return 'unknown'
        if (version !== undefined && version !== known) return 'stale'
        await db.query(sql.unsafe`
          UPDATE alert_channels SET name = ${name}, target = ${target},
            sealed = ${sql.binary(Buffer.from(sealed))}, enabled = ${enabled},
            severity = ${severity}, labels = ${sql.jsonb(labels)},
            group_by = ${sql.jsonb([...pacing.groupBy])}, wait_s = ${pacing.waitS},
            interval_s = ${pacing.intervalS}, repeat_s = ${pacing.repeatS},
            cooldown_s = ${pacing.cooldownS}, title_template = ${channel.template.title},
            body_template = ${channel.template.body}, updated_at_us = ${channel.updatedAtUs},
            version = version + 1
          WHERE project_id = ${projectId} AND id = ${id}
        `)
        return 'done'
      }),
    )
  }

  async delete(projectId: string, id: string): Promise<boolean> {
    const { rowCount } = await this.#database.once(db =>
      db.query(sql.unsafe`
        WITH untold AS (
          DELETE FROM alert_outbox o USING alert_channels c
          WHERE c.project_id = ${projectId} AND c.id = ${id}
            AND o.target = ${CHANNEL_TARGET} || c.id
        )
        DELETE FROM alert_channels WHERE project_id = ${projectId} AND id = ${id}
      `),
    )
    return rowCount === 1
  }

  async note(delivery: ChannelDelivery): Promise<void> {
    await this.#database.repeatable(db => db.query(sql.unsafe`${deliveryInsert(delivery)}`))
  }

  deliveries(
    channelId: string,
    { before, limit }: { readonly before: string | null; readonly limit: number },
  ): Promise<readonly ChannelDelivery[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(deliveryRow)`
        SELECT id, channel_id, at_us, attempt, outcome, status, answer, took_ms, changes,
          possibly_repeated, reminder
        FROM alert_deliveries
        WHERE channel_id = ${channelId} AND (${before}::text IS NULL OR id < ${before}::text)
        ORDER BY id DESC LIMIT ${limit}
      `),
    )
  }

  async tellAgain(channelId: string, deliveryId: string, nowUs: number) {
    const { outcome } = await this.#database.repeatable(db =>
      db.one(sql.type(againRow)`
        WITH delivery AS (
          SELECT outcome, changes, reminder::integer AS reminder,
            -- It may have heard of it, if somebody once got no answer.
            (status IS NULL OR EXISTS (
              SELECT 1 FROM alert_deliveries e
              WHERE e.channel_id = d.channel_id AND e.outcome = 'unknown' AND e.changes && d.changes
            ))::integer AS attempts
          FROM alert_deliveries d WHERE d.channel_id = ${channelId} AND d.id = ${deliveryId}
        ), again AS (
          SELECT h.id, d.reminder, d.attempts
          FROM delivery d JOIN alert_history h ON h.id = ANY(d.changes)
          WHERE d.outcome = 'given_up'
        ), due AS (
          INSERT INTO alert_outbox (history_id, target, due_at_us, reminder, attempts)
          SELECT id, ${CHANNEL_TARGET} || ${channelId}, ${nowUs}::bigint, reminder, attempts
          FROM again
          ON CONFLICT DO NOTHING
        )
        SELECT CASE
          WHEN NOT EXISTS (SELECT 1 FROM delivery) THEN 'unknown'
          WHEN NOT EXISTS (SELECT 1 FROM delivery WHERE outcome = 'given_up') THEN 'other'
          WHEN NOT EXISTS (SELECT 1 FROM again) THEN 'none'
          ELSE 'done'
        END AS outcome
      `),
    )
    return outcome
  }

  async forgetDeliveries(beforeUs: number): Promise<number> {
    const { rowCount } = await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        WITH told AS (
          DELETE FROM alert_told t WHERE t.told_at_us < ${beforeUs} AND NOT EXISTS (
            SELECT 1 FROM alert_states s
            WHERE s.rule_id = t.rule_id AND s.group_key = t.group_key AND s.status = 'firing'
          )
        ), paces AS (
          DELETE FROM alert_paces
          WHERE coalesce(told_at_us, 0) < ${beforeUs} AND coalesce(due_at_us, 0) < ${beforeUs}
        )
        DELETE FROM alert_deliveries WHERE at_us < ${beforeUs}
      `),
    )
    return rowCount
  }
}

/** Of a channel that is still there, once. */
export function deliveryInsert(delivery: ChannelDelivery) {
  const { id, channelId, atUs, attempt, outcome, status, answer, tookMs, changes } = delivery
  return sql.fragment`
    INSERT INTO alert_deliveries (id, channel_id, at_us, attempt, outcome, status, answer,
      took_ms, changes, possibly_repeated, reminder)
    SELECT ${id}, c.id, ${atUs}, ${attempt}, ${outcome}, ${status}::integer,
      ${storableText(answer)}, ${tookMs}, ${sql.array(changes, 'int8')},
      ${delivery.isRepeatPossible}, ${delivery.isReminder}
    FROM alert_channels c WHERE c.id = ${channelId}
    ON CONFLICT (id) DO NOTHING
  `
}

async function namesDiffer(
  change: () => Promise<'done' | ChannelRefusal>,
): Promise<'done' | ChannelRefusal> {
  try {
    return await change()
  } catch (error) {
    if (error instanceof UniqueIntegrityConstraintViolationError) return 'name-taken'
    throw error
  }
}
