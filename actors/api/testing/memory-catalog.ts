/** A catalog in memory, for tests that ask only for its answers. */
import type {
  DeletedProject,
  KeyChange,
  NewKey,
  NewProject,
  ProjectChange,
  StoredKey,
  StoredSession,
} from '#actors/catalog/catalog.ts'
import type { Check } from '#actors/catalog/check.ts'
import { CatalogConflictError } from '#actors/catalog/sql-catalog.ts'
import type { PeopleCatalog } from '#actors/catalog/testing/people.ts'
import type { Project, ProjectKey } from '#proto/api.ts'
import { formatTime } from '#proto/time.ts'
import {
  MemoryAuditEntries,
  MemoryInvitations,
  MemorySavedViews,
  MemorySystemSettings,
} from './memory-membership.ts'
import {
  MemoryAccounts,
  MemoryApiTokens,
  MemoryInstallationKeys,
  MemoryMembers,
} from './memory-people.ts'

export class MemoryCatalog implements PeopleCatalog {
  readonly #projects = new Map<string, Project>()
  readonly #keys = new Map<string, { key: NewKey; revokedAtUs: number | null }>()
  readonly #schemas = new Map<string, string>()
  readonly #sessions = new Map<string, StoredSession>()
  readonly #changed = (): void => {
    this.#version++
  }
  readonly accounts = new MemoryAccounts(this.#changed)
  readonly signIns = this.accounts.signIns
  readonly apiTokens = new MemoryApiTokens(this.#changed)
  readonly members = new MemoryMembers({
    accounts: this.accounts,
    project: id => this.#projects.get(id),
    changed: this.#changed,
  })
  readonly installationKeys = new MemoryInstallationKeys()
  readonly invitations = new MemoryInvitations({
    members: this.members,
    account: id => this.accounts.find(id),
    project: id => this.#projects.get(id),
  })
  readonly savedViews = new MemorySavedViews()
  readonly auditEntries = new MemoryAuditEntries()
  readonly systemSettings = new MemorySystemSettings(this.#changed)
  readonly #deleted = new Map<string, number>()
  #version = 1

  async projects(): Promise<Project[]> {
    return [...this.#projects.values()]
  }

  async retentionsBehind(id: string, limit: number): Promise<Project[]> {
    const behind = (await this.projects()).filter(project => project.id > id)
    return behind.toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit)
  }

  async project(id: string): Promise<Project | null> {
    return this.#projects.get(id) ?? null
  }

  async projectByName(name: string): Promise<Project | null> {
    return (await this.projects()).find(project => project.name === name) ?? null
  }

  async createProject(project: NewProject, keys: readonly NewKey[] = []): Promise<void> {
    const { id, name, ...rest } = project
    if ((await this.projectByName(name)) !== null) throw new CatalogConflictError('taken')
    this.#projects.set(id, {
      id,
      name,
      created_at: formatTime(rest.createdAtUs, 0),
      retention_days: rest.retentionDays,
      records_per_second: 0,
      bytes_per_second: 0,
      time_zone: rest.timeZone,
    })
    for (const key of keys) this.#keys.set(key.id, { key, revokedAtUs: null })
    const { ownerId: accountId = null, createdAtUs: sinceUs } = project
    if (accountId !== null) {
      await this.members.add({ projectId: id, accountId, role: 'owner', sinceUs })
    }
    this.#version++
  }

  async updateProject(id: string, change: ProjectChange, check?: Check<Project>): Promise<void> {
    const kept = this.#projects.get(id)
    if (kept === undefined) return
    check?.(kept)
    const given = Object.entries(change).filter(([, value]) => value !== undefined)
    this.#projects.set(id, { ...kept, ...Object.fromEntries(given) })
    this.#version++
  }

  async deletedProjects(): Promise<DeletedProject[]> {
    return [...this.#deleted].map(([id, deletedAtUs]) => ({ id, deletedAtUs }))
  }

  async forgetDeleted(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#deleted.delete(id)
  }

  async deleteProject(id: string, atUs: number): Promise<void> {
    this.#projects.delete(id)
    this.#deleted.set(id, atUs)
    this.#version++
  }

  async recordSchema(projectId: string): Promise<string | null> {
    return this.#schemas.get(projectId) ?? null
  }

  async setRecordSchema(
    projectId: string,
    schema: string | null,
    check?: Check<string | null>,
  ): Promise<void> {
    check?.(this.#schemas.get(projectId) ?? null)
    if (schema === null) this.#schemas.delete(projectId)
    else this.#schemas.set(projectId, schema)
    this.#version++
  }

  async keys(projectId: string): Promise<ProjectKey[]> {
    return [...this.#keys.values()]
      .filter(({ key }) => key.projectId === projectId)
      .map(({ key, revokedAtUs }) => ({
        id: key.id,
        name: key.name,
        kind: key.sealedSecret ? ('signing' as const) : ('bearer' as const),
        scopes: key.scopes,
        created_at: formatTime(key.createdAtUs, 0),
        expires_at: key.expiresAtUs === null ? null : formatTime(key.expiresAtUs, 0),
        last_used_at: null,
        revoked_at: revokedAtUs === null ? null : formatTime(revokedAtUs, 0),
        records_per_second: key.recordsPerSecond ?? 0,
        bytes_per_second: key.bytesPerSecond ?? 0,
      }))
  }

  async createKey(key: NewKey): Promise<void> {
    this.#keys.set(key.id, { key, revokedAtUs: null })
    this.#version++
  }

  async updateKey(
    projectId: string,
    keyId: string,
    change: KeyChange,
    check?: Check<ProjectKey>,
  ): Promise<boolean> {
    const stored = this.#keys.get(keyId)
    if (stored?.key.projectId !== projectId || stored.revokedAtUs !== null) return false
    const now = (await this.keys(projectId)).find(({ id }) => id === keyId)
    if (now !== undefined) check?.(now)
    const { key } = stored
    const { expiresAtUs = key.expiresAtUs, name = key.name } = change
    const recordsPerSecond = change.records_per_second ?? key.recordsPerSecond ?? 0
    const bytesPerSecond = change.bytes_per_second ?? key.bytesPerSecond ?? 0
    stored.key = { ...key, name, expiresAtUs, recordsPerSecond, bytesPerSecond }
    this.#version++
    return true
  }

  async rotateKey(keyId: string, fresh: NewKey, untilUs: number): Promise<boolean> {
    const stored = this.#keys.get(keyId)
    if (stored?.key.projectId !== fresh.projectId || stored.revokedAtUs !== null) return false
    const expiresAtUs = stored.key.expiresAtUs ?? Number.POSITIVE_INFINITY
    if (expiresAtUs <= fresh.createdAtUs) return false
    await this.updateKey(fresh.projectId, keyId, { expiresAtUs: Math.min(expiresAtUs, untilUs) })
    await this.createKey(fresh)
    return true
  }

  async revokeKey(projectId: string, keyId: string, atUs: number): Promise<boolean> {
    const stored = this.#keys.get(keyId)
    if (stored === undefined || stored.key.projectId !== projectId) return false
    stored.revokedAtUs ??= atUs
    this.#version++
    return true
  }

  async key(id: string): Promise<StoredKey | null> {
    const stored = this.#keys.get(id)
    const kept = stored && this.#projects.get(stored.key.projectId)
    if (stored === undefined || kept === undefined) return null
    const { projectId, secretSha256, sealedSecret = null, scopes, expiresAtUs } = stored.key
    const { recordsPerSecond: ownRecordsPerSecond = 0 } = stored.key
    const { bytesPerSecond: ownBytesPerSecond = 0 } = stored.key
    const recordsPerSecond = kept.records_per_second
    const bytesPerSecond = kept.bytes_per_second
    const revoked = stored.revokedAtUs !== null
    const limits = { recordsPerSecond, bytesPerSecond }
    const timeZone = kept.time_zone
    const recordSchema = this.#schemas.get(projectId) ?? null
    const own = { ownRecordsPerSecond, ownBytesPerSecond }
    const rest = { ...own, ...limits, timeZone, recordSchema }
    return { id, projectId, secretSha256, sealedSecret, scopes, expiresAtUs, revoked, ...rest }
  }

  async touchKeys(): Promise<void> {}

  async createSession(session: StoredSession): Promise<void> {
    this.#sessions.set(nameOf(session.tokenSha256), session)
  }

  async session(tokenSha256: Uint8Array): Promise<StoredSession | null> {
    return this.#sessions.get(nameOf(tokenSha256)) ?? null
  }

  async deleteSession(tokenSha256: Uint8Array): Promise<void> {
    this.#sessions.delete(nameOf(tokenSha256))
  }

  async version(): Promise<number> {
    return this.#version
  }

  async close(): Promise<void> {}
}

function nameOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex')
}
