/** The audit log in SQL. */
import { sql } from 'slonik'
import { z } from 'zod'
import type { AuditEntry } from '#proto/people.ts'
import type { AuditEntries, AuditQuery, NewAuditEntry } from './audit-entries.ts'
import { timeText } from './columns.ts'
import type { Database } from './database.ts'
import { storableJson, storableText } from './storable.ts'

const entryRow = z
  .object({
    id: z.bigint().transform(String),
    at_us: timeText,
    actor: z.string(),
    actor_name: z.string(),
    peer: z.string(),
    action: z.string(),
    project_id: z.string().nullable(),
    detail: z.record(z.unknown()),
  })
  .transform(({ at_us: at, project_id: project, ...row }): AuditEntry => ({ ...row, at, project }))

const ID_MAX = String(2n ** 63n - 1n)

export class SqlAuditEntries implements AuditEntries {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async add(entries: readonly NewAuditEntry[]): Promise<void> {
    if (entries.length === 0) return
    const rows = entries.map(entry => [
      entry.atUs,
      entry.actor,
      storableText(entry.actorName),
      entry.peer,
      entry.action,
      entry.projectId,
      storableJson(entry.detail),
    ])
    await this.#database.once(async change => {
      // One writer after the other, so that each finds where to go on.
      await change.query(sql.unsafe`LOCK TABLE audit_entries IN SHARE ROW EXCLUSIVE MODE`)
      await change.query(sql.unsafe`
        INSERT INTO audit_entries (id, at_us, actor, actor_name, peer, action, project_id, detail)
        SELECT coalesce((SELECT max(id) FROM audit_entries), 0) + number,
          at_us, actor, actor_name, peer, action, project_id, detail::jsonb
        FROM ${sql.unnest(rows, ['int8', 'text', 'text', 'text', 'text', 'text', 'text'])}
          WITH ORDINALITY AS e (at_us, actor, actor_name, peer, action, project_id, detail, number)
      `)
    })
  }

  list(query: AuditQuery): Promise<readonly AuditEntry[]> {
    const { projectId = null, actor = null, action = '', before = ID_MAX, limit } = query
    const { startUs = 0, endUs = Number.MAX_SAFE_INTEGER } = query
    return this.#database.repeatable(db =>
      db.any(sql.type(entryRow)`
        SELECT id, at_us, actor, actor_name, peer, action, project_id, detail FROM audit_entries
        WHERE id < ${before}::bigint AND at_us >= ${startUs} AND at_us < ${endUs}
          AND (${projectId}::text IS NULL OR project_id = ${projectId}::text)
          AND (${actor}::text IS NULL OR actor = ${actor}::text)
          AND starts_with(action, ${action})
        ORDER BY id DESC LIMIT ${limit}
      `),
    )
  }

  async prune(beforeUs: number): Promise<number> {
    const { rowCount } = await this.#database.repeatable(db =>
      db.query(sql.unsafe`DELETE FROM audit_entries WHERE at_us < ${beforeUs}`),
    )
    return rowCount
  }
}
