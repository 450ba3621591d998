/** Project partitions in SQL. */
import { ForeignKeyIntegrityConstraintViolationError, sql } from 'slonik'
import { z } from 'zod'
import { raiseVersion } from './catalog-version.ts'
import type { Database } from './database.ts'
import type { ProjectPartitions } from './partitions.ts'

const partitionsRow = z.object({ partitions: z.array(z.number()) })
const projectRow = partitionsRow.extend({ project_id: z.string() })

export class SqlPartitions implements ProjectPartitions {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async of(projectId: string, partitionCount: number): Promise<readonly number[] | null> {
    if (partitionCount < 1) throw new RangeError('a topic has at least one partition')
    return (await this.#stored(projectId)) ?? this.#assignFirst(projectId, partitionCount)
  }

  assign(projectId: string, partitions: readonly number[]): Promise<boolean> {
    if (partitions.length === 0) throw new RangeError('a project has at least one partition')
    const ascending = [...new Set(partitions)].sort((a, b) => a - b)
    return this.#change(
      sql.unsafe`
        INSERT INTO project_partitions (project_id, partitions)
        VALUES (${projectId}, ${sql.array(ascending, 'int4')})
        ON CONFLICT (project_id) DO UPDATE SET partitions = excluded.partitions
      `,
    )
  }

  async all(): Promise<ReadonlyMap<string, readonly number[]>> {
    const rows = await this.#database.repeatable(db =>
      db.any(sql.type(projectRow)`SELECT project_id, partitions FROM project_partitions`),
    )
    return new Map(rows.map(row => [row.project_id, row.partitions]))
  }

  async #stored(projectId: string): Promise<readonly number[] | null> {
    const row = await this.#database.repeatable(db =>
      db.maybeOne(sql.type(partitionsRow)`
      SELECT partitions FROM project_partitions WHERE project_id = ${projectId}
    `),
    )
    return row?.partitions ?? null
  }

  async #assignFirst(projectId: string, partitionCount: number): Promise<readonly number[] | null> {
    const known = await this.#change(sql.unsafe`
      INSERT INTO project_partitions (project_id, partitions)
      SELECT ${projectId}, ARRAY[candidate]
      FROM generate_series(0, ${partitionCount - 1}) AS candidate
      ORDER BY (
        SELECT count(*) FROM project_partitions WHERE candidate = ANY (partitions)
      ), candidate
      LIMIT 1
      ON CONFLICT (project_id) DO NOTHING
    `)
    return known ? this.#stored(projectId) : null
  }

  /** The version is raised first: its row makes one assignment wait for the one before it. */
  async #change(statement: ReturnType<typeof sql.unsafe>): Promise<boolean> {
    try {
      await this.#database.once(async transaction => {
        await raiseVersion(transaction)
        await transaction.query(statement)
      })
      return true
    } catch (error) {
      if (error instanceof ForeignKeyIntegrityConstraintViolationError) return false
      throw error
    }
  }
}
