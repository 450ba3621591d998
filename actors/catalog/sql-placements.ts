/** Index placements in SQL. */
import { sql } from 'slonik'
import { z } from 'zod'
import type { Database } from './database.ts'
import type { PlacedPeriod, Placement, Placements } from './placements.ts'

const placedRow = z
  .object({
    project_id: z.string(),
    period: z.string(),
    index_name: z.string(),
    shards: z.number(),
    shared: z.boolean(),
  })
  .transform(
    ({ project_id: projectId, period, index_name: index, shards, shared }): PlacedPeriod => ({
      projectId,
      period,
      index,
      shards,
      shared,
    }),
  )

const shardsRow = z.object({ shards: z.number() })

const COLUMNS = sql.fragment`project_id, period, index_name, shards, shared`

export class SqlPlacements implements Placements {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async place(projectId: string, period: string, wanted: Placement): Promise<Placement> {
    // The update changes nothing: it is what makes a conflict return the row that was first.
    const { index, shards, shared } = await this.#database.repeatable(db =>
      db.one(sql.type(placedRow)`
      INSERT INTO index_placements AS p (${COLUMNS})
      VALUES (${projectId}, ${period}, ${wanted.index}, ${wanted.shards}, ${wanted.shared})
      ON CONFLICT (project_id, period) DO UPDATE SET shards = p.shards
      RETURNING ${COLUMNS}
    `),
    )
    return { index, shards, shared }
  }

  list(projectId: string | null = null): Promise<readonly PlacedPeriod[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(placedRow)`
      SELECT ${COLUMNS} FROM index_placements
      WHERE project_id = coalesce(${projectId}::text, project_id) ORDER BY period, project_id
    `),
    )
  }

  inIndex(index: string): Promise<readonly PlacedPeriod[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(placedRow)`
      SELECT ${COLUMNS} FROM index_placements WHERE index_name = ${index}
      ORDER BY period, project_id
    `),
    )
  }

  async shards(): Promise<number> {
    const { shards } = await this.#database.repeatable(db =>
      db.one(sql.type(shardsRow)`
      SELECT coalesce(sum(shards), 0)::integer AS shards
      FROM (SELECT max(shards) AS shards FROM index_placements GROUP BY index_name) AS indices
    `),
    )
    return shards
  }

  async forget(index: string): Promise<void> {
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`DELETE FROM index_placements WHERE index_name = ${index}`),
    )
  }
}
