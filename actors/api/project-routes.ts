/** Projects and their keys. */
import { z } from 'zod/v4'
import type { Catalog, NewKey } from '#actors/catalog/catalog.ts'
import type { HttpRequest, Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import type { KeyCache } from '#actors/identity/key-cache.ts'
import { mintKey, mintProjectId } from '#actors/identity/project-key.ts'
import type { KeyScope, Project, ProjectCreated, ProjectKey } from '#proto/api.ts'
import { formatTime } from '#proto/time.ts'
import { timeZoneName, UTC } from '#proto/time-zone.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import { type CallerDeps, callerOf, requireAdministrator } from './caller.ts'
import { JSON_BODY_BYTES_MAX, readJson } from './json-body.ts'

export interface ProjectDeps extends CallerDeps {
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
  const administrator = async (request: HttpRequest) =>
    requireAdministrator(await callerOf(request, deps))
  return [
    {
      method: 'GET',
      path: '/api/v1/projects',
      async handle(request) {
        const caller = await callerOf(request, deps)
        if (caller.type === 'administrator')
          return json(200, { projects: await catalog.projects() })
        return json(200, { projects: [await catalog.project(caller.key.projectId)] })
      },
    },
    {
      method: 'POST',
      path: '/api/v1/projects',
      bodyBytesMax: JSON_BODY_BYTES_MAX,
      async handle(request) {
        await administrator(request)
        return json(201, await createProject(await readJson(request, projectBody), deps))
      },
    },
    {
      method: 'PATCH',
      path: '/api/v1/projects/:id',
      bodyBytesMax: JSON_BODY_BYTES_MAX,
      async handle(request) {
        await administrator(request)
        const { id } = await existing(request, catalog)
        const change = await readJson(request, changeBody)
        await catalog.updateProject(id, change)
        await deps.keys.refresh()
        return json(200, await catalog.project(id))
      },
    },
    {
      method: 'GET',
      path: '/api/v1/projects/:id/keys',
      async handle(request) {
        await administrator(request)
        const { id } = await existing(request, catalog)
        return json(200, { keys: await catalog.keys(id) })
      },
    },
    {
      method: 'POST',
      path: '/api/v1/projects/:id/keys',
      bodyBytesMax: JSON_BODY_BYTES_MAX,
      async handle(request) {
        await administrator(request)
        const { id } = await existing(request, catalog)
        const body = await readJson(request, keyBody)
        return json(201, await createKey(id, body, deps))
      },
    },
    {
      method: 'DELETE',
      path: '/api/v1/projects/:id/keys/:key',
      async handle(request) {
        await administrator(request)
        const { id } = await existing(request, catalog)
        const key = request.parameters['key'] ?? ''
        if (!(await catalog.revokeKey(id, key, deps.clock.nowUs()))) {
          throw new HttpProblem('LOGBOY_NOT_FOUND', `the project has no key ${key}`)
        }
        await deps.keys.refresh()
        return { status: 204 }
      },
    },
  ]
}

async function existing(request: HttpRequest, catalog: Catalog): Promise<Project> {
  const id = request.parameters['id'] ?? ''
  const project = await catalog.project(id)
  if (project === null) throw new HttpProblem('LOGBOY_PROJECT_UNKNOWN', `there is no project ${id}`)
  return project
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
