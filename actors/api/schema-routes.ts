/** The JSON Schema that a project's records have to fit. */
import { createHash } from 'node:crypto'
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

const VERSION_CHARS = 16

const recordSchema = z
  .record(z.string(), z.unknown())
  .describe('JSON Schema, draft 2020-12, of a record as a search shows it')
const schemaReply = z.strictObject({
  schema: recordSchema.nullable().describe('null = none'),
  version: z.string().describe('another one for each schema'),
})
const read = z.strictObject({
  version: z
    .string()
    .optional()
    .describe('of the schema that is replaced, as it was read: of another nothing is changed'),
})

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
        return json(200, replyOf(await catalog.recordSchema(id)))
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'PUT',
      summary: 'From now on records that do not fit are refused, at every door.',
      description:
        'They go to the dead letters. Formats are not checked; `$ref`, `uniqueItems` and ' +
        `expressions that take more than linear time are refused. At most ${RECORD_SCHEMA_CHARS_MAX} characters.`,
      query: read,
      body: recordSchema,
      problems: ['LOGBOY_CONFLICT'],
      answers: { 200: answerOf('The schema.', schemaReply) },
      async handle({ project: { id }, body, query }) {
        const text = JSON.stringify(body)
        const reason = await pool.run<string | null>('check-schema', { recordSchema: text })
        if (reason !== null) throw new HttpProblem('LOGBOY_BAD_REQUEST', reason)
        await catalog.setRecordSchema(id, text, now => demandVersion(query.version, now))
        await keys.refresh()
        return json(200, replyOf(text))
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'DELETE',
      summary: 'Records are held against no schema any more.',
      query: read,
      answers: { 204: NO_CONTENT },
      problems: ['LOGBOY_CONFLICT'],
      async handle({ project: { id }, query }) {
        await catalog.setRecordSchema(id, null, now => demandVersion(query.version, now))
        await keys.refresh()
        return { status: 204 }
      },
    }),
  ]
}

function replyOf(text: string | null): z.output<typeof schemaReply> {
  const schema = text === null ? null : (JSON.parse(text) as Record<string, unknown>)
  return { schema, version: versionOf(text) }
}

function versionOf(text: string | null): string {
  return createHash('sha256')
    .update(text ?? '')
    .digest('hex')
    .slice(0, VERSION_CHARS)
}

/** Somebody who read another schema than there is now would replace it unseen. */
function demandVersion(version: string | undefined, now: string | null): void {
  if (version === undefined || version === versionOf(now)) return
  throw new HttpProblem('LOGBOY_CONFLICT', 'somebody else changed the schema meanwhile')
}
