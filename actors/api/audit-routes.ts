/** `GET /api/v1/audit`: who did what, when and from where. */
import { z } from 'zod/v4'
import type { AuditEntries } from '#actors/catalog/audit-entries.ts'
import type { Route } from '#actors/http/http-server.ts'
import { json } from '#actors/http/problem.ts'
import { UTC } from '#proto/time-zone.ts'
import type { Clock } from '#runtime/clock.ts'
import type { AuditLog } from './audit-log.ts'
import { callersProject, requireAdministrator, requirePermission } from './caller.ts'
import { answerOf, type EndpointDeps, endpoint } from './endpoint.ts'
import { instantUs, time as timeOf } from './search-request.ts'
import { time } from './shapes.ts'

export interface AuditDeps extends EndpointDeps {
  readonly auditEntries: Pick<AuditEntries, 'list'>
  readonly audit: Pick<AuditLog, 'changed' | 'searched' | 'flush'>
  readonly clock: Clock
}

const LIMIT_DEFAULT = 100
const LIMIT_MAX = 1_000

const auditQuery = z.strictObject({
  project: z.string().optional().describe('needed but for administrators'),
  actor: z.string().max(100).optional(),
  action: z.string().max(100).optional().describe('begins with it: `auth.` finds all of them'),
  start_time: timeOf.optional(),
  end_time: timeOf.optional(),
  cursor: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional()
    .describe('`next_cursor` of the page before'),
  limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(LIMIT_DEFAULT),
})
const entry = z
  .strictObject({
    id: z.string(),
    at: time,
    actor: z.string().describe('account id, `key <id>`, administrator or nobody'),
    actor_name: z.string(),
    peer: z.string(),
    action: z.string(),
    project: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEntry' })

export function auditRoutes(deps: AuditDeps): Route[] {
  const { auditEntries, audit, clock } = deps
  return [
    endpoint(deps, {
      tag: 'system',
      who: 'person',
      method: 'GET',
      path: '/api/v1/audit',
      summary: 'What was changed, and by setting what was searched, newest first.',
      description: 'Administrators see all, members with `members` what concerns their project.',
      query: auditQuery,
      problems: ['LOGBOY_PROJECT_UNKNOWN'],
      answers: {
        200: answerOf(
          'Entries.',
          z.strictObject({ entries: z.array(entry), next_cursor: z.string().nullable() }),
        ),
      },
      async handle({ caller, query }) {
        const { project, actor, action, cursor: before, limit } = query
        if (project === undefined) requireAdministrator(caller)
        else requirePermission(await callersProject(caller, project, deps), 'members')
        await audit.flush()
        const at = { nowUs: clock.nowUs(), timeZone: UTC }
        const startUs = instantUs(query.start_time, 'start_time', at)
        const endUs = instantUs(query.end_time, 'end_time', at)
        const asked = { projectId: project, actor, action, startUs, endUs, before }
        const found = await auditEntries.list({ ...asked, limit: limit + 1 })
        const entries = found.slice(0, limit)
        const next_cursor = found.length > limit ? (entries.at(-1)?.id ?? null) : null
        return json(200, { entries, next_cursor })
      },
    }),
  ]
}
