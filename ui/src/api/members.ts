/** Who may do what in a project: members, roles, invitations. */
import type {
  Invitation,
  InvitationCreated,
  InvitationLook,
  Member,
  ProjectAccess,
  Role,
} from '#proto/people.ts'
import type { Permission } from '#proto/permissions.ts'
import { call } from './client.ts'
import { projectPath } from './projects.ts'

export async function listMembers(id: string, signal: AbortSignal): Promise<readonly Member[]> {
  const path = projectPath(id, 'members')
  return (await call<{ members: Member[] }>('GET', path, { signal })).members
}

export function changeMember(id: string, account: string, role: string): Promise<Member> {
  return call<Member>('PATCH', projectPath(id, 'members', account), { body: { role } })
}

export function removeMember(id: string, account: string): Promise<void> {
  return call<void>('DELETE', projectPath(id, 'members', account))
}

export async function listRoles(id: string, signal?: AbortSignal): Promise<readonly Role[]> {
  const options = signal === undefined ? {} : { signal }
  return (await call<{ roles: Role[] }>('GET', projectPath(id, 'roles'), options)).roles
}

export interface RoleWish {
  readonly name: string
  readonly permissions: readonly Permission[]
}

export function createRole(id: string, body: RoleWish): Promise<Role> {
  return call<Role>('POST', projectPath(id, 'roles'), { body })
}

/** 409 where its permissions are not what they were when they were read. */
export function changeRole(
  id: string,
  name: string,
  body: RoleWish & { readonly expected: readonly Permission[] },
): Promise<Role> {
  return call<Role>('PUT', projectPath(id, 'roles', name), { body })
}

export function deleteRole(id: string, name: string): Promise<void> {
  return call<void>('DELETE', projectPath(id, 'roles', name))
}

export async function listInvitations(
  id: string,
  signal: AbortSignal,
): Promise<readonly Invitation[]> {
  const path = projectPath(id, 'invitations')
  return (await call<{ invitations: Invitation[] }>('GET', path, { signal })).invitations
}

export function invite(
  id: string,
  body: {
    readonly role: string
    readonly email?: string
    /** Seconds. */
    readonly expires_in?: number
  },
): Promise<InvitationCreated> {
  return call<InvitationCreated>('POST', projectPath(id, 'invitations'), { body })
}

export function withdrawInvitation(id: string, invitation: string): Promise<void> {
  return call<void>('DELETE', projectPath(id, 'invitations', invitation))
}

export function lookAtInvitation(token: string, signal: AbortSignal): Promise<InvitationLook> {
  return call<InvitationLook>('POST', '/api/v1/invitations/look', { body: { token }, signal })
}

export function acceptInvitation(token: string): Promise<ProjectAccess> {
  return call<ProjectAccess>('POST', '/api/v1/invitations/accept', { body: { token } })
}
