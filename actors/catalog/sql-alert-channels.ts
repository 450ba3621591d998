/** Channels in SQL: each call is one statement, which may run twice. */
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
  type ChannelTelling,
  type StoredChannel,
} from './alert-channels.ts'
import type { Telling } from './alert-states.ts'
import { int8 } from './columns.ts'
import type { Database } from './database.ts'
import { entryOf, HISTORY, historyColumns } from './history-row.ts'
import type { StoredSilence } from './silences.ts'

const channelColumns = {
  channel_id: z.string(),
  channel_project: z.string(),
  name: z.string(),
  kind: z.custom<ChannelKind>(value => typeof value === 'string'),
  target: z.string(),
  sealed: z.instanceof(Uint8Array),
  enabled: z.boolean(),
  severity: z.custom<AlertSeverity>(value => typeof value === 'string'),
  labels: z.record(z.string(), z.string()),
  created_at_us: int8,
  updated_at_us: int8,
}
const CHANNEL = sql.fragment`
  c.id AS channel_id, c.project_id AS channel_project, c.name, c.kind, c.target, c.sealed,
  c.enabled, c.severity, c.labels, c.created_at_us, c.updated_at_us
`
const channelRow = z.object(channelColumns)
const storedRow = channelRow.transform(channelOf)
const tellingRow = z
  .object({
    ...historyColumns,
    ...channelColumns,
    attempts: z.number(),
    failures: int8,
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
    }
  })
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
    }),
  )
const outcomeRow = z.object({ outcome: z.enum(['done', 'too-many', 'unknown-project']) })

function channelOf(row: z.output<typeof channelRow>): StoredChannel {
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
    createdAtUs: row.created_at_us,
    updatedAtUs: row.updated_at_us,
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
    const { createdAtUs } = channel
    return namesDiffer(async () => {
      const { outcome } = await this.#database.repeatable(db =>
        db.one(sql.type(outcomeRow)`
          WITH project AS (SELECT id FROM projects WHERE id = ${projectId}),
          others AS (
            SELECT count(*) AS count FROM alert_channels
            WHERE project_id = ${projectId} AND id <> ${id}
          ), made AS (
            INSERT INTO alert_channels (id, project_id, name, kind, target, sealed, enabled,
              severity, labels, created_at_us, updated_at_us)
            SELECT ${id}, project.id, ${name}, ${kind}, ${target},
              ${sql.binary(Buffer.from(sealed))}, ${enabled}, ${severity}, ${sql.jsonb(labels)},
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

  update(channel: StoredChannel): Promise<'done' | ChannelRefusal> {
    const { id, projectId, name, target, sealed, enabled, severity, labels, updatedAtUs } = channel
    return namesDiffer(async () => {
      const { rowCount } = await this.#database.repeatable(db =>
        db.query(sql.unsafe`
          UPDATE alert_channels SET name = ${name}, target = ${target},
            sealed = ${sql.binary(Buffer.from(sealed))}, enabled = ${enabled},
            severity = ${severity}, labels = ${sql.jsonb(labels)}, updated_at_us = ${updatedAtUs}
          WHERE project_id = ${projectId} AND id = ${id}
        `),
      )
      return rowCount === 1 ? 'done' : 'unknown'
    })
  }

  async delete(projectId: string, id: string): Promise<boolean> {
    const { rowCount } = await this.#database.repeatable(db =>
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

  take({ nowUs, againAtUs, limit }: Parameters<AlertChannels['take']>[0]) {
    return this.#database.repeatable(db =>
      db.any(sql.type(tellingRow)`
        WITH pairs AS (
          -- What a silence held back is over again before anybody heard of it.
          SELECT o.target, o.history_id, next.history_id AS next_id FROM alert_outbox o
          JOIN alert_history h ON h.id = o.history_id
          CROSS JOIN LATERAL (
            SELECT min(e.history_id) AS history_id
            FROM alert_outbox e JOIN alert_history g ON g.id = e.history_id
            WHERE e.target = o.target AND e.history_id > o.history_id
              AND g.rule_id = h.rule_id AND g.group_key = h.group_key
          ) AS next
          WHERE o.held_by IS NOT NULL AND o.attempts = 0 AND next.history_id IS NOT NULL
          FOR UPDATE OF o SKIP LOCKED
        ), cancelled AS (
          DELETE FROM alert_outbox o USING pairs
          WHERE o.target = pairs.target AND o.history_id IN (pairs.history_id, pairs.next_id)
        ), due AS (
          SELECT o.history_id, o.target FROM alert_outbox o
          JOIN alert_history h ON h.id = o.history_id
          WHERE starts_with(o.target, ${CHANNEL_TARGET}) AND o.due_at_us <= ${nowUs}
            AND NOT EXISTS (
              SELECT 1 FROM silences s
              WHERE s.id = split_part(o.held_by, '@', 1)
                AND s.id || '@' || s.version = o.held_by AND s.ends_at_us > ${nowUs}
            )
            AND NOT EXISTS (
              SELECT 1 FROM pairs
              WHERE pairs.target = o.target AND pairs.history_id = o.history_id
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
          RETURNING o.history_id, o.target AS sent_to, o.attempts - 1 AS attempts
        )
        SELECT ${HISTORY}, ${CHANNEL}, taken.attempts, p.name AS project_name, (
          SELECT count(*) FROM alert_deliveries d
          WHERE d.channel_id = c.id AND d.outcome = 'failed' AND h.id = ANY(d.changes)
        ) AS failures
        FROM taken
        JOIN alert_history h ON h.id = taken.history_id
        JOIN alert_channels c ON ${CHANNEL_TARGET} || c.id = taken.sent_to
        JOIN projects p ON p.id = c.project_id
        ORDER BY h.id
      `),
    )
  }

  async hold(tellings: readonly Telling[], { id, version }: StoredSilence): Promise<void> {
    const targets = tellings.map(({ target }) => target)
    const changes = tellings.map(({ entry }) => entry.id)
    const counts = tellings.map(({ attempts }) => attempts)
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        UPDATE alert_outbox o
        SET held_by = ${`${id}@${version}`}, attempts = taken.attempts, due_at_us = 0
        FROM unnest(
          ${sql.array(targets, 'text')}, ${sql.array(changes, 'int8')}, ${sql.array(counts, 'int4')}
        ) AS taken (target, history_id, attempts)
        WHERE o.target = taken.target AND o.history_id = taken.history_id
      `),
    )
  }

  async attempted(delivery: ChannelDelivery, againAtUs: number | null): Promise<void> {
    const { id, channelId, atUs, attempt, outcome, status, answer, tookMs } = delivery
    const changes = sql.array(delivery.changes, 'int8')
    const target = CHANNEL_TARGET + channelId
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        WITH settled AS (
          DELETE FROM alert_outbox
          WHERE target = ${target} AND history_id = ANY(${changes})
            AND ${againAtUs}::bigint IS NULL
        ), postponed AS (
          UPDATE alert_outbox SET due_at_us = ${againAtUs}::bigint
          WHERE target = ${target} AND history_id = ANY(${changes})
            AND ${againAtUs}::bigint IS NOT NULL
        )
        INSERT INTO alert_deliveries (id, channel_id, at_us, attempt, outcome, status, answer,
          took_ms, changes, possibly_repeated)
        SELECT ${id}, c.id, ${atUs}, ${attempt}, ${outcome}, ${status}::integer, ${answer},
          ${tookMs}, ${changes}, ${delivery.isRepeatPossible}
        FROM alert_channels c WHERE c.id = ${channelId}
        ON CONFLICT (id) DO NOTHING
      `),
    )
  }

  deliveries(
    channelId: string,
    { before, limit }: { readonly before: string | null; readonly limit: number },
  ): Promise<readonly ChannelDelivery[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(deliveryRow)`
        SELECT id, channel_id, at_us, attempt, outcome, status, answer, took_ms, changes,
          possibly_repeated
        FROM alert_deliveries
        WHERE channel_id = ${channelId} AND (${before}::text IS NULL OR id < ${before}::text)
        ORDER BY id DESC LIMIT ${limit}
      `),
    )
  }

  async forgetDeliveries(beforeUs: number): Promise<number> {
    const { rowCount } = await this.#database.repeatable(db =>
      db.query(sql.unsafe`DELETE FROM alert_deliveries WHERE at_us < ${beforeUs}`),
    )
    return rowCount
  }
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
