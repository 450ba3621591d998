/** Silences in SQL. */
import { sql } from 'slonik'
import { z } from 'zod'
import { SILENCES_ENDED_LISTED_MAX, SILENCES_MAX } from '#proto/limits.ts'
import type { SilenceMatcher } from '#proto/silence.ts'
import { int8 } from './columns.ts'
import type { Database } from './database.ts'
import type { SilenceRefusal, Silences, StoredSilence } from './silences.ts'

const silenceRow = z
  .object({
    id: z.string(),
    project_id: z.string(),
    matchers: z.custom<readonly SilenceMatcher[]>(Array.isArray),
    starts_at_us: int8,
    ends_at_us: int8,
    comment: z.string(),
    created_by: z.string(),
    created_at_us: int8,
    version: z.number(),
  })
  .transform(
    (row): StoredSilence => ({
      id: row.id,
      projectId: row.project_id,
      matchers: row.matchers,
      startsAtUs: row.starts_at_us,
      endsAtUs: row.ends_at_us,
      comment: row.comment,
      createdBy: row.created_by,
      createdAtUs: row.created_at_us,
      version: row.version,
    }),
  )
const knownRow = z.object({ ends_at_us: int8, version: z.number() })
const outcomeRow = z.object({ outcome: z.enum(['done', 'too-many', 'unknown-project']) })

const SILENCE = sql.fragment`
  id, project_id, matchers, starts_at_us, ends_at_us, comment, created_by, created_at_us, version
`

export class SqlSilences implements Silences {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  list(projectId: string, nowUs: number): Promise<readonly StoredSilence[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(silenceRow)`
        SELECT ${SILENCE} FROM silences WHERE project_id = ${projectId}
        ORDER BY ends_at_us > ${nowUs}::bigint DESC, starts_at_us DESC, id DESC
        LIMIT ${SILENCES_MAX + SILENCES_ENDED_LISTED_MAX}
      `),
    )
  }

  find(projectId: string, id: string): Promise<StoredSilence | null> {
    return this.#database.repeatable(db =>
      db.maybeOne(sql.type(silenceRow)`
        SELECT ${SILENCE} FROM silences WHERE project_id = ${projectId} AND id = ${id}
      `),
    )
  }

  active(projectIds: readonly string[], nowUs: number): Promise<readonly StoredSilence[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(silenceRow)`
        SELECT ${SILENCE} FROM silences
        WHERE project_id = ANY(${sql.array(projectIds, 'text')})
          AND starts_at_us <= ${nowUs}::bigint AND ends_at_us > ${nowUs}::bigint
        ORDER BY created_at_us, id
      `),
    )
  }

  async create(silence: StoredSilence): Promise<'done' | SilenceRefusal> {
    const { id, projectId, matchers, startsAtUs, endsAtUs, comment, createdAtUs } = silence
    const { outcome } = await this.#database.repeatable(db =>
      db.one(sql.type(outcomeRow)`
        WITH project AS (SELECT id FROM projects WHERE id = ${projectId}),
        others AS (
          SELECT count(*) AS count FROM silences
          WHERE project_id = ${projectId} AND id <> ${id} AND ends_at_us > ${createdAtUs}::bigint
        ), made AS (
          INSERT INTO silences (id, project_id, matchers, starts_at_us, ends_at_us, comment,
            created_by, created_at_us)
          SELECT ${id}, project.id, ${sql.jsonb(plain(matchers))}, ${startsAtUs}, ${endsAtUs},
            ${comment}, ${silence.createdBy}, ${createdAtUs}
          FROM project, others WHERE others.count < ${SILENCES_MAX}
          ON CONFLICT (id) DO NOTHING
        )
        SELECT CASE
          WHEN NOT EXISTS (SELECT 1 FROM project) THEN 'unknown-project'
          WHEN (SELECT count FROM others) >= ${SILENCES_MAX} THEN 'too-many'
          ELSE 'done'
        END AS outcome
      `),
    )
    return outcome
  }

  update(
    { id, projectId, matchers, startsAtUs, endsAtUs, comment }: StoredSilence,
    nowUs: number,
    version?: number,
  ): Promise<'done' | SilenceRefusal> {
    return this.#database.once(async db => {
      const known = await db.maybeOne(sql.type(knownRow)`
        SELECT ends_at_us, version FROM silences
        WHERE project_id = ${projectId} AND id = ${id} FOR UPDATE
      `)
      if (known === null) return 'unknown'
      if (version !== undefined && version !== known.version) return 'stale'
      if (known.ends_at_us <= nowUs) return 'ended'
      await db.query(sql.unsafe`
        UPDATE silences SET matchers = ${sql.jsonb(plain(matchers))}, comment = ${comment},
          starts_at_us = ${startsAtUs}, ends_at_us = ${endsAtUs}, version = version + 1
        WHERE project_id = ${projectId} AND id = ${id}
      `)
      return 'done'
    })
  }

  async end(projectId: string, id: string, nowUs: number): Promise<boolean> {
    const { rowCount } = await this.#database.once(db =>
      db.query(sql.unsafe`
        UPDATE silences SET starts_at_us = least(starts_at_us, ${nowUs}::bigint),
          ends_at_us = least(ends_at_us, ${nowUs}::bigint), version = version + 1
        WHERE project_id = ${projectId} AND id = ${id}
      `),
    )
    return rowCount === 1
  }

  async forget(beforeUs: number): Promise<number> {
    const { rowCount } = await this.#database.repeatable(db =>
      db.query(sql.unsafe`DELETE FROM silences WHERE ends_at_us < ${beforeUs}`),
    )
    return rowCount
  }
}

function plain(matchers: readonly SilenceMatcher[]) {
  return matchers.map(matcher => ({ ...matcher }))
}
