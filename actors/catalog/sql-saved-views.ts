/** Saved views in SQL. */
import { sql } from 'slonik'
import { z } from 'zod'
import type { SavedView } from '#proto/people.ts'
import { timeText } from './columns.ts'
import type { Database } from './database.ts'
import type { NewSavedView, SavedViewChange, SavedViews } from './saved-views.ts'

const viewRow = z
  .object({
    id: z.string(),
    name: z.string(),
    address: z.string(),
    shared: z.boolean(),
    created_by: z.string().nullable(),
    updated_at_us: timeText,
    version: z.number(),
  })
  .transform(({ updated_at_us: updated_at, ...row }): SavedView => ({ ...row, updated_at }))

const VIEW = sql.fragment`id, name, address, shared, created_by, updated_at_us, version`

export class SqlSavedViews implements SavedViews {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  list(projectId: string, reader: string | null): Promise<readonly SavedView[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(viewRow)`
        SELECT ${VIEW} FROM saved_views
        WHERE project_id = ${projectId} AND (shared OR created_by = ${reader}::text)
        ORDER BY name, id
      `),
    )
  }

  find(projectId: string, id: string, reader: string | null): Promise<SavedView | null> {
    return this.#database.repeatable(db =>
      db.maybeOne(sql.type(viewRow)`
        SELECT ${VIEW} FROM saved_views
        WHERE project_id = ${projectId} AND id = ${id}
          AND (shared OR created_by = ${reader}::text)
      `),
    )
  }

  create({ id, projectId, name, address, ...view }: NewSavedView): Promise<SavedView> {
    return this.#database.once(db =>
      db.one(sql.type(viewRow)`
        INSERT INTO saved_views (id, project_id, name, address, shared, created_by, updated_at_us)
        VALUES (
          ${id}, ${projectId}, ${name}, ${address}, ${view.shared}, ${view.createdBy}, ${view.atUs}
        )
        RETURNING ${VIEW}
      `),
    )
  }

  update(
    projectId: string,
    id: string,
    { name, address, shared, version, atUs }: SavedViewChange,
  ): Promise<SavedView | 'stale' | 'unknown'> {
    return this.#database.once(async db => {
      const changed = await db.maybeOne(sql.type(viewRow)`
        UPDATE saved_views SET name = ${name}, address = ${address}, shared = ${shared},
          updated_at_us = ${atUs}, version = version + 1
        WHERE project_id = ${projectId} AND id = ${id} AND version = ${version}
        RETURNING ${VIEW}
      `)
      if (changed !== null) return changed
      const isThere = await db.exists(sql.unsafe`
        SELECT FROM saved_views WHERE project_id = ${projectId} AND id = ${id}
      `)
      return isThere ? 'stale' : 'unknown'
    })
  }

  async remove(projectId: string, id: string): Promise<boolean> {
    const { rowCount } = await this.#database.once(db =>
      db.query(sql.unsafe`
        DELETE FROM saved_views WHERE project_id = ${projectId} AND id = ${id}
      `),
    )
    return rowCount === 1
  }
}
