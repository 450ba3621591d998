/** What people work together with, in memory, as the contracts of the catalog say. */
import type { AuditEntries, AuditQuery, NewAuditEntry } from '#actors/catalog/audit-entries.ts'
import type { Check } from '#actors/catalog/check.ts'
import type { Accepted, Invitations, NewInvitation } from '#actors/catalog/invitations.ts'
import type { Members } from '#actors/catalog/members.ts'
import type { NewSavedView, SavedViewChange, SavedViews } from '#actors/catalog/saved-views.ts'
import type { SystemSettings } from '#actors/catalog/system-settings.ts'
import type { Project } from '#proto/api.ts'
import type {
  Account,
  AuditEntry,
  Invitation,
  InvitationLook,
  SavedView,
  SystemConfig,
} from '#proto/people.ts'
import { formatTime } from '#proto/time.ts'

export interface InvitationDeps {
  readonly members: Pick<Members, 'add' | 'roles'>
  readonly account: (id: string) => Promise<Account | null>
  readonly project: (id: string) => Project | undefined
}

export class MemoryInvitations implements Invitations {
  readonly #deps: InvitationDeps
  #kept: NewInvitation[] = []

  constructor(deps: InvitationDeps) {
    this.#deps = deps
  }

  async list(projectId: string, nowUs: number): Promise<Invitation[]> {
    return this.#kept
      .filter(kept => kept.projectId === projectId && kept.expiresAtUs > nowUs)
      .map(({ id, email, role, createdAtUs, expiresAtUs, createdBy }) => ({
        id,
        email,
        role,
        created_at: formatTime(createdAtUs, 0),
        expires_at: formatTime(expiresAtUs, 0),
        created_by: createdBy,
      }))
      .reverse()
  }

  async create(invitation: NewInvitation): Promise<'done' | 'unknown-role'> {
    const roles = await this.#deps.members.roles(invitation.projectId)
    if (roles.every(({ name }) => name !== invitation.role)) return 'unknown-role'
    this.#kept.push(invitation)
    return 'done'
  }

  async remove(projectId: string, id: string): Promise<boolean> {
    const before = this.#kept.length
    this.#kept = this.#kept.filter(kept => kept.projectId !== projectId || kept.id !== id)
    return this.#kept.length < before
  }

  async look(tokenSha256: Uint8Array, nowUs: number): Promise<InvitationLook | null> {
    const found = this.#find(tokenSha256, nowUs)
    const project = found && this.#deps.project(found.projectId)
    if (!found || !project) return null
    const { email, role, expiresAtUs } = found
    const { id, name } = project
    return { project: { id, name }, email, role, expires_at: formatTime(expiresAtUs, 0) }
  }

  async accept(tokenSha256: Uint8Array, accountId: string, nowUs: number): Promise<Accepted> {
    const account = await this.#deps.account(accountId)
    // From here on in one go: of two at once one finds it.
    const found = this.#find(tokenSha256, nowUs)
    if (found === undefined || account === null) return { type: 'unknown' }
    if (found.email !== null && found.email !== account.email) return { type: 'unknown' }
    const { projectId, role } = found
    this.#kept = this.#kept.filter(kept => kept !== found)
    const added = await this.#deps.members.add({ projectId, accountId, role, sinceUs: nowUs })
    if (added === 'done') return { type: 'joined', projectId }
    this.#kept.push(found)
    return added === 'already' ? { type: 'already', projectId } : { type: 'unknown' }
  }

  #find(tokenSha256: Uint8Array, nowUs: number): NewInvitation | undefined {
    return this.#kept.find(
      kept =>
        Buffer.compare(kept.tokenSha256, tokenSha256) === 0 &&
        kept.expiresAtUs > nowUs &&
        this.#deps.project(kept.projectId) !== undefined,
    )
  }
}

export class MemorySavedViews implements SavedViews {
  readonly #kept = new Map<string, { readonly projectId: string; view: SavedView }>()

  async list(projectId: string, reader: string | null): Promise<SavedView[]> {
    return [...this.#kept.values()]
      .filter(kept => kept.projectId === projectId && isSeen(kept.view, reader))
      .map(({ view }) => view)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async find(projectId: string, id: string, reader: string | null): Promise<SavedView | null> {
    const kept = this.#kept.get(id)
    return kept?.projectId === projectId && isSeen(kept.view, reader) ? kept.view : null
  }

  async create({ id, projectId, createdBy, atUs, ...rest }: NewSavedView): Promise<SavedView> {
    const times = { created_by: createdBy, updated_at: formatTime(atUs, 0), version: 1 }
    const view: SavedView = { id, ...rest, ...times }
    this.#kept.set(id, { projectId, view })
    return view
  }

  async update(
    projectId: string,
    id: string,
    { version, atUs, ...change }: SavedViewChange,
  ): Promise<SavedView | 'stale' | 'unknown'> {
    const kept = this.#kept.get(id)
    if (kept?.projectId !== projectId) return 'unknown'
    if (kept.view.version !== version) return 'stale'
    const updated_at = formatTime(atUs, 0)
    kept.view = { ...kept.view, ...change, updated_at, version: version + 1 }
    return kept.view
  }

  async remove(projectId: string, id: string): Promise<boolean> {
    return this.#kept.get(id)?.projectId === projectId && this.#kept.delete(id)
  }
}

function isSeen({ shared, created_by }: SavedView, reader: string | null): boolean {
  return shared || (created_by !== null && created_by === reader)
}

export class MemoryAuditEntries implements AuditEntries {
  #kept: { readonly id: number; readonly entry: NewAuditEntry }[] = []
  #last = 0

  async add(entries: readonly NewAuditEntry[]): Promise<void> {
    this.#kept.push(...entries.map(entry => ({ id: ++this.#last, entry })))
  }

  async list(query: AuditQuery): Promise<AuditEntry[]> {
    const { projectId, actor, action = '', startUs = 0, endUs = Number.POSITIVE_INFINITY } = query
    const before = Number(query.before ?? Number.MAX_SAFE_INTEGER)
    return this.#kept
      .filter(({ id, entry }) => {
        if (projectId !== undefined && entry.projectId !== projectId) return false
        if (actor !== undefined && entry.actor !== actor) return false
        return id < before && entry.atUs >= startUs && entry.atUs < endUs
      })
      .filter(({ entry }) => entry.action.startsWith(action))
      .map(({ id, entry: { atUs, actorName, projectId: project, ...entry } }) => ({
        id: String(id),
        at: formatTime(atUs, 0),
        actor_name: actorName,
        project,
        ...entry,
      }))
      .reverse()
      .slice(0, query.limit)
  }

  async prune(beforeUs: number): Promise<number> {
    const before = this.#kept.length
    this.#kept = this.#kept.filter(({ entry }) => entry.atUs >= beforeUs)
    return before - this.#kept.length
  }
}

export class MemorySystemSettings implements SystemSettings {
  readonly #changed: () => void
  #kept: Partial<SystemConfig> = {}

  constructor(changed: () => void) {
    this.#changed = changed
  }

  async read(): Promise<Partial<SystemConfig>> {
    return this.#kept
  }

  async change(change: Partial<SystemConfig>, check?: Check<Partial<SystemConfig>>): Promise<void> {
    check?.(this.#kept)
    this.#kept = { ...this.#kept, ...change }
    this.#changed()
  }
}
