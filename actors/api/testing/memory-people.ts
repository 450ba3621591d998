/** People's parts of the catalog in memory; the suite of the real ones holds them to the same. */
import type {
  Accounts,
  AccountWithPassword,
  NewAccount,
  NewPasswordReset,
} from '#actors/catalog/accounts.ts'
import type { ApiTokens, StoredApiToken } from '#actors/catalog/api-tokens.ts'
import type { Check } from '#actors/catalog/check.ts'
import type { InstallationKeys, SealedKey } from '#actors/catalog/installation-keys.ts'
import type { MemberRefusal, Members, NewMember, RoleRefusal } from '#actors/catalog/members.ts'
import { rotation, type SignIn, type SignIns } from '#actors/catalog/sign-ins.ts'
import type { Project } from '#proto/api.ts'
import type {
  Account,
  AccountChange,
  ApiToken,
  Member,
  ProjectAccess,
  Role,
} from '#proto/people.ts'
import { BUILT_IN_ROLES, type Permission, permissionsOf } from '#proto/permissions.ts'
import { formatTime } from '#proto/time.ts'

const timeOf = (us: number): string => formatTime(us, 0)
const byText = (a: string, b: string): number => (a < b ? -1 : 1)

export class MemorySignIns implements SignIns {
  readonly kept = new Map<string, SignIn>()
  readonly #people: MemoryAccounts
  readonly #changed: () => void

  constructor(people: MemoryAccounts, changed: () => void) {
    this.#people = people
    this.#changed = changed
  }

  async open(signIn: SignIn): Promise<void> {
    for (const [id, { expiresAtUs }] of this.kept) {
      if (expiresAtUs < signIn.createdAtUs) this.kept.delete(id)
    }
    this.kept.set(signIn.id, signIn)
    this.#people.came(signIn.accountId, signIn.createdAtUs)
  }

  async find(id: string): Promise<SignIn | null> {
    return this.kept.get(id) ?? null
  }

  async rotate(id: string, generation: number, nowUs: number): Promise<SignIn | null> {
    const found = this.kept.get(id)
    if (found === undefined) return null
    const verdict = rotation(found, generation, nowUs)
    if (verdict === 'repeat') return found
    if (verdict === 'end') {
      await this.end(id)
      return null
    }
    const next = { ...found, generation: generation + 1, rotatedAtUs: nowUs }
    this.kept.set(id, next)
    return next
  }

  async end(id: string): Promise<void> {
    this.kept.delete(id)
    this.#changed()
  }

  async endAll(accountId: string, but?: string): Promise<void> {
    for (const [id, signIn] of this.kept) {
      if (signIn.accountId === accountId && id !== but) this.kept.delete(id)
    }
    this.#changed()
  }
}

export class MemoryAccounts implements Accounts {
  readonly signIns: MemorySignIns
  readonly #kept = new Map<string, AccountWithPassword>()
  readonly #resets = new Map<string, NewPasswordReset>()
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
    this.signIns = new MemorySignIns(this, changed)
  }

  async list(): Promise<readonly Account[]> {
    const accounts = [...this.#kept.values()].map(({ account }) => account)
    return accounts.sort((a, b) => byText(a.email, b.email))
  }

  async find(id: string): Promise<Account | null> {
    return this.#kept.get(id)?.account ?? null
  }

  async byEmail(email: string): Promise<AccountWithPassword | null> {
    return [...this.#kept.values()].find(({ account }) => account.email === email) ?? null
  }

  async isEmpty(): Promise<boolean> {
    return this.#kept.size === 0
  }

  async create(
    { id, email, name, passwordHash, administrator, createdAtUs }: NewAccount,
    onlyFirst = false,
  ): Promise<'done' | 'taken' | 'not-first'> {
    const isFirst = this.#kept.size === 0
    if (onlyFirst && !isFirst) return 'not-first'
    if ([...this.#kept.values()].some(({ account }) => account.email === email)) return 'taken'
    const account: Account = {
      id,
      email,
      name,
      administrator: isFirst || administrator,
      created_at: timeOf(createdAtUs),
      last_sign_in_at: null,
      disabled_at: null,
    }
    this.#kept.set(id, { account, passwordHash })
    this.#changed()
    return 'done'
  }

  async update(id: string, change: AccountChange, atUs: number): Promise<boolean> {
    const kept = this.#kept.get(id)
    if (kept === undefined) return false
    const { account } = kept
    const { name = account.name, administrator = account.administrator, disabled } = change
    const since = account.disabled_at ?? timeOf(atUs)
    const disabled_at = disabled === undefined ? account.disabled_at : disabled ? since : null
    this.#kept.set(id, { ...kept, account: { ...account, name, administrator, disabled_at } })
    if (disabled === true) await this.signIns.endAll(id)
    this.#changed()
    return true
  }

  async setPassword(id: string, passwordHash: string, kept?: string): Promise<boolean> {
    const found = this.#kept.get(id)
    if (found === undefined) return false
    this.#kept.set(id, { ...found, passwordHash })
    for (const [name, { accountId }] of this.#resets) {
      if (accountId === id) this.#resets.delete(name)
    }
    await this.signIns.endAll(id, kept)
    return true
  }

  async rehash(id: string, from: string, to: string): Promise<void> {
    const found = this.#kept.get(id)
    if (found?.passwordHash === from) this.#kept.set(id, { ...found, passwordHash: to })
  }

  async createReset(reset: NewPasswordReset): Promise<void> {
    this.#resets.set(nameOf(reset.tokenSha256), reset)
  }

  async resetOf(tokenSha256: Uint8Array, nowUs: number): Promise<string | null> {
    const reset = this.#resets.get(nameOf(tokenSha256))
    return reset === undefined || reset.expiresAtUs <= nowUs ? null : reset.accountId
  }

  async redeemReset(
    tokenSha256: Uint8Array,
    passwordHash: string,
    nowUs: number,
  ): Promise<string | null> {
    const id = await this.resetOf(tokenSha256, nowUs)
    // As in one transaction: nobody comes between the look and the change.
    if (id === null || !this.#resets.delete(nameOf(tokenSha256))) return null
    await this.setPassword(id, passwordHash)
    return id
  }

  isEnabled(id: string): boolean {
    return this.#kept.get(id)?.account.disabled_at === null
  }

  came(id: string, atUs: number): void {
    const found = this.#kept.get(id)
    if (found === undefined) return
    const account = { ...found.account, last_sign_in_at: timeOf(atUs) }
    this.#kept.set(id, { ...found, account })
  }
}

export class MemoryApiTokens implements ApiTokens {
  readonly #kept = new Map<string, StoredApiToken>()
  readonly #used = new Map<string, number>()
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  async list(accountId: string): Promise<readonly ApiToken[]> {
    const own = [...this.#kept.values()].filter(token => token.accountId === accountId)
    return own.map(({ id, name, createdAtUs, expiresAtUs }) => {
      const usedAtUs = this.#used.get(id)
      return {
        id,
        name,
        created_at: timeOf(createdAtUs),
        expires_at: expiresAtUs === null ? null : timeOf(expiresAtUs),
        last_used_at: usedAtUs === undefined ? null : timeOf(usedAtUs),
      }
    })
  }

  async find(id: string): Promise<StoredApiToken | null> {
    return this.#kept.get(id) ?? null
  }

  async create(token: StoredApiToken): Promise<void> {
    this.#kept.set(token.id, token)
  }

  async end(accountId: string, id: string): Promise<boolean> {
    if (this.#kept.get(id)?.accountId !== accountId) return false
    this.#changed()
    return this.#kept.delete(id)
  }

  async touch(used: ReadonlyMap<string, number>): Promise<void> {
    for (const [id, atUs] of used) this.#used.set(id, atUs)
  }
}

export class MemoryInstallationKeys implements InstallationKeys {
  readonly #kept: SealedKey[] = []

  async ensure(
    missing: (stored: readonly SealedKey[]) => SealedKey | null,
  ): Promise<readonly SealedKey[]> {
    const made = missing(this.#kept)
    if (made !== null) this.#kept.push(made)
    return this.#kept
  }
}

/** What members need of the catalog beside them. */
export interface MembersDeps {
  readonly accounts: MemoryAccounts
  readonly project: (id: string) => Project | undefined
  readonly changed: () => void
}

export class MemoryMembers implements Members {
  readonly #deps: MembersDeps
  readonly #kept = new Map<string, NewMember>()
  readonly #roles = new Map<string, readonly Permission[]>()

  constructor(deps: MembersDeps) {
    this.#deps = deps
  }

  async access(accountId: string, projectId: string): Promise<ProjectAccess | null> {
    const kept = this.#kept.get(pair(projectId, accountId))
    const project = this.#deps.project(projectId)
    if (kept === undefined || project === undefined) return null
    const permissions =
      builtIn(kept.role) ?? this.#roles.get(pair(projectId, kept.role)) ?? permissionsOf([])
    return { ...project, role: kept.role, permissions }
  }

  async accesses(accountId: string): Promise<readonly ProjectAccess[]> {
    const own = [...this.#kept.values()].filter(member => member.accountId === accountId)
    const found = await Promise.all(own.map(({ projectId }) => this.access(accountId, projectId)))
    return found.filter(access => access !== null).sort((a, b) => byText(a.name, b.name))
  }

  async list(projectId: string): Promise<readonly Member[]> {
    const found = await Promise.all(
      this.#of(projectId).map(async ({ accountId, role, sinceUs }) => {
        const account = await this.#deps.accounts.find(accountId)
        const { id = accountId, email = '', name = '' } = account ?? {}
        return { account: { id, email, name }, role, since: timeOf(sinceUs) }
      }),
    )
    return found.sort((a, b) => byText(a.account.email, b.account.email))
  }

  async add(member: NewMember): Promise<'done' | 'already' | 'unknown-role'> {
    const { projectId, accountId, role } = member
    if (!this.#isRole(projectId, role)) return 'unknown-role'
    if (this.#kept.has(pair(projectId, accountId))) return 'already'
    this.#kept.set(pair(projectId, accountId), member)
    this.#deps.changed()
    return 'done'
  }

  async change(
    projectId: string,
    accountId: string,
    role: string,
  ): Promise<'done' | MemberRefusal> {
    if (!this.#isRole(projectId, role)) return 'unknown-role'
    const kept = this.#kept.get(pair(projectId, accountId))
    if (kept === undefined) return 'unknown-member'
    if (role !== 'owner' && this.#isLastOwner(kept)) return 'last-owner'
    this.#kept.set(pair(projectId, accountId), { ...kept, role })
    this.#deps.changed()
    return 'done'
  }

  async remove(projectId: string, accountId: string): Promise<'done' | MemberRefusal> {
    const kept = this.#kept.get(pair(projectId, accountId))
    if (kept === undefined) return 'unknown-member'
    if (this.#isLastOwner(kept)) return 'last-owner'
    this.#kept.delete(pair(projectId, accountId))
    this.#deps.changed()
    return 'done'
  }

  async roles(projectId: string): Promise<readonly Role[]> {
    const own = [...this.#roles].flatMap(([key, permissions]): Role[] => {
      const [project, name = ''] = key.split(' ')
      return project === projectId ? [{ name, permissions, built_in: false }] : []
    })
    const every = Object.entries(BUILT_IN_ROLES).map(
      ([name, permissions]): Role => ({ name, permissions, built_in: true }),
    )
    return [...every, ...own.sort((a, b) => byText(a.name, b.name))]
  }

  async putRole(
    projectId: string,
    name: string,
    permissions: readonly Permission[],
    check?: Check<Pick<Role, 'permissions'> | null>,
  ): Promise<'done' | RoleRefusal> {
    if (builtIn(name) !== null) return 'built-in'
    const known = this.#roles.get(pair(projectId, name))
    check?.(known === undefined ? null : { permissions: known })
    this.#roles.set(pair(projectId, name), permissionsOf(permissions))
    this.#deps.changed()
    return 'done'
  }

  async removeRole(projectId: string, name: string): Promise<'done' | RoleRefusal> {
    if (builtIn(name) !== null) return 'built-in'
    if (this.#of(projectId).some(({ role }) => role === name)) return 'in-use'
    return this.#roles.delete(pair(projectId, name)) ? 'done' : 'unknown-role'
  }

  #of(projectId: string): NewMember[] {
    return [...this.#kept.values()].filter(member => member.projectId === projectId)
  }

  #isRole(projectId: string, name: string): boolean {
    return builtIn(name) !== null || this.#roles.has(pair(projectId, name))
  }

  #isLastOwner({ projectId, accountId, role }: NewMember): boolean {
    const others = this.#of(projectId).filter(
      member =>
        member.role === 'owner' &&
        member.accountId !== accountId &&
        this.#deps.accounts.isEnabled(member.accountId),
    )
    return role === 'owner' && others.length === 0
  }
}

function builtIn(name: string): readonly Permission[] | null {
  const found = Object.entries(BUILT_IN_ROLES).find(([known]) => known === name)
  return found?.[1] ?? null
}

function pair(projectId: string, name: string): string {
  return `${projectId} ${name}`
}

function nameOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex')
}
