/** The JSON Schema that a project's records have to fit. */
import { z } from 'zod/v4'
import type { Catalog } from '#actors/catalog/catalog.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import type { KeyCache } from '#actors/identity/key-cache.ts'
import { RECORD_SCHEMA_CHARS_MAX } from '#proto/limits.ts'
import type { TaskPool } from '#runtime/threads.ts'
import { answerOf, type EndpointDeps, endpoint, NO_CONTENT } from './endpoint.ts'

export interface SchemaDeps extends EndpointDeps {
  readonly catalog: Pick<Catalog, 'project' | 'recordSchema' | 'setRecordSchema'>
  readonly keys: Pick<KeyCache, 'verify' | 'refresh'>
  readonly pool: Pick<TaskPool, 'run'>
}

const recordSchema = z
  .record(z.string(), z.unknown())
  .describe('JSON Schema, draft 2020-12, of a record as a search shows it')
const schemaReply = z.strictObject({ schema: recordSchema.nullable().describe('null = none') })

export function schemaRoutes(deps: SchemaDeps): Route[] {
  const { catalog, keys, pool } = deps
  const shared = {
    tag: 'projects',
    who: 'member',
    needs: 'settings',
    path: '/api/v1/projects/:id/schema',
    parts: { id: 'id of the project' },
  } as const
  return [
    endpoint(deps, {
      ...shared,
      method: 'GET',
      summary: 'The schema that records of the project have to fit.',
      answers: { 200: answerOf('The schema.', schemaReply) },
      async handle({ project: { id } }) {
        const text = await catalog.recordSchema(id)
        return json(200, { schema: text === null ? null : JSON.parse(text) })
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'PUT',
      summary: 'From now on records that do not fit are refused, at every door.',
      description:
        'They go to the dead letters. Formats are not checked; `$ref`, `uniqueItems` and ' +
        `expressions that take more than linear time are refused. At most ${RECORD_SCHEMA_CHARS_MAX} characters.`,
      body: recordSchema,
      answers: { 200: answerOf('The schema.', schemaReply) },
      async handle({ project: { id }, body }) {
        const text = JSON.stringify(body)
        const reason = await pool.run<string | null>('check-schema', { recordSchema: text })
        if (reason !== null) throw new HttpProblem('LOGBOY_BAD_REQUEST', reason)
        await catalog.setRecordSchema(id, text)
        await keys.refresh()
        return json(200, { schema: body })
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'DELETE',
      summary: 'Records are held against no schema any more.',
      answers: { 204: NO_CONTENT },
      async handle({ project: { id } }) {
        await catalog.setRecordSchema(id, null)
        await keys.refresh()
        return { status: 204 }
      },
    }),
  ]
}
