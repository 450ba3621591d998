/** The contract of the audit log: written in batches, never changed. */
import type { AuditEntry } from '#proto/people.ts'

export interface NewAuditEntry {
  readonly atUs: number
  /** Account id, `key <id>`, 'administrator', or 'nobody'. */
  readonly actor: string
  readonly actorName: string
  readonly peer: string
  readonly action: string
  readonly projectId: string | null
  readonly detail: Readonly<Record<string, unknown>>
}

export interface AuditQuery {
  /** Of all projects and none without it. */
  readonly projectId?: string | undefined
  readonly actor?: string | undefined
  /** Begins with it: 'auth.' finds all about signing in. */
  readonly action?: string | undefined
  readonly startUs?: number | undefined
  readonly endUs?: number | undefined
  /** Goes on behind the entry of this id. */
  readonly before?: string | undefined
  readonly limit: number
}

export interface AuditEntries {
  add(entries: readonly NewAuditEntry[]): Promise<void>
  /** Newest first. */
  list(query: AuditQuery): Promise<readonly AuditEntry[]>
  /** Forgets those from before; answers how many. */
  prune(beforeUs: number): Promise<number>
}
