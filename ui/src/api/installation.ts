/** What administrators see of the whole installation: the audit log, its settings, its parts. */
import type { AuditEntry, SystemConfig } from '#proto/people.ts'
import { call } from './client.ts'

export interface AuditQuery {
  readonly project?: string
  readonly actor?: string
  readonly action?: string
  readonly start_time?: string
  readonly end_time?: string
  readonly cursor?: string
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  readonly next_cursor: string | null
}

export function readAudit(query: AuditQuery, signal: AbortSignal): Promise<AuditPage> {
  const params = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''))
  return call<AuditPage>('GET', `/api/v1/audit?${params}`, { signal })
}

export function readConfig(signal?: AbortSignal): Promise<SystemConfig> {
  const options = signal === undefined ? {} : { signal }
  return call<SystemConfig>('GET', '/api/v1/system/config', options)
}

/** 409 where `expected` is not what it was when it was read. */
export function changeConfig(
  body: Partial<SystemConfig> & { readonly expected: Partial<SystemConfig> },
): Promise<SystemConfig> {
  return call<SystemConfig>('PATCH', '/api/v1/system/config', { body })
}

/** Parts by name; what they say of themselves differs from part to part and may change. */
export type Observed = Readonly<Record<string, unknown>>

export function readParts(signal: AbortSignal): Promise<Observed> {
  return call<Observed>('GET', '/api/v1/system/actors', { signal })
}

export function readHealth(signal: AbortSignal): Promise<{ readonly version: string }> {
  return call('GET', '/health', { signal })
}
