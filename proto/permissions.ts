/** What a person may do in a project: named permissions, gathered into roles. */

export const PERMISSIONS = [
  'logs.read',
  'logs.export',
  'logs.delete',
  /** Name, time zone and schema of the project; replay of dead letters. */
  'settings',
  'keys',
  'alerts',
  'members',
  'retention',
  'archive',
] as const
export type Permission = (typeof PERMISSIONS)[number]

/** Roles that every project has; a project may add its own beside them. */
export const BUILT_IN_ROLES: Readonly<Record<BuiltInRole, readonly Permission[]>> = {
  owner: PERMISSIONS,
  editor: ['logs.read', 'logs.export', 'settings', 'keys', 'alerts'],
  viewer: ['logs.read', 'logs.export'],
}
export type BuiltInRole = 'owner' | 'editor' | 'viewer'

/** In the order of PERMISSIONS, each once, without what is none. */
export function permissionsOf(names: Iterable<string>): readonly Permission[] {
  const wanted = new Set(names)
  return PERMISSIONS.filter(name => wanted.has(name))
}
