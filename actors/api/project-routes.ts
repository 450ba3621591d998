/** Projects and their keys. */
import { z } from 'zod/v4'
import type { Catalog, NewKey } from '#actors/catalog/catalog.ts'
import type { Members } from '#actors/catalog/members.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import type { KeyCache } from '#actors/identity/key-cache.ts'
import type { PeopleRules } from '#actors/identity/people-rules.ts'
import { mintKey, mintProjectId } from '#actors/identity/project-key.ts'
import type { KeyScope, ProjectCreated, ProjectKey } from '#proto/api.ts'
import type { ProjectAccess } from '#proto/people.ts'
import { PERMISSIONS } from '#proto/permissions.ts'
import { formatTime } from '#proto/time.ts'
import { timeZoneName, UTC } from '#proto/time-zone.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import {
  ADMINISTRATOR_ACCESS,
  type Caller,
  type CallersProject,
  isAdministrator,
  keyAccess,
  type PersonCaller,
  requireAdministrator,
  requirePermission,
  requirePerson,
} from './caller.ts'
import { answerOf, type EndpointDeps, endpoint, NO_CONTENT } from './endpoint.ts'
import { existingProject } from './existing-project.ts'
import { key, project } from './shapes.ts'

export interface ProjectDeps extends EndpointDeps {
  readonly catalog: Catalog
  readonly members: Pick<Members, 'accesses'>
  readonly rules: () => PeopleRules
  readonly keys: Pick<KeyCache, 'verify' | 'refresh'>
  readonly clock: Clock
  readonly random: Random
  readonly retentionDays: number
}

const RETENTION_DAYS_MAX = 36_500
const name = z.string().trim().min(1, 'expected a name').max(100)
const quota = z.number().int().min(0).max(1e12)
const retentionDays = z.number().int().min(0).max(RETENTION_DAYS_MAX)
const timeZone = z
  .string()
  .max(64)
  .transform((text, context) => {
    const known = timeZoneName(text)
    if (known !== null) return known
    const message = `unknown time zone ${text}, expected a name such as Europe/Berlin, or +05:30`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
const projectBody = z.strictObject({
  name,
  retention_days: retentionDays.optional(),
  time_zone: timeZone.optional(),
})
const changeBody = z.strictObject({
  name: name.optional(),
  retention_days: retentionDays.optional(),
  records_per_second: quota.optional(),
  bytes_per_second: quota.optional(),
  time_zone: timeZone.optional(),
})
const keyBody = z.strictObject({
  name: name.default('key'),
  scopes: z
    .array(z.enum(['ingest', 'read']))
    .min(1)
    .default(['ingest']),
  /** Seconds from now. */
  expires_in: z.number().int().min(1).max(1e9).optional(),
})

export function projectRoutes(deps: ProjectDeps): Route[] {
  const { catalog } = deps
  const shared = { tag: 'projects', who: 'caller' } as const
  const ofProject = { tag: 'projects', who: 'member', parts: { id: 'id of the project' } } as const
  const ofKeys = { ...ofProject, needs: 'keys' } as const
  return [
    endpoint(deps, {
      ...shared,
      method: 'GET',
      path: '/api/v1/projects',
      summary: 'Projects of the caller: all, one\u2019s own, or that of a key.',
      answers: {
        200: answerOf('Projects by name.', z.strictObject({ projects: z.array(projectAccess) })),
      },
      async handle({ caller }) {
        return json(200, { projects: await projectsOf(caller, deps) })
      },
    }),
    endpoint(deps, {
      ...shared,
      who: 'person',
      method: 'POST',
      path: '/api/v1/projects',
      summary: 'Makes a project, with a key to ingest and one to read.',
      description:
        'Whoever makes it becomes its owner. The installation may leave it to administrators.',
      body: projectBody,
      answers: { 201: answerOf('The project; its keys are told this once.', projectCreated) },
      problems: ['LOGBOY_NAME_TAKEN'],
      async handle({ body, caller }) {
        return json(201, await createProject(body, caller, deps))
      },
    }),
    endpoint(deps, {
      ...ofProject,
      needs: null,
      method: 'GET',
      path: '/api/v1/projects/:id',
      summary: 'A project, and what the caller may do there.',
      answers: { 200: answerOf('The project.', projectAccess) },
      async handle({ project: { id, role, permissions } }) {
        return json(200, { ...(await existingProject(id, catalog)), role, permissions })
      },
    }),
    endpoint(deps, {
      ...ofProject,
      needs: null,
      method: 'PATCH',
      path: '/api/v1/projects/:id',
      summary: 'Changes what is named, and leaves the rest.',
      description:
        'Name and time zone need `settings`, retention needs `retention`, quotas an administrator.',
      body: changeBody,
      answers: { 200: answerOf('The project.', project) },
      problems: ['LOGBOY_NAME_TAKEN'],
      async handle({ project: { id, ...access }, body, caller }) {
        requireChange({ id, ...access }, body, caller)
        await catalog.updateProject(id, body)
        await deps.keys.refresh()
        return json(200, await existingProject(id, catalog))
      },
    }),
    endpoint(deps, {
      ...ofKeys,
      method: 'GET',
      path: '/api/v1/projects/:id/keys',
      summary: 'Keys of a project, without their secrets.',
      answers: { 200: answerOf('Keys.', z.strictObject({ keys: z.array(key) })) },
      async handle({ project: { id } }) {
        return json(200, { keys: await catalog.keys(id) })
      },
    }),
    endpoint(deps, {
      ...ofKeys,
      method: 'POST',
      path: '/api/v1/projects/:id/keys',
      summary: 'Makes a key.',
      body: keyBody,
      answers: { 201: answerOf('The key; its text is told this once.', keyCreated) },
      async handle({ project: { id }, body }) {
        return json(201, await createKey(id, body, deps))
      },
    }),
    endpoint(deps, {
      ...ofKeys,
      method: 'DELETE',
      path: '/api/v1/projects/:id/keys/:key',
      summary: 'Revokes a key; what it opened ends.',
      parts: { id: 'id of the project', key: 'id of the key' },
      answers: { 204: NO_CONTENT },
      problems: ['LOGBOY_NOT_FOUND'],
      async handle({ project: { id }, part }) {
        if (!(await catalog.revokeKey(id, part('key'), deps.clock.nowUs()))) {
          throw new HttpProblem('LOGBOY_NOT_FOUND', `the project has no key ${part('key')}`)
        }
        await deps.keys.refresh()
        return { status: 204 }
      },
    }),
  ]
}

const projectAccess = project.extend({
  role: z.string(),
  permissions: z.array(z.enum(PERMISSIONS)),
})
const projectCreated = project.extend({ ingest_key: z.string(), read_key: z.string() })
const keyCreated = key.extend({ key: z.string() })

async function projectsOf(
  caller: Caller,
  { catalog, members }: ProjectDeps,
): Promise<readonly ProjectAccess[]> {
  if (isAdministrator(caller)) {
    const projects = await catalog.projects()
    return projects.map(found => ({ ...found, ...ADMINISTRATOR_ACCESS }))
  }
  if (caller.type === 'person') return members.accesses(caller.account.id)
  if (caller.type !== 'key') return []
  return [{ ...(await existingProject(caller.key.projectId, catalog)), ...keyAccess(caller.key) }]
}

/** Each setting has its own permission. */
function requireChange(
  project: CallersProject,
  change: z.output<typeof changeBody>,
  caller: Caller,
): void {
  requirePerson(caller)
  const names = Object.keys(change) as readonly (keyof typeof change)[]
  for (const name of names) {
    const needed = CHANGE_NEEDS[name]
    if (needed === 'administrator') requireAdministrator(caller)
    else requirePermission(project, needed)
  }
}

const CHANGE_NEEDS = {
  name: 'settings',
  time_zone: 'settings',
  retention_days: 'retention',
  records_per_second: 'administrator',
  bytes_per_second: 'administrator',
} as const

async function createProject(
  body: z.output<typeof projectBody>,
  caller: PersonCaller,
  deps: ProjectDeps,
): Promise<ProjectCreated> {
  if (!deps.rules().projectsByAnyone) requireAdministrator(caller)
  const id = mintProjectId(deps.random)
  const { name, retention_days: retentionDays = deps.retentionDays, time_zone: zone = UTC } = body
  const createdAtUs = deps.clock.nowUs()
  const ownerId = caller.type === 'person' ? caller.account.id : null
  const project = { id, name, createdAtUs, retentionDays, timeZone: zone, ownerId }
  const ingest = newKey(id, { name: 'ingest', scopes: ['ingest'] }, deps)
  const read = newKey(id, { name: 'read', scopes: ['read'] }, deps)
  await deps.catalog.createProject(project, [ingest.stored, read.stored])
  return {
    id,
    name,
    created_at: formatTime(createdAtUs, 0),
    retention_days: retentionDays,
    records_per_second: 0,
    bytes_per_second: 0,
    time_zone: zone,
    ingest_key: ingest.text,
    read_key: read.text,
  }
}

interface KeyWish {
  readonly name: string
  readonly scopes: readonly KeyScope[]
  readonly expires_in?: number | undefined
}

/** The whole key is in this answer and nowhere else. */
async function createKey(
  projectId: string,
  wish: KeyWish,
  deps: ProjectDeps,
): Promise<ProjectKey & { readonly key: string }> {
  const { stored, text } = newKey(projectId, wish, deps)
  await deps.catalog.createKey(stored)
  const { id, name, scopes, createdAtUs, expiresAtUs } = stored
  return {
    id,
    name,
    scopes,
    created_at: formatTime(createdAtUs, 0),
    expires_at: expiresAtUs === null ? null : formatTime(expiresAtUs, 0),
    last_used_at: null,
    revoked_at: null,
    key: text,
  }
}

function newKey(
  projectId: string,
  { name, scopes, expires_in: seconds }: KeyWish,
  { clock, random }: ProjectDeps,
): { readonly stored: NewKey; readonly text: string } {
  const { id, text, secretSha256 } = mintKey(random)
  const createdAtUs = clock.nowUs()
  const expiresAtUs = seconds === undefined ? null : createdAtUs + seconds * 1_000_000
  const unique = [...new Set(scopes)]
  return {
    stored: { id, projectId, name, secretSha256, scopes: unique, createdAtUs, expiresAtUs },
    text,
  }
}
