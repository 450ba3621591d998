/**
 * The contract of the catalog: what people configure, in SQL (PGlite embedded, PostgreSQL scaled
 * out). Hot paths never wait for it: they use the key cache, which lives at most five minutes
 * without it. Beside it stand people (accounts.ts, members.ts, sign-ins.ts, api-tokens.ts,
 * installation-keys.ts) and what processes of one installation agree on: leases.ts,
 * checkpoints.ts, partitions.ts, placements.ts, keyed-requests.ts.
 */

import type { KeyScope, Project, ProjectKey, ProjectSettings } from '#proto/api.ts'
import type { NewAlertRule } from './alert-rules.ts'
import type { Check } from './check.ts'

export interface StoredKey {
  readonly id: string
  readonly projectId: string
  readonly secretSha256: Uint8Array
  /** Of a signing key; null = it is a key to send. */
  readonly sealedSecret: Uint8Array | null
  readonly scopes: readonly KeyScope[]
  readonly expiresAtUs: number | null
  readonly revoked: boolean
  /** Limits of the key, 0 = none. */
  readonly ownRecordsPerSecond: number
  readonly ownBytesPerSecond: number
  /** Limits of the project, 0 = none. */
  readonly recordsPerSecond: number
  readonly bytesPerSecond: number
  /** Of the project, for times that name none. */
  readonly timeZone: string
  /** JSON Schema of the project's records; null = none. */
  readonly recordSchema: string | null
}

/** How many days a project keeps its rows, 0 = all of them. */
export type ProjectRetention = Pick<Project, 'id' | 'retention_days'>

export interface Catalog {
  projects(): Promise<readonly Project[]>
  /** By id, those behind one: whoever goes through all of them holds a page at a time. */
  retentionsBehind(id: string, limit: number): Promise<readonly ProjectRetention[]>
  project(id: string): Promise<Project | null>
  projectByName(name: string): Promise<Project | null>
  /** With its first keys and rules, all or nothing. */
  createProject(
    project: NewProject,
    keys?: readonly NewKey[],
    rules?: readonly NewAlertRule[],
  ): Promise<void>
  updateProject(id: string, change: ProjectChange, check?: Check<Project>): Promise<void>
  /** With all that the catalog knows of it, but for the note that its rows have to go. */
  deleteProject(id: string, atUs: number): Promise<void>
  deletedProjects(): Promise<readonly DeletedProject[]>
  /** Nothing of these can come any more. */
  forgetDeleted(ids: readonly string[]): Promise<void>
  /** As text; null = none. */
  recordSchema(projectId: string): Promise<string | null>
  setRecordSchema(
    projectId: string,
    schema: string | null,
    check?: Check<string | null>,
  ): Promise<void>
  keys(projectId: string): Promise<readonly ProjectKey[]>
  createKey(key: NewKey): Promise<void>
  /** What is not named stays. false = the project has no such key that is good. */
  updateKey(
    projectId: string,
    keyId: string,
    change: KeyChange,
    check?: Check<ProjectKey>,
  ): Promise<boolean>
  /** Makes a key in place of another, which is good until then at most; false as before. */
  rotateKey(keyId: string, fresh: NewKey, untilUs: number): Promise<boolean>
  revokeKey(projectId: string, keyId: string, atUs: number): Promise<boolean>
  key(id: string): Promise<StoredKey | null>
  touchKeys(used: ReadonlyMap<string, number>): Promise<void>
  createSession(session: StoredSession): Promise<void>
  session(tokenSha256: Uint8Array): Promise<StoredSession | null>
  deleteSession(tokenSha256: Uint8Array): Promise<void>
  /** Rises with every change of projects or keys; polled each 500 ms. */
  version(): Promise<number>
  close(): Promise<void>
}

export interface DeletedProject {
  readonly id: string
  readonly deletedAtUs: number
}

export interface NewProject {
  readonly id: string
  readonly name: string
  readonly createdAtUs: number
  readonly retentionDays: number
  readonly timeZone: string
  /** The account that owns it from the start. */
  readonly ownerId?: string | null
}

/** What is not named stays. */
export type ProjectChange = {
  readonly [Key in keyof ProjectSettings]?: ProjectSettings[Key] | undefined
}

export interface NewKey {
  readonly id: string
  readonly projectId: string
  readonly name: string
  readonly secretSha256: Uint8Array
  readonly sealedSecret?: Uint8Array | null
  readonly scopes: readonly KeyScope[]
  readonly createdAtUs: number
  readonly expiresAtUs: number | null
  readonly recordsPerSecond?: number
  readonly bytesPerSecond?: number
}

export interface KeyChange {
  readonly name?: string | undefined
  readonly records_per_second?: number | undefined
  readonly bytes_per_second?: number | undefined
  /** null = it does not expire. */
  readonly expiresAtUs?: number | null | undefined
}

export interface StoredSession {
  readonly tokenSha256: Uint8Array
  readonly role: 'administrator'
  readonly createdAtUs: number
  readonly expiresAtUs: number
}
