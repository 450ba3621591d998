/** Faults of rules in SQL: each call is one statement, which may run twice. */
import { sql } from 'slonik'
import { z } from 'zod'
import type { AlertRuleText } from '#proto/alert-rule.ts'
import type { AlertFaults, RuleFault, UntoldFault } from './alert-faults.ts'
import { int8 } from './columns.ts'
import type { Database } from './database.ts'
import { storableText } from './storable.ts'

const untoldRow = z
  .object({
    rule_id: z.string(),
    version: int8,
    message: z.string(),
    project_id: z.string(),
    project_name: z.string(),
    rule: z.custom<AlertRuleText>(value => typeof value === 'object'),
  })
  .transform(
    ({
      rule_id: ruleId,
      project_id: projectId,
      project_name: projectName,
      ...row
    }): UntoldFault => ({
      ...row,
      ruleId,
      projectId,
      projectName,
    }),
  )

export class SqlAlertFaults implements AlertFaults {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async note({ ruleId, version, message }: RuleFault, atUs: number): Promise<void> {
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        INSERT INTO alert_faults AS f (rule_id, version, message, due_at_us)
        SELECT id, version, ${storableText(message)}, ${atUs}::bigint FROM alert_rules
        WHERE id = ${ruleId} AND version = ${version}
        ON CONFLICT (rule_id) DO UPDATE SET version = excluded.version,
          message = excluded.message, told = false, due_at_us = excluded.due_at_us
        WHERE (f.version, f.message) IS DISTINCT FROM (excluded.version, excluded.message)
      `),
    )
  }

  take({ nowUs, againAtUs, limit }: Parameters<AlertFaults['take']>[0]) {
    return this.#database.repeatable(db =>
      db.any(sql.type(untoldRow)`
        WITH due AS (
          SELECT f.rule_id FROM alert_faults f
          JOIN alert_rules r ON r.id = f.rule_id AND r.version = f.version
          WHERE NOT f.told AND f.due_at_us <= ${nowUs}
          ORDER BY f.due_at_us LIMIT ${limit} FOR UPDATE OF f SKIP LOCKED
        )
        UPDATE alert_faults f SET due_at_us = ${againAtUs}::bigint
        FROM due, alert_rules r, projects p
        WHERE f.rule_id = due.rule_id AND r.id = f.rule_id AND p.id = r.project_id
        RETURNING f.rule_id, f.version, f.message, r.rule, p.id AS project_id,
          p.name AS project_name
      `),
    )
  }

  async told({ ruleId, version, message }: RuleFault): Promise<void> {
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        UPDATE alert_faults SET told = true
        WHERE rule_id = ${ruleId} AND version = ${version} AND message = ${message}
      `),
    )
  }
}
