/** What a project may send, and how much of that it uses. */
import { z } from 'zod/v4'
import type { Route } from '#actors/http/http-server.ts'
import { json } from '#actors/http/problem.ts'
import type { IngestUse } from '#actors/project/ingest-use.ts'
import type { Quotas } from '#proto/people.ts'
import { type CallersProject, requireAdministrator } from './caller.ts'
import { answerOf, endpoint } from './endpoint.ts'
import { existingProject } from './existing-project.ts'
import { demandExpected } from './expected.ts'
import type { KeyDeps } from './key-routes.ts'
import { quota } from './shapes.ts'

export interface QuotaDeps extends KeyDeps {
  readonly use: Pick<IngestUse, 'of'>
}

const amount = z.number().min(0)
const use = z.strictObject({
  records_per_second: amount.describe('average of the last minute'),
  bytes_per_second: amount,
  refused_records: amount.describe('over quota, in the last hour'),
})
const limited = { records_per_second: quota.describe('0 = none'), bytes_per_second: quota, use }
const quotas = z.strictObject({
  ...limited,
  keys: z
    .array(z.strictObject({ id: z.string(), name: z.string(), ...limited }))
    .describe('empty for who may not see keys'),
})
const changeBody = z.strictObject({
  records_per_second: quota.optional(),
  bytes_per_second: quota.optional(),
})

export function quotaRoutes(deps: QuotaDeps): Route[] {
  const shared = {
    tag: 'projects',
    who: 'member',
    needs: null,
    path: '/api/v1/projects/:id/quotas',
    parts: { id: 'id of the project' },
    answers: { 200: answerOf('Limits and use.', quotas) },
  } as const
  return [
    endpoint(deps, {
      ...shared,
      method: 'GET',
      summary: 'Quotas of a project and of its keys, with their use in all processes.',
      handle: async ({ project }) => json(200, await quotasOf(project, deps)),
    }),
    endpoint(deps, {
      ...shared,
      method: 'PATCH',
      summary: 'Changes the quotas of a project, within a second: administrators.',
      body: changeBody.extend({
        expected: changeBody
          .optional()
          .describe('as the caller read it: where it is something else by now, nothing is changed'),
      }),
      problems: ['LOGBOY_CONFLICT'],
      async handle({ project, body: { expected, ...change }, caller }) {
        requireAdministrator(caller)
        await deps.catalog.updateProject(project.id, change, now => demandExpected(expected, now))
        await deps.keys.refresh()
        return json(200, await quotasOf(project, deps))
      },
    }),
  ]
}

async function quotasOf(
  { id, permissions }: CallersProject,
  { catalog, use }: QuotaDeps,
): Promise<Quotas> {
  const { records_per_second, bytes_per_second } = await existingProject(id, catalog)
  const keys = permissions.includes('keys') ? await catalog.keys(id) : []
  const good = keys.filter(({ revoked_at }) => revoked_at === null)
  return {
    records_per_second,
    bytes_per_second,
    use: use.of(id),
    keys: good.map(key => ({
      id: key.id,
      name: key.name,
      records_per_second: key.records_per_second,
      bytes_per_second: key.bytes_per_second,
      use: use.of(key.id),
    })),
  }
}
