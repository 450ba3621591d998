/** A project as the catalog's queries read it. */
import { type CommonQueryMethods, sql } from 'slonik'
import { z } from 'zod'
import type { Project } from '#proto/api.ts'
import { int8, timeText } from './columns.ts'

export const projectColumns = {
  id: z.string(),
  name: z.string(),
  created_at_us: timeText,
  retention_days: z.number(),
  records_per_second: int8,
  bytes_per_second: int8,
  time_zone: z.string(),
}

/** Of `projects p`. */
export const PROJECT = sql.fragment`
  p.id, p.name, p.created_at_us, p.retention_days, p.records_per_second, p.bytes_per_second,
  p.time_zone
`

/** null = it has none. */
export function recordSchemaIn(db: CommonQueryMethods, projectId: string): Promise<string | null> {
  return db.maybeOneFirst(sql.type(z.object({ record_schema: z.string().nullable() }))`
    SELECT record_schema FROM projects WHERE id = ${projectId}
  `)
}

interface ProjectRow extends Omit<Project, 'created_at'> {
  readonly created_at_us: string
}

export function projectOf({ created_at_us: created_at, ...rest }: ProjectRow): Project {
  return { ...rest, created_at }
}
