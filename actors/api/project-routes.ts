/** Projects and their keys. */
import { z } from 'zod/v4'
import type { Catalog, NewKey } from '#actors/catalog/catalog.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import type { KeyCache } from '#actors/identity/key-cache.ts'
import { mintKey, mintProjectId } from '#actors/identity/project-key.ts'
import type { KeyScope, Project, ProjectCreated, ProjectKey } from '#proto/api.ts'
import type { ProjectAccess } from '#proto/people.ts'
import { PERMISSIONS } from '#proto/permissions.ts'
import { formatTime } from '#proto/time.ts'
import { timeZoneName, UTC } from '#proto/time-zone.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import type { Caller } from './caller.ts'
import { answerOf, type EndpointDeps, endpoint, NO_CONTENT } from './endpoint.ts'
import { existingProject } from './existing-project.ts'
import { key, project } from './shapes.ts'

export interface ProjectDeps extends EndpointDeps {
  readonly catalog: Catalog
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
  const shared = { tag: 'projects', who: 'administrator' } as const
  const ofProject = {
    ...shared,
    parts: { id: 'id of the project' },
    problems: ['LOGBOY_PROJECT_UNKNOWN'],
  } as const
  return [
    endpoint(deps, {
      ...shared,
      who: 'caller',
      method: 'GET',
      path: '/api/v1/projects',
      summary: 'All projects; for a key, its own.',
      answers: {
        200: answerOf('Projects by name.', z.strictObject({ projects: z.array(projectAccess) })),
      },
      async handle({ caller }) {
        const projects =
          caller.type === 'administrator'
            ? await catalog.projects()
            : [await existingProject(caller.key.projectId, catalog)]
        return json(200, { projects: projects.map(found => ({ ...found, ...accessOf(caller) })) })
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/projects',
      summary: 'Makes a project, with a key to ingest and one to read.',
      body: projectBody,
      answers: { 201: answerOf('The project; its keys are told this once.', projectCreated) },
      problems: ['LOGBOY_NAME_TAKEN'],
      async handle({ body }) {
        return json(201, await createProject(body, deps))
      },
    }),
    endpoint(deps, {
      ...ofProject,
      method: 'PATCH',
      path: '/api/v1/projects/:id',
      summary: 'Changes what is named, and leaves the rest.',
      body: changeBody,
      answers: { 200: answerOf('The project.', project) },
      problems: ['LOGBOY_PROJECT_UNKNOWN', 'LOGBOY_NAME_TAKEN'],
      async handle({ part, body }) {
        const { id } = await existingProject(part('id'), catalog)
        await catalog.updateProject(id, body)
        await deps.keys.refresh()
        return json(200, await catalog.project(id))
      },
    }),
    endpoint(deps, {
      ...ofProject,
      method: 'GET',
      path: '/api/v1/projects/:id/keys',
      summary: 'Keys of a project, without their secrets.',
      answers: { 200: answerOf('Keys.', z.strictObject({ keys: z.array(key) })) },
      async handle({ part }) {
        const { id } = await existingProject(part('id'), catalog)
        return json(200, { keys: await catalog.keys(id) })
      },
    }),
    endpoint(deps, {
      ...ofProject,
      method: 'POST',
      path: '/api/v1/projects/:id/keys',
      summary: 'Makes a key.',
      body: keyBody,
      answers: { 201: answerOf('The key; its text is told this once.', keyCreated) },
      async handle({ part, body }) {
        const { id } = await existingProject(part('id'), catalog)
        return json(201, await createKey(id, body, deps))
      },
    }),
    endpoint(deps, {
      ...ofProject,
      method: 'DELETE',
      path: '/api/v1/projects/:id/keys/:key',
      summary: 'Revokes a key; what it opened ends.',
      parts: { id: 'id of the project', key: 'id of the key' },
      answers: { 204: NO_CONTENT },
      problems: ['LOGBOY_PROJECT_UNKNOWN', 'LOGBOY_NOT_FOUND'],
      async handle({ part }) {
        const { id } = await existingProject(part('id'), catalog)
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

function accessOf(caller: Caller): Omit<ProjectAccess, keyof Project> {
  if (caller.type === 'administrator') return { role: 'administrator', permissions: PERMISSIONS }
  return { role: 'key', permissions: caller.key.scopes.includes('read') ? ['logs.read'] : [] }
}

async function createProject(
  body: z.output<typeof projectBody>,
  deps: ProjectDeps,
): Promise<ProjectCreated> {
  const id = mintProjectId(deps.random)
  const { name, retention_days: retentionDays = deps.retentionDays, time_zone: zone = UTC } = body
  const createdAtUs = deps.clock.nowUs()
  const project = { id, name, createdAtUs, retentionDays, timeZone: zone }
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
