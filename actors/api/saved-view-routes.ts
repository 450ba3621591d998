/** Views that people save: of their own, or for everybody in the project. */
import { z } from 'zod/v4'
import type { SavedViews } from '#actors/catalog/saved-views.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import { mintId } from '#actors/identity/project-key.ts'
import type { SavedView } from '#proto/people.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import { type Caller, type CallersProject, requirePermission, requirePerson } from './caller.ts'
import { answerOf, type EndpointDeps, endpoint, NO_CONTENT } from './endpoint.ts'
import { changedMeanwhile } from './expected.ts'
import { nameText, time } from './shapes.ts'

export interface SavedViewDeps extends EndpointDeps {
  readonly savedViews: SavedViews
  readonly clock: Clock
  readonly random: Random
}

const ADDRESS_CHARS_MAX = 16_384
const ID_CHARS = 12

const content = {
  name: nameText,
  address: z.string().max(ADDRESS_CHARS_MAX).describe("the page's address behind its `?`"),
  shared: z.boolean().describe('with everybody in the project'),
}
const view = z
  .strictObject({
    id: z.string(),
    ...content,
    name: z.string(),
    created_by: z.string().nullable(),
    updated_at: time,
    version: z.number().int().describe('hand it back with a change'),
  })
  .meta({ id: 'SavedView' })
const viewBody = z.strictObject({ ...content, shared: content.shared.default(false) })
const changeBody = z.strictObject({ ...content, version: z.number().int() })

export function savedViewRoutes(deps: SavedViewDeps): Route[] {
  const { savedViews, clock, random } = deps
  const shared = { tag: 'projects', who: 'member', needs: 'logs.read' } as const
  const parts = { id: 'id of the project' }
  const ofView = {
    ...shared,
    path: '/api/v1/projects/:id/saved-views/:view',
    parts: { ...parts, view: 'id of the view' },
  } as const
  return [
    endpoint(deps, {
      ...shared,
      method: 'GET',
      path: '/api/v1/projects/:id/saved-views',
      parts,
      summary: 'Views of the caller, and those that are shared.',
      answers: { 200: answerOf('By name.', z.strictObject({ views: z.array(view) })) },
      async handle({ project, caller }) {
        return json(200, { views: await savedViews.list(project.id, accountOf(caller)) })
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/projects/:id/saved-views',
      parts,
      summary: 'Saves a view.',
      body: viewBody,
      answers: { 201: answerOf('The view.', view) },
      async handle({ project, caller, body }) {
        requirePerson(caller)
        const createdBy = accountOf(caller)
        const made = { ...body, shared: body.shared || createdBy === null, createdBy }
        const id = mintId(random, ID_CHARS)
        const atUs = clock.nowUs()
        return json(201, await savedViews.create({ id, projectId: project.id, ...made, atUs }))
      },
    }),
    endpoint(deps, {
      ...ofView,
      method: 'PUT',
      problems: ['LOGBOY_NOT_FOUND', 'LOGBOY_CONFLICT'],
      summary: 'Changes a view: of two tabs with the same one the second is told.',
      description: "Somebody else's shared view needs `settings`.",
      body: changeBody,
      answers: { 200: answerOf('The view.', view) },
      async handle({ project, caller, part, body }) {
        await requireOwn(project, caller, part('view'), savedViews)
        const change = { ...body, atUs: clock.nowUs() }
        const changed = await savedViews.update(project.id, part('view'), change)
        if (changed === 'unknown') throw unknown(part('view'))
        if (changed === 'stale') throw changedMeanwhile('view')
        return json(200, changed)
      },
    }),
    endpoint(deps, {
      ...ofView,
      method: 'DELETE',
      problems: ['LOGBOY_NOT_FOUND'],
      summary: 'Deletes a view.',
      answers: { 204: NO_CONTENT },
      async handle({ project, caller, part }) {
        await requireOwn(project, caller, part('view'), savedViews)
        await savedViews.remove(project.id, part('view'))
        return { status: 204 }
      },
    }),
  ]
}

function accountOf(caller: Caller): string | null {
  return caller.type === 'person' ? caller.account.id : null
}

async function requireOwn(
  project: CallersProject,
  caller: Caller,
  id: string,
  savedViews: SavedViews,
): Promise<SavedView> {
  requirePerson(caller)
  const reader = accountOf(caller)
  const found = await savedViews.find(project.id, id, reader)
  if (found === null) throw unknown(id)
  if (found.created_by === null || found.created_by !== reader) {
    requirePermission(project, 'settings')
  }
  return found
}

function unknown(id: string): HttpProblem {
  return new HttpProblem('LOGBOY_NOT_FOUND', `the project has no view ${id}`)
}
