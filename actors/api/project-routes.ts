/** Projects and their settings. */
import { z } from 'zod/v4'
import { readyRules } from '#actors/alerts/ready-rules.ts'
import type { Members } from '#actors/catalog/members.ts'
import type { Route } from '#actors/http/http-server.ts'
import { json } from '#actors/http/problem.ts'
import type { PeopleRules } from '#actors/identity/people-rules.ts'
import { mintProjectId } from '#actors/identity/project-key.ts'
import type { ProjectCreated } from '#proto/api.ts'
import type { ProjectAccess } from '#proto/people.ts'
import { PERMISSIONS } from '#proto/permissions.ts'
import { formatTime } from '#proto/time.ts'
import { timeZoneName, UTC } from '#proto/time-zone.ts'
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
import { answerOf, endpoint, NO_CONTENT } from './endpoint.ts'
import { existingProject } from './existing-project.ts'
import { demandExpected } from './expected.ts'
import { type KeyDeps, newKey } from './key-routes.ts'
import { nameText, project, quota } from './shapes.ts'

export interface ProjectDeps extends KeyDeps {
  readonly eraseProject: (projectId: string) => Promise<void>
  readonly members: Pick<Members, 'accesses'>
  readonly rules: () => PeopleRules
  /** Of new projects. */
  readonly retentionDays: () => number
}

const RETENTION_DAYS_MAX = 36_500
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
  name: nameText,
  retention_days: retentionDays.optional(),
  time_zone: timeZone.optional(),
})
const changeBody = z.strictObject({
  name: nameText.optional(),
  retention_days: retentionDays.optional(),
  records_per_second: quota.optional(),
  bytes_per_second: quota.optional(),
  time_zone: timeZone.optional(),
})
const expectedSettings = z
  .strictObject({
    name: z.string(),
    retention_days: z.number(),
    records_per_second: z.number(),
    bytes_per_second: z.number(),
    time_zone: z.string(),
  })
  .partial()
  .describe('as the caller read it: where it is something else by now, nothing is changed')

export function projectRoutes(deps: ProjectDeps): Route[] {
  const { catalog } = deps
  const shared = { tag: 'projects', who: 'caller' } as const
  const ofProject = { tag: 'projects', who: 'member', parts: { id: 'id of the project' } } as const
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
      body: changeBody.extend({ expected: expectedSettings.optional() }),
      answers: { 200: answerOf('The project.', project) },
      problems: ['LOGBOY_NAME_TAKEN', 'LOGBOY_CONFLICT'],
      async handle({ project: { id, ...access }, body: { expected, ...change }, caller }) {
        requireChange({ id, ...access }, change, caller)
        await catalog.updateProject(id, change, now => demandExpected(expected, now))
        await deps.keys.refresh()
        return json(200, await existingProject(id, catalog))
      },
    }),
    endpoint(deps, {
      ...ofProject,
      needs: null,
      method: 'DELETE',
      path: '/api/v1/projects/:id',
      summary: 'Deletes a project with all it has, for good: owners and administrators.',
      description:
        'Its keys end at once, and with them streams and tails. No search finds its rows from ' +
        'then on; files are written anew without them later.',
      answers: { 204: NO_CONTENT },
      problems: ['LOGBOY_STORE_AWAY'],
      async handle({ project: { id, role }, caller }) {
        requirePerson(caller)
        if (role !== 'owner') requireAdministrator(caller)
        await catalog.deleteProject(id, deps.clock.nowUs())
        await deps.keys.refresh()
        await deps.eraseProject(id)
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
  const { name, retention_days: retentionDays = deps.retentionDays(), time_zone: zone = UTC } = body
  const createdAtUs = deps.clock.nowUs()
  const ownerId = caller.type === 'person' ? caller.account.id : null
  const project = { id, name, createdAtUs, retentionDays, timeZone: zone, ownerId }
  const plain = { kind: 'bearer', records_per_second: 0, bytes_per_second: 0 } as const
  const ingest = newKey(id, { ...plain, name: 'ingest', scopes: ['ingest'] }, deps)
  const read = newKey(id, { ...plain, name: 'read', scopes: ['read'] }, deps)
  const rules = readyRules(deps.random)
  await deps.catalog.createProject(project, [ingest.stored, read.stored], rules)
  return {
    id,
    name,
    created_at: formatTime(createdAtUs, 0),
    retention_days: retentionDays,
    records_per_second: 0,
    bytes_per_second: 0,
    time_zone: zone,
    ingest_key: ingest.created.key,
    read_key: read.created.key,
  }
}
