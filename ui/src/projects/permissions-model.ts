/** What the page says about permissions and roles. */
import type { ProjectAccess } from '#proto/people.ts'
import type { Permission } from '#proto/permissions.ts'

export const PERMISSION_WORDS: Readonly<Record<Permission, string>> = {
  'logs.read': 'Search, tail and charts',
  'logs.export': 'Download what was found',
  'logs.delete': 'Delete logs for good',
  settings: 'Name, time zone and schema; replay dead letters',
  keys: 'Create and revoke API keys',
  alerts: 'Make and change alerts',
  members: 'Invite, change and remove members; the audit log',
  retention: 'How long logs are kept',
  archive: 'The archive',
}

export function may(project: Pick<ProjectAccess, 'permissions'>, permission: Permission): boolean {
  return project.permissions.includes(permission)
}

/** Why something is disabled, or undefined where it is not: a tooltip's text. */
export function whyNot(
  project: Pick<ProjectAccess, 'permissions' | 'role'>,
  permission: Permission,
): string | undefined {
  if (may(project, permission)) return undefined
  return `Your role (${project.role}) does not include “${permission}”.`
}
