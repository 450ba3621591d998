/** Alert rules in SQL. */
import { type CommonQueryMethods, sql, UniqueIntegrityConstraintViolationError } from 'slonik'
import { z } from 'zod'
import { ALERT_SEVERITIES, type AlertRuleText } from '#proto/alert-rule.ts'
import { ALERT_RULES_MAX } from '#proto/limits.ts'
import { CHANNEL_TARGET } from './alert-channels.ts'
import type {
  AlertEdit,
  AlertRuleRefusal,
  AlertRules,
  NewAlertRule,
  StoredAlertRule,
  Uncounted,
  UncountedNote,
  WarmUp,
} from './alert-rules.ts'
import { LOG_TARGET } from './alert-states.ts'
import { changing } from './catalog-version.ts'
import { int8 } from './columns.ts'
import type { Database } from './database.ts'

const ruleRow = z
  .object({
    id: z.string(),
    project_id: z.string(),
    rule: z.custom<AlertRuleText>(value => typeof value === 'object'),
    version: int8,
    created_at_us: int8,
    updated_at_us: int8,
    updated_by: z.string(),
    fault: z.string().nullable(),
    warm_up: z.custom<WarmUp | null>(value => typeof value === 'object'),
    uncounted: z.custom<Uncounted | null>(value => typeof value === 'object'),
  })
  .transform(
    (row): StoredAlertRule => ({
      id: row.id,
      projectId: row.project_id,
      rule: row.rule,
      version: row.version,
      createdAtUs: row.created_at_us,
      updatedAtUs: row.updated_at_us,
      updatedBy: row.updated_by,
      fault: row.fault,
      warmUp: row.warm_up,
      uncounted: row.uncounted,
    }),
  )
const stampRow = z.object({ project_id: z.string(), stamp: z.string() })
const begunRow = z.object({ begun: z.boolean() })
const numberRow = z.object({ value: int8 })
const projectRow = z.object({ id: z.string() })

const COLUMNS = sql.fragment`
  id, project_id, rule, version, created_at_us, updated_at_us, updated_by, warm_up,
  uncounted, (
    SELECT message FROM alert_faults f
    WHERE f.rule_id = alert_rules.id AND f.version = alert_rules.version
  ) AS fault
`

/** What the history says of states that end with a version of their rule. */
const CHANGED = 'the rule was changed'
const DELETED = 'the rule was deleted'

export class SqlAlertRules implements AlertRules {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  list(projectId: string): Promise<readonly StoredAlertRule[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(ruleRow)`
        SELECT ${COLUMNS} FROM alert_rules WHERE project_id = ${projectId} ORDER BY name
      `),
    )
  }

  find(projectId: string, id: string): Promise<StoredAlertRule | null> {
    return this.#database.repeatable(db =>
      db.maybeOne(sql.type(ruleRow)`
        SELECT ${COLUMNS} FROM alert_rules WHERE project_id = ${projectId} AND id = ${id}
      `),
    )
  }

  async stamps(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#database.repeatable(db =>
      db.any(sql.type(stampRow)`
        SELECT project_id, md5(string_agg(id || '@' || version, ',' ORDER BY id)) AS stamp
        FROM alert_rules WHERE coalesce((rule ->> 'enabled')::boolean, true)
        GROUP BY project_id ORDER BY project_id
      `),
    )
    return new Map(rows.map(({ project_id, stamp }) => [project_id, stamp]))
  }

  create(
    edit: AlertEdit,
    rules: readonly NewAlertRule[],
    replace: boolean,
  ): Promise<'done' | AlertRuleRefusal> {
    return this.#editing(async change => {
      const { projectId } = edit
      const project = await change.maybeOne(
        sql.type(projectRow)`SELECT id FROM projects WHERE id = ${projectId}`,
      )
      if (project === null) return 'unknown-project'
      for (const rule of rules) await this.#put(change, edit, rule, replace)
      const count = await change.oneFirst(sql.type(numberRow)`
        SELECT count(*) AS value FROM alert_rules WHERE project_id = ${projectId}
      `)
      if (count > ALERT_RULES_MAX) throw new Refused('too-many')
      return 'done'
    })
  }

  update(
    edit: AlertEdit,
    { id, rule }: NewAlertRule,
    version?: number,
  ): Promise<'done' | AlertRuleRefusal> {
    return this.#editing(async change => {
      const now = await versionIn(change, edit.projectId, id)
      if (now === null) return 'unknown'
      if (version !== undefined && version !== now) return 'stale'
      await endStates(change, edit, id, CHANGED)
      await change.query(sql.unsafe`
        UPDATE alert_rules SET name = ${rule.name}, rule = ${sql.jsonb({ ...rule })},
          version = version + 1, updated_at_us = ${edit.atUs}, updated_by = ${edit.by},
          warm_up = NULL, uncounted = NULL
        WHERE project_id = ${edit.projectId} AND id = ${id}
      `)
      return 'done'
    })
  }

  delete(edit: AlertEdit, id: string): Promise<boolean> {
    return changing(this.#database, async change => {
      await endStates(change, edit, id, DELETED)
      const { rowCount } = await change.query(sql.unsafe`
        DELETE FROM alert_rules WHERE project_id = ${edit.projectId} AND id = ${id}
      `)
      return rowCount === 1
    })
  }

  async noteBegun(rules: Parameters<AlertRules['noteBegun']>[0]): Promise<void> {
    const ids = rules.map(({ id }) => id)
    const versions = rules.map(({ version }) => version)
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        UPDATE alert_rules r SET begun_version = begun.version
        FROM unnest(${sql.array(ids, 'text')}, ${sql.array(versions, 'int8')})
          AS begun (id, version)
        WHERE r.id = begun.id AND r.begun_version < begun.version
      `),
    )
  }

  hasBegun(projectId: string): Promise<boolean> {
    return this.#database.repeatable(db =>
      db.oneFirst(sql.type(begunRow)`
        SELECT NOT EXISTS (
          SELECT 1 FROM alert_rules
          WHERE project_id = ${projectId} AND begun_version < version
            AND coalesce((rule ->> 'enabled')::boolean, true)
        ) AS begun
      `),
    )
  }

  async noteWarmUp(id: string, version: number, warmUp: WarmUp): Promise<void> {
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        UPDATE alert_rules SET warm_up = ${sql.jsonb({ ...warmUp })}
        WHERE id = ${id} AND version = ${version}
      `),
    )
  }

  async noteUncounted(notes: readonly UncountedNote[]): Promise<void> {
    const ids = notes.map(({ id }) => id)
    const versions = notes.map(({ version }) => version)
    const counts = notes.map(({ uncounted }) => JSON.stringify(uncounted))
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        UPDATE alert_rules r SET uncounted = note.counts::jsonb
        FROM unnest(
          ${sql.array(ids, 'text')}, ${sql.array(versions, 'int8')}, ${sql.array(counts, 'text')}
        ) AS note (id, version, counts)
        WHERE r.id = note.id AND r.version = note.version
      `),
    )
  }

  async #put(
    change: CommonQueryMethods,
    edit: AlertEdit,
    { id, rule }: NewAlertRule,
    replace: boolean,
  ): Promise<void> {
    const { projectId, by, atUs } = edit
    const known = await change.maybeOne(sql.type(ruleRow)`
      SELECT ${COLUMNS} FROM alert_rules WHERE project_id = ${projectId} AND name = ${rule.name}
    `)
    if (known !== null && !replace) throw new Refused('name-taken')
    if (known !== null) await endStates(change, edit, known.id, CHANGED)
    await change.query(sql.unsafe`
      INSERT INTO alert_rules AS r
        (id, project_id, name, rule, version, created_at_us, updated_at_us, updated_by)
      VALUES (
        ${id}, ${projectId}, ${rule.name}, ${sql.jsonb({ ...rule })}, 1, ${atUs}, ${atUs}, ${by}
      )
      ON CONFLICT (project_id, name) DO UPDATE SET rule = excluded.rule,
        version = r.version + 1, warm_up = NULL, uncounted = NULL,
        updated_at_us = excluded.updated_at_us, updated_by = excluded.updated_by
    `)
  }

  async #editing(
    work: (change: CommonQueryMethods) => Promise<'done' | AlertRuleRefusal>,
  ): Promise<'done' | AlertRuleRefusal> {
    try {
      return await changing(this.#database, work)
    } catch (error) {
      if (error instanceof Refused) return error.refusal
      if (error instanceof UniqueIntegrityConstraintViolationError) return 'name-taken'
      throw error
    }
  }
}

/** null = the project has no such rule. */
function versionIn(
  change: CommonQueryMethods,
  projectId: string,
  id: string,
): Promise<number | null> {
  return change.maybeOneFirst(sql.type(z.object({ version: int8 }))`
    SELECT version FROM alert_rules WHERE project_id = ${projectId} AND id = ${id}
  `)
}

/** Of a project that has none yet, in one statement. */
export async function insertRules(
  change: CommonQueryMethods,
  { projectId, by, atUs }: AlertEdit,
  rules: readonly NewAlertRule[],
): Promise<void> {
  const plain = rules.map(({ id, rule }) => ({ id, rule: { ...rule } }))
  await change.query(sql.unsafe`
    INSERT INTO alert_rules
      (id, project_id, name, rule, version, created_at_us, updated_at_us, updated_by)
    SELECT made.id, ${projectId}, made.rule ->> 'name', made.rule, 1, ${atUs}, ${atUs}, ${by}
    FROM jsonb_to_recordset(${sql.jsonb(plain)}) AS made (id text, rule jsonb)
  `)
}

/** Takes back what a transaction has done so far; never seen outside this file. */
class Refused extends Error {
  readonly code = 'LOGBOY_ALERT_RULE_REFUSED'
  readonly refusal: AlertRuleRefusal

  constructor(refusal: AlertRuleRefusal) {
    super(refusal)
    this.refusal = refusal
  }
}

/**
 * What is anything but ok is over, by whom, and every state is forgotten: the rule begins anew.
 * Channels hear of it where it fired.
 */
async function endStates(
  change: CommonQueryMethods,
  { projectId, by, atUs }: AlertEdit,
  ruleId: string,
  note: string,
): Promise<void> {
  const severities = sql.array(ALERT_SEVERITIES, 'text')
  await change.query(sql.unsafe`
    WITH gone AS (
      DELETE FROM alert_states s USING alert_rules r
      WHERE s.rule_id = ${ruleId} AND r.id = s.rule_id AND r.project_id = ${projectId}
      RETURNING s.group_key, s.status, s.value, s.window_end_us
    ), ended AS (
      SELECT *, row_number() OVER (ORDER BY group_key) AS place FROM gone WHERE status <> 'ok'
    ), numbers AS (
      UPDATE alert_numbers SET value = value + (SELECT count(*) FROM ended) RETURNING value
    ), told AS (
      INSERT INTO alert_history (id, project_id, rule_id, group_key, from_status, to_status, value,
        window_end_us, at_us, actor, note, about)
      SELECT numbers.value - (SELECT count(*) FROM ended) + ended.place, ${projectId}, ${ruleId},
        ended.group_key, ended.status, 'ok', ended.value, ended.window_end_us, ${atUs}, ${by},
        ${note}::text, last.about
      FROM ended CROSS JOIN numbers
      JOIN LATERAL (
        SELECT about, id FROM alert_history h
        WHERE h.project_id = ${projectId} AND h.rule_id = ${ruleId}
          AND h.group_key = ended.group_key
        ORDER BY h.id DESC LIMIT 1
      ) AS last ON true
      RETURNING id, from_status, about
    )
    INSERT INTO alert_outbox (history_id, target, due_at_us)
    SELECT id, ${LOG_TARGET}, ${atUs}::bigint FROM told
    UNION ALL
    SELECT told.id, ${CHANNEL_TARGET} || c.id, ${atUs}::bigint
    FROM told JOIN alert_channels c ON c.project_id = ${projectId} AND c.enabled
      AND told.from_status = 'firing'
      AND array_position(${severities}, c.severity)
        <= array_position(${severities}, told.about ->> 'severity')
      AND c.labels <@ (told.about -> 'labels')
  `)
}
