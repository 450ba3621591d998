/** The contract of members: who may do what in a project. */
import type { Member, ProjectAccess, Role } from '#proto/people.ts'
import type { Permission } from '#proto/permissions.ts'
import type { Check } from './check.ts'

export interface NewMember {
  readonly projectId: string
  readonly accountId: string
  readonly role: string
  readonly sinceUs: number
}

/** Why a change did not happen; nothing was changed then. */
export type MemberRefusal = 'unknown-member' | 'unknown-role' | 'last-owner'
export type RoleRefusal = 'unknown-role' | 'built-in' | 'in-use'

/**
 * A project never loses its last owner whose account is enabled. Each change is one transaction
 * behind all others, so that two owners cannot leave at the same time.
 */
export interface Members {
  /** null = no member, or no such project: nobody can tell which. */
  access(accountId: string, projectId: string): Promise<ProjectAccess | null>
  /** Of one person, by the project's name. */
  accesses(accountId: string): Promise<readonly ProjectAccess[]>
  /** By email. */
  list(projectId: string): Promise<readonly Member[]>
  add(member: NewMember): Promise<'done' | 'already' | 'unknown-role'>
  change(projectId: string, accountId: string, role: string): Promise<'done' | MemberRefusal>
  remove(projectId: string, accountId: string): Promise<'done' | MemberRefusal>
  /** The built-in ones first. */
  roles(projectId: string): Promise<readonly Role[]>
  /** Makes or changes one; null = there is none yet. */
  putRole(
    projectId: string,
    name: string,
    permissions: readonly Permission[],
    check?: Check<Pick<Role, 'permissions'> | null>,
  ): Promise<'done' | RoleRefusal>
  removeRole(projectId: string, name: string): Promise<'done' | RoleRefusal>
}
