/** Members of a project and their roles. Nobody gives, or takes away, what they do not have. */
import { z } from 'zod/v4'
import type { MemberRefusal, Members, RoleRefusal } from '#actors/catalog/members.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import type { KeyCache } from '#actors/identity/key-cache.ts'
import type { Member, Role } from '#proto/people.ts'
import { PERMISSIONS, type Permission, permissionsOf } from '#proto/permissions.ts'
import { type Caller, type CallersProject, requirePermission, requirePerson } from './caller.ts'
import { answerOf, type EndpointDeps, endpoint, NO_CONTENT } from './endpoint.ts'
import { demandExpected } from './expected.ts'
import { time } from './shapes.ts'

export interface MemberDeps extends EndpointDeps {
  readonly members: Members
  readonly keys: Pick<KeyCache, 'verify' | 'refresh'>
}

const ROLE_FORM = /^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u

export const roleName = z.string().trim().min(1).max(50).regex(ROLE_FORM, 'letters, digits, . _ -')
const permissions = z.array(z.enum(PERMISSIONS)).max(PERMISSIONS.length)
const member = z
  .strictObject({
    account: z.strictObject({ id: z.string(), email: z.string(), name: z.string() }),
    role: z.string(),
    since: time,
  })
  .meta({ id: 'Member' })
const role = z
  .strictObject({ name: z.string(), permissions, built_in: z.boolean() })
  .meta({ id: 'Role' })

export function memberRoutes(deps: MemberDeps): Route[] {
  return [...ofMembers(deps), ...ofRoles(deps)]
}

function ofMembers(deps: MemberDeps): Route[] {
  const { members, keys } = deps
  const shared = { tag: 'projects', who: 'member' } as const
  const parts = { id: 'id of the project', account: 'id of the account' }
  const problems = ['LOGBOY_NOT_FOUND', 'LOGBOY_CONFLICT'] as const
  return [
    endpoint(deps, {
      ...shared,
      needs: null,
      method: 'GET',
      path: '/api/v1/projects/:id/members',
      parts: { id: parts.id },
      summary: 'Members of a project.',
      answers: { 200: answerOf('By email.', z.strictObject({ members: z.array(member) })) },
      async handle({ project, caller }) {
        requirePerson(caller)
        return json(200, { members: await members.list(project.id) })
      },
    }),
    endpoint(deps, {
      ...shared,
      needs: 'members',
      method: 'PATCH',
      path: '/api/v1/projects/:id/members/:account',
      parts,
      problems,
      summary: 'Gives a member another role.',
      body: z.strictObject({ role: roleName }),
      answers: { 200: answerOf('The member.', member) },
      async handle({ project, part, body }) {
        const found = await existingMember(project.id, part('account'), members)
        await requireRoles(project, [found.role, body.role], members)
        refuse(await members.change(project.id, part('account'), body.role))
        await keys.refresh()
        return json(200, await existingMember(project.id, part('account'), members))
      },
    }),
    endpoint(deps, {
      ...shared,
      needs: null,
      method: 'DELETE',
      path: '/api/v1/projects/:id/members/:account',
      parts,
      problems,
      summary: 'Ends a membership; everybody may leave, but for the last owner.',
      answers: { 204: NO_CONTENT },
      async handle({ project, part, caller }) {
        requirePerson(caller)
        const account = part('account')
        if (!isSelf(caller, account)) {
          requirePermission(project, 'members')
          const found = await existingMember(project.id, account, members)
          await requireRoles(project, [found.role], members)
        }
        refuse(await members.remove(project.id, account))
        await keys.refresh()
        return { status: 204 }
      },
    }),
  ]
}

function ofRoles(deps: MemberDeps): Route[] {
  const { members, keys } = deps
  const shared = { tag: 'projects', who: 'member', needs: 'members' } as const
  const parts = { id: 'id of the project', name: 'name of the role' }
  const problems = ['LOGBOY_NOT_FOUND', 'LOGBOY_CONFLICT'] as const
  const path = '/api/v1/projects/:id/roles/:name'
  const answer = { 200: answerOf('The role.', role) }
  return [
    endpoint(deps, {
      ...shared,
      needs: null,
      method: 'GET',
      path: '/api/v1/projects/:id/roles',
      parts: { id: parts.id },
      summary: 'Roles that members may have, the built-in ones first.',
      answers: { 200: answerOf('Roles.', z.strictObject({ roles: z.array(role) })) },
      async handle({ project, caller }) {
        requirePerson(caller)
        return json(200, { roles: await members.roles(project.id) })
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/projects/:id/roles',
      parts: { id: parts.id },
      problems: ['LOGBOY_NAME_TAKEN'],
      summary: 'Makes a role of the project.',
      body: z.strictObject({ name: roleName, permissions }),
      answers: { 201: answerOf('The role.', role) },
      async handle({ project, body }) {
        requireAll(project, body.permissions)
        const taken = new HttpProblem('LOGBOY_NAME_TAKEN', `there is a role ${body.name}`)
        const made = await members.putRole(project.id, body.name, body.permissions, now => {
          if (now !== null) throw taken
        })
        if (made === 'built-in') throw taken
        refuse(made)
        return json(201, await roleOf(project.id, body.name, members))
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'PUT',
      path,
      parts,
      problems,
      summary: 'Changes what a role of the project allows.',
      body: z.strictObject({
        name: roleName.optional(),
        permissions,
        expected: permissions
          .optional()
          .describe('as the caller read them: others by now are not replaced'),
      }),
      answers: answer,
      async handle({ project, part, body }) {
        if ((body.name ?? part('name')) !== part('name')) {
          throw new HttpProblem('LOGBOY_BAD_REQUEST', 'name: a role keeps its name')
        }
        await requireRoles(project, [part('name')], members)
        requireAll(project, body.permissions)
        const expected = body.expected && { permissions: permissionsOf(body.expected) }
        const changed = await members.putRole(project.id, part('name'), body.permissions, now => {
          if (now === null) throw noRole(part('name'))
          demandExpected(expected, now)
        })
        refuse(changed)
        await keys.refresh()
        return json(200, await roleOf(project.id, part('name'), members))
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'DELETE',
      path,
      parts,
      problems,
      summary: 'Deletes a role that nobody has.',
      answers: { 204: NO_CONTENT },
      async handle({ project, part }) {
        await requireRoles(project, [part('name')], members)
        refuse(await members.removeRole(project.id, part('name')))
        return { status: 204 }
      },
    }),
  ]
}

function noRole(name: string): HttpProblem {
  return new HttpProblem('LOGBOY_NOT_FOUND', `there is no role ${name}`)
}

/** Whoever gives a role, or takes one away, may do all that it allows. */
export async function requireRoles(
  project: CallersProject,
  names: readonly string[],
  members: Pick<Members, 'roles'>,
): Promise<void> {
  for (const name of names) {
    const found = await roleOf(project.id, name, members)
    if (found === null) throw noRole(name)
    requireAll(project, found.permissions)
  }
}

function requireAll(project: CallersProject, wanted: readonly Permission[]): void {
  const missing = wanted.filter(name => !project.permissions.includes(name))
  if (missing.length === 0) return
  const detail = `nobody gives or takes what they do not have: ${missing.join(', ')}`
  throw new HttpProblem('LOGBOY_FORBIDDEN', detail)
}

async function roleOf(
  projectId: string,
  name: string,
  members: Pick<Members, 'roles'>,
): Promise<Role | null> {
  return (await members.roles(projectId)).find(found => found.name === name) ?? null
}

async function existingMember(
  projectId: string,
  accountId: string,
  members: Pick<Members, 'list'>,
): Promise<Member> {
  const found = (await members.list(projectId)).find(({ account }) => account.id === accountId)
  if (found === undefined) throw problemOf('unknown-member')
  return found
}

function isSelf(caller: Caller, accountId: string): boolean {
  return caller.type === 'person' && caller.account.id === accountId
}

function refuse(outcome: 'done' | MemberRefusal | RoleRefusal): void {
  if (outcome !== 'done') throw problemOf(outcome)
}

function problemOf(refusal: MemberRefusal | RoleRefusal): HttpProblem {
  switch (refusal) {
    case 'unknown-member':
      return new HttpProblem('LOGBOY_NOT_FOUND', 'the project has no such member')
    case 'unknown-role':
      return new HttpProblem('LOGBOY_NOT_FOUND', 'the project has no such role')
    case 'last-owner':
      return new HttpProblem(
        'LOGBOY_CONFLICT',
        'the last owner cannot go: make somebody else an owner first, or delete the project',
      )
    case 'built-in':
      return new HttpProblem('LOGBOY_CONFLICT', 'every project has this role as it is')
    case 'in-use':
      return new HttpProblem('LOGBOY_CONFLICT', 'members have this role: give them another first')
  }
}
