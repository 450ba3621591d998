/** Projects with their keys, quotas and use. */
import type {
  KeyKind,
  KeyScope,
  Level,
  ProjectCreated,
  ProjectKey,
  ProjectKeyCreated,
  ProjectSettings,
} from '#proto/api.ts'
import type { ProjectAccess, Quotas } from '#proto/people.ts'
import { call } from './client.ts'

/** Path of what belongs to a project. */
export function projectPath(id: string, ...parts: readonly string[]): string {
  return ['/api/v1/projects', ...[id, ...parts].map(encodeURIComponent)].join('/')
}

export async function listProjects(): Promise<readonly ProjectAccess[]> {
  const { projects } = await call<{ projects: ProjectAccess[] }>('GET', '/api/v1/projects')
  return projects
}

export function createProject(name: string): Promise<ProjectCreated> {
  return call<ProjectCreated>('POST', '/api/v1/projects', { body: { name } })
}

/** 409 where `expected` is not what it was when it was read. */
export function changeProject(
  id: string,
  body: Partial<ProjectSettings> & { readonly expected?: Partial<ProjectSettings> },
): Promise<ProjectSettings> {
  return call<ProjectSettings>('PATCH', projectPath(id), { body })
}

export function deleteProject(id: string): Promise<void> {
  return call<void>('DELETE', projectPath(id))
}

export async function listKeys(id: string, signal: AbortSignal): Promise<readonly ProjectKey[]> {
  return (await call<{ keys: ProjectKey[] }>('GET', projectPath(id, 'keys'), { signal })).keys
}

export interface KeyWish {
  readonly name: string
  /** `bearer` unless given. */
  readonly kind?: KeyKind
  readonly scopes: readonly KeyScope[]
  /** Seconds. */
  readonly expires_in?: number
}

/** A further key of a project; its text is told only in this answer. */
export function createKey(id: string, body: KeyWish): Promise<ProjectKeyCreated> {
  return call('POST', projectPath(id, 'keys'), { body })
}

/** Another key in place of one that stays good for a while. */
export function rotateKey(
  id: string,
  key: string,
  body: { readonly overlap_seconds: number; readonly expires_in?: number },
): Promise<ProjectKeyCreated> {
  return call('POST', projectPath(id, 'keys', key, 'rotate'), { body })
}

export function changeKey(id: string, key: string, body: LimitsChange): Promise<unknown> {
  return call('PATCH', projectPath(id, 'keys', key), { body })
}

export function revokeKey(id: string, key: string): Promise<void> {
  return call<void>('DELETE', projectPath(id, 'keys', key))
}

export function readQuotas(id: string, signal?: AbortSignal): Promise<Quotas> {
  const options = signal === undefined ? {} : { signal }
  return call<Quotas>('GET', projectPath(id, 'quotas'), options)
}

export type QuotaLimits = Pick<Quotas, 'records_per_second' | 'bytes_per_second'>

/** 409 where `expected` is not what it was when it was read. */
export interface LimitsChange extends Partial<QuotaLimits> {
  readonly expected?: Partial<QuotaLimits>
}

export function changeQuotas(id: string, body: LimitsChange): Promise<unknown> {
  return call('PATCH', projectPath(id, 'quotas'), { body })
}

type RecordSchema = Readonly<Record<string, unknown>>

/** What records of the project have to fit; null = anything goes. */
export interface KnownSchema {
  readonly schema: RecordSchema | null
  readonly version: string
}

export function readSchema(id: string, signal?: AbortSignal): Promise<KnownSchema> {
  const options = signal === undefined ? {} : { signal }
  return call('GET', projectPath(id, 'schema'), options)
}

/** 409 where the schema of `version` was replaced meanwhile. */
export async function changeSchema(
  id: string,
  schema: RecordSchema | null,
  version: string,
): Promise<void> {
  const path = `${projectPath(id, 'schema')}?${new URLSearchParams({ version })}`
  if (schema === null) await call('DELETE', path)
  else await call('PUT', path, { body: schema })
}

/** What was logged in a range of time. */
export interface Overview {
  readonly total: number
  readonly logs_per_minute: number
  readonly by_level: Readonly<Partial<Record<Level, number>>>
  readonly error_rate: number
  readonly by_service: Readonly<Record<string, number>>
  /** On the disk, of any time; null = the store does not tell. */
  readonly stored: { readonly rows: number; readonly bytes: number } | null
}

export const USAGE_RANGES = ['1h', '24h', '7d', '30d'] as const
export type UsageRange = (typeof USAGE_RANGES)[number]

export function readOverview(
  project: string,
  range: UsageRange,
  signal: AbortSignal,
): Promise<Overview> {
  const params = new URLSearchParams({ project, time_range: range })
  return call<Overview>('GET', `/api/v1/metrics/overview?${params}`, { signal })
}
