/**
 * Accounts, members, keys, dead letters and the installation's settings of the fake server, in
 * memory and by the shapes of proto/people.ts.
 */
import type { Project, ProjectKey, ProjectSettings } from '#proto/api.ts'
import type {
  Account,
  ApiToken,
  AuditEntry,
  DeadLetterContents,
  Invitation,
  Member,
  ProjectAccess,
  Quotas,
  Role,
  SystemConfig,
} from '#proto/people.ts'
import { BUILT_IN_ROLES, PERMISSIONS, type Permission } from '#proto/permissions.ts'

export const PASSWORD = 'correct horse battery'
const AT = '2026-11-20T10:00:00Z'
const LATER = '2027-11-20T10:00:00Z'
const NO_USE = { records_per_second: 0, bytes_per_second: 0, refused_records: 0 }

/** What a route answers; a problem where it has a code. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly code?: string
  readonly detail?: string
  readonly cookies?: readonly string[]
}

/** What belongs to one project. */
interface Belongings {
  readonly members: Member[]
  readonly roles: Role[]
  readonly invitations: Invitation[]
  readonly keys: ProjectKey[]
  readonly letters: DeadLetterContents[]
  schema: unknown
}

interface Call {
  readonly who: Account | 'administrator' | null
  readonly body: Readonly<Record<string, unknown>>
  readonly parts: readonly string[]
  readonly query: URLSearchParams
  readonly cookies: ReadonlyMap<string, string>
}

type Handler = (call: Call) => Answer

const DONE: Answer = { status: 204 }
const SIGNED_OUT: Answer = {
  status: 204,
  cookies: ['logboy_session=; Path=/; Max-Age=0', 'logboy_refresh=; Path=/api/v1/auth; Max-Age=0'],
}

export class FakePeople {
  readonly accounts: Account[] = []
  readonly tokens: ApiToken[] = []
  readonly audit: AuditEntry[] = []
  config: SystemConfig = {
    sign_up: 'invitation',
    projects_by_anyone: true,
    retention_days_default: 30,
    audit_days: 365,
    audit_searches: true,
  }
  /** How often a session was refreshed. */
  refreshes = 0
  readonly #projects: Project[]
  readonly #belongings = new Map<string, Belongings>()
  readonly #passwords = new Map<string, string>()
  /** Account id or 'administrator', by the token in the cookie. */
  readonly #sessions = new Map<string, string>()
  readonly #refreshTokens = new Map<string, string>()
  #numbers = 0

  constructor(projects: Project[]) {
    this.#projects = projects
  }

  /** A person who may sign in with PASSWORD. */
  addPerson(name: string, options: { administrator?: boolean } = {}): Account {
    const email = `${name.toLowerCase().replaceAll(/\W+/g, '.')}@example.com`
    return this.#account(email, name, PASSWORD, options.administrator === true)
  }

  addMember(projectId: string, person: Account, role: string): void {
    const { id, email, name } = person
    this.of(projectId).members.push({ account: { id, email, name }, role, since: AT })
  }

  of(projectId: string): Belongings {
    const known = this.#belongings.get(projectId)
    if (known !== undefined) return known
    const roles = Object.entries(BUILT_IN_ROLES).map(([name, permissions]) => ({
      name,
      permissions,
      built_in: true,
    }))
    const made = { members: [], roles, invitations: [], keys: [], letters: [], schema: null }
    this.#belongings.set(projectId, made)
    return made
  }

  /** Access tokens end as they do after a quarter of an hour. */
  expireSessions(): void {
    this.#sessions.clear()
  }

  signOutEverybody(): void {
    this.#sessions.clear()
    this.#refreshTokens.clear()
  }

  /** The cookie of a session of the administrator's token. */
  enterAsAdministrator(): string {
    const token = this.#id('session')
    this.#sessions.set(token, 'administrator')
    return `logboy_session=${token}; HttpOnly; SameSite=Strict; Path=/`
  }

  whoHas(cookies: ReadonlyMap<string, string>): Account | 'administrator' | null {
    const id = this.#sessions.get(cookies.get('logboy_session') ?? '')
    if (id === 'administrator') return id
    return this.accounts.find(account => account.id === id && account.disabled_at === null) ?? null
  }

  /** null = none of these routes. */
  answer(
    method: string,
    path: string,
    call: Pick<Call, 'body' | 'query' | 'cookies'>,
  ): Answer | null {
    for (const [routeMethod, pattern, handle, isOpen] of this.#routes) {
      const match = method === routeMethod ? pattern.exec(path) : null
      if (match === null) continue
      const who = this.whoHas(call.cookies)
      if (who === null && isOpen !== true) return problem(401, 'LOGBOY_SESSION_MISSING', 'sign in')
      const parts = match.slice(1).map(decodeURIComponent)
      return handle({ ...call, who, parts })
    }
    return null
  }

  readonly #routes: readonly (readonly [string, RegExp, Handler, boolean?])[] = [
    ['GET', route('auth/options'), () => ok(this.#options()), true],
    ['POST', route('auth/sign-up'), call => this.#signUp(call), true],
    ['POST', route('auth/login'), call => this.#logIn(call), true],
    ['POST', route('auth/refresh'), call => this.#refresh(call), true],
    ['POST', route('auth/logout'), () => this.#logOut()],
    ['POST', route('auth/forgotten'), () => ({ status: 202, body: {} }), true],
    ['POST', route('auth/reset'), call => this.#reset(call), true],
    ['POST', route('auth/password'), call => this.#changePassword(call)],
    ['GET', route('session'), ({ who }) => ok(roleOf(who))],
    ['DELETE', route('session'), () => this.#logOut()],
    ['GET', route('accounts'), () => ok({ accounts: this.accounts })],
    ['POST', route('accounts'), call => this.#createAccount(call)],
    ['POST', route('accounts/:/reset'), call => this.#resetLink(call)],
    ['PATCH', route('account'), call => this.#changeOwnName(call)],
    ['PATCH', route('accounts/:'), call => this.#changeAccount(call)],
    ['GET', route('tokens'), () => ok({ tokens: this.tokens })],
    ['POST', route('tokens'), call => this.#createToken(call)],
    ['DELETE', route('tokens/:'), ({ parts }) => remove(this.tokens, 'id', parts[0])],
    ['GET', route('projects'), call => ok({ projects: this.#visible(call.who) })],
    ['PATCH', route('projects/:'), call => this.#changeProject(call)],
    ['DELETE', route('projects/:'), ({ parts }) => remove(this.#projects, 'id', parts[0])],
    ['GET', route('projects/:/keys'), call => ok({ keys: this.#own(call).keys })],
    ['POST', route('projects/:/keys'), call => this.#createKey(call)],
    ['POST', route('projects/:/keys/:/rotate'), call => this.#rotateKey(call)],
    ['PATCH', route('projects/:/keys/:'), () => ok({})],
    ['DELETE', route('projects/:/keys/:'), call => this.#revokeKey(call)],
    ['GET', route('projects/:/members'), call => ok({ members: this.#own(call).members })],
    ['PATCH', route('projects/:/members/:'), call => this.#changeMember(call)],
    ['DELETE', route('projects/:/members/:'), call => this.#removeMember(call)],
    ['GET', route('projects/:/roles'), call => ok({ roles: this.#own(call).roles })],
    ['POST', route('projects/:/roles'), call => this.#createRole(call)],
    ['PUT', route('projects/:/roles/:'), call => this.#changeRole(call)],
    [
      'DELETE',
      route('projects/:/roles/:'),
      call => remove(this.#own(call).roles, 'name', call.parts[1]),
    ],
    [
      'GET',
      route('projects/:/invitations'),
      call => ok({ invitations: this.#own(call).invitations }),
    ],
    ['POST', route('projects/:/invitations'), call => this.#invite(call)],
    [
      'DELETE',
      route('projects/:/invitations/:'),
      call => remove(this.#own(call).invitations, 'id', call.parts[1]),
    ],
    ['POST', route('invitations/look'), call => this.#look(call), true],
    ['POST', route('invitations/accept'), call => this.#accept(call)],
    ['GET', route('projects/:/schema'), call => ok({ schema: this.#own(call).schema })],
    ['PUT', route('projects/:/schema'), call => this.#setSchema(call)],
    ['DELETE', route('projects/:/schema'), call => this.#setSchema({ ...call, body: null })],
    ['GET', route('projects/:/quotas'), call => ok(this.#quotas(call))],
    ['PATCH', route('projects/:/quotas'), call => this.#changeProject(call)],
    ['GET', route('projects/:/dead-letters'), call => ok(this.#letters(call))],
    ['GET', route('projects/:/dead-letters/:'), call => this.#letter(call)],
    ['POST', route('projects/:/dead-letters/replay'), call => this.#replay(call)],
    ['POST', route('projects/:/dead-letters/delete'), call => this.#deleteLetters(call)],
    ['GET', route('audit'), call => ok(this.#auditPage(call))],
    ['GET', route('system/config'), () => ok(this.config)],
    [
      'PATCH',
      route('system/config'),
      ({ body }) => ok((this.config = { ...this.config, ...(body as Partial<SystemConfig>) })),
    ],
    ['GET', route('system/actors'), () => ok(FAKE_SYSTEM)],
  ]

  #options(): unknown {
    const sign_up = this.accounts.length === 0 ? 'first' : this.config.sign_up
    return { sign_up, reset: 'printed', password_length_min: 10 }
  }

  #signUp({ body }: Call): Answer {
    const { email, password, name, invitation } = body as Record<string, string>
    if (password === '1234567890')
      return problem(400, 'LOGBOY_BAD_REQUEST', 'password: one that everybody knows')
    if (this.accounts.some(account => account.email === email))
      return problem(409, 'LOGBOY_NAME_TAKEN', 'email: there is an account of this address')
    const first = this.accounts.length === 0
    const account = this.#account(email ?? '', name ?? '', password ?? '', first)
    if (invitation !== undefined) this.#join(account, invitation)
    return this.#enter(account, 201)
  }

  #logIn({ body }: Call): Answer {
    const account = this.accounts.find(({ email }) => email === body['email'])
    if (account === undefined || this.#passwords.get(account.id) !== body['password'])
      return problem(401, 'LOGBOY_SIGN_IN_FAILED', 'email or password is wrong')
    return this.#enter(account, 200)
  }

  #refresh({ cookies }: Call): Answer {
    const token = cookies.get('logboy_refresh') ?? ''
    const account = this.accounts.find(({ id }) => id === this.#refreshTokens.get(token))
    // Each counts once.
    this.#refreshTokens.delete(token)
    if (account === undefined) return problem(401, 'LOGBOY_SESSION_MISSING', 'sign in again')
    this.refreshes++
    return this.#enter(account, 200)
  }

  #enter(account: Account, status: number): Answer {
    const [session, refresh] = [this.#id('session'), this.#id('refresh')]
    this.#sessions.set(session, account.id)
    this.#refreshTokens.set(refresh, account.id)
    return {
      status,
      body: { access_token: session, token_type: 'Bearer', expires_in: 900, account },
      cookies: [
        `logboy_session=${session}; HttpOnly; SameSite=Strict; Path=/`,
        `logboy_refresh=${refresh}; HttpOnly; SameSite=Strict; Path=/api/v1/auth`,
      ],
    }
  }

  #logOut(): Answer {
    this.signOutEverybody()
    return SIGNED_OUT
  }

  #reset({ body }: Call): Answer {
    const [account] = this.accounts
    if (body['token'] !== 'reset-token' || account === undefined)
      return problem(401, 'LOGBOY_SIGN_IN_FAILED', 'the link was used already or has expired')
    this.#passwords.set(account.id, String(body['password']))
    this.signOutEverybody()
    return DONE
  }

  #changePassword({ who, body }: Call): Answer {
    const id = who === null || who === 'administrator' ? '' : who.id
    if (this.#passwords.get(id) !== body['current'])
      return problem(401, 'LOGBOY_SIGN_IN_FAILED', 'this is not the password you have')
    this.#passwords.set(id, String(body['next']))
    return DONE
  }

  #createAccount({ body }: Call): Answer {
    const { email, name, administrator } = body as Pick<Account, 'email' | 'name' | 'administrator'>
    const account = this.#account(email, name, '', administrator)
    return { status: 201, body: { account, url: 'http://logs.example/reset?token=reset-token' } }
  }

  #resetLink({ parts }: Call): Answer {
    const account = this.accounts.find(({ id }) => id === parts[0])
    if (account === undefined) return notFound()
    return { status: 201, body: { account, url: 'http://logs.example/reset?token=reset-token' } }
  }

  #changeOwnName(call: Call): Answer {
    const id = call.who === null || call.who === 'administrator' ? '' : call.who.id
    return this.#changeAccount({ ...call, parts: [id] })
  }

  #changeAccount({ parts, body }: Call): Answer {
    const at = this.accounts.findIndex(({ id }) => id === parts[0])
    const old = this.accounts[at]
    if (old === undefined) return notFound()
    const { disabled, ...rest } = body as { disabled?: boolean }
    const changed = { ...old, ...rest, disabled_at: disabled === true ? AT : null }
    this.accounts[at] = changed
    return ok(changed)
  }

  #createToken({ body }: Call): Answer {
    const token: ApiToken = {
      id: this.#id('token'),
      name: String(body['name']),
      created_at: AT,
      expires_at: 'expires_in' in body ? LATER : null,
      last_used_at: null,
    }
    this.tokens.push(token)
    return { status: 201, body: { ...token, token: `lbt_${token.id}_secret` } }
  }

  #visible(who: Call['who']): ProjectAccess[] {
    return this.#projects.flatMap(project => {
      const access = this.#accessOf(who, project.id)
      return access === null ? [] : [{ ...project, ...access }]
    })
  }

  #accessOf(who: Call['who'], id: string): Pick<ProjectAccess, 'role' | 'permissions'> | null {
    if (who === 'administrator' || who?.administrator === true)
      return { role: 'administrator', permissions: PERMISSIONS }
    const role = this.of(id).members.find(({ account }) => account.id === who?.id)?.role
    const found = this.of(id).roles.find(({ name }) => name === role)
    return found === undefined ? null : { role: found.name, permissions: found.permissions }
  }

  #changeProject({ parts, body }: Call): Answer {
    const at = this.#projects.findIndex(({ id }) => id === parts[0])
    const old = this.#projects[at]
    if (old === undefined) return notFound()
    if (typeof body['time_zone'] === 'string' && body['time_zone'].includes('Nowhere'))
      return problem(400, 'LOGBOY_BAD_REQUEST', 'time_zone: unknown time zone')
    const changed = { ...old, ...(body as Partial<ProjectSettings>) }
    this.#projects[at] = changed
    return ok(changed)
  }

  #createKey(call: Call): Answer {
    const key: ProjectKey = {
      id: this.#id('key'),
      name: String(call.body['name']),
      kind: call.body['kind'] === 'signing' ? 'signing' : 'bearer',
      scopes: call.body['scopes'] as ProjectKey['scopes'],
      created_at: AT,
      expires_at: 'expires_in' in call.body ? LATER : null,
      last_used_at: null,
      revoked_at: null,
      records_per_second: 0,
      bytes_per_second: 0,
    }
    this.#own(call).keys.push(key)
    return { status: 201, body: { ...key, key: `lb_${key.id}_secret` } }
  }

  #rotateKey(call: Call): Answer {
    const { keys } = this.#own(call)
    const at = keys.findIndex(({ id }) => id === call.parts[1])
    const old = keys[at]
    if (old === undefined) return notFound()
    keys[at] = { ...old, expires_at: LATER }
    const made = { ...old, id: this.#id('key') }
    keys.push(made)
    return { status: 201, body: { ...made, key: `lb_${made.id}_secret` } }
  }

  #revokeKey(call: Call): Answer {
    const { keys } = this.#own(call)
    const at = keys.findIndex(({ id }) => id === call.parts[1])
    const old = keys[at]
    if (old === undefined) return notFound()
    keys[at] = { ...old, revoked_at: AT }
    return DONE
  }

  #changeMember(call: Call): Answer {
    const { members } = this.#own(call)
    const at = members.findIndex(({ account }) => account.id === call.parts[1])
    const old = members[at]
    if (old === undefined) return notFound()
    if (this.#isLastOwner(call)) return lastOwner()
    const changed = { ...old, role: String(call.body['role']) }
    members[at] = changed
    return ok(changed)
  }

  #removeMember(call: Call): Answer {
    if (this.#isLastOwner(call)) return lastOwner()
    const { members } = this.#own(call)
    members.splice(
      members.findIndex(({ account }) => account.id === call.parts[1]),
      1,
    )
    return DONE
  }

  #isLastOwner(call: Call): boolean {
    const owners = this.#own(call).members.filter(({ role }) => role === 'owner')
    return owners.length === 1 && owners[0]?.account.id === call.parts[1]
  }

  #createRole(call: Call): Answer {
    const { roles } = this.#own(call)
    const name = String(call.body['name'])
    if (roles.some(role => role.name === name))
      return problem(409, 'LOGBOY_NAME_TAKEN', 'there is a role of this name')
    const permissions = call.body['permissions'] as Permission[]
    roles.push({ name, permissions, built_in: false })
    return { status: 201, body: roles.at(-1) }
  }

  #changeRole(call: Call): Answer {
    const { roles } = this.#own(call)
    const at = roles.findIndex(({ name }) => name === call.parts[1])
    roles[at] = { ...(call.body as { name: string; permissions: Permission[] }), built_in: false }
    return ok(roles[at])
  }

  #invite(call: Call): Answer {
    const { email, role } = call.body as { email?: string; role: string }
    if (email !== undefined && !email.includes('@'))
      return problem(400, 'LOGBOY_BAD_REQUEST', 'email: expected an address')
    const made: Invitation = {
      id: this.#id('invitation'),
      email: email ?? null,
      role,
      created_at: AT,
      expires_at: LATER,
      created_by: null,
    }
    this.#own(call).invitations.push(made)
    const url = `http://logs.example/invitation?token=${made.id}`
    return { status: 201, body: { ...made, url, mailed: false } }
  }

  #findInvitation(token: unknown): { project: Project; invitation: Invitation } | null {
    for (const project of this.#projects) {
      const invitation = this.of(project.id).invitations.find(({ id }) => id === token)
      if (invitation !== undefined) return { project, invitation }
    }
    return null
  }

  #look({ body }: Call): Answer {
    const found = this.#findInvitation(body['token'])
    if (found === null) return problem(404, 'LOGBOY_NOT_FOUND', 'the invitation was used or ended')
    const { project, invitation } = found
    const { role, email, expires_at } = invitation
    return ok({ project: { id: project.id, name: project.name }, role, email, expires_at })
  }

  #accept({ who, body }: Call): Answer {
    if (who === null || who === 'administrator')
      return problem(403, 'LOGBOY_FORBIDDEN', 'sign in with an account')
    const project = this.#join(who, body['token'])
    return project === null ? notFound() : ok({ ...project, ...this.#accessOf(who, project.id) })
  }

  #join(person: Account, token: unknown): Project | null {
    const found = this.#findInvitation(token)
    if (found === null) return null
    this.addMember(found.project.id, person, found.invitation.role)
    remove(this.of(found.project.id).invitations, 'id', found.invitation.id)
    return found.project
  }

  #setSchema(call: Pick<Call, 'parts'> & { body: Call['body'] | null }): Answer {
    this.#own(call).schema = call.body
    return call.body === null ? DONE : ok({ schema: call.body })
  }

  #quotas(call: Call): Quotas {
    const { records_per_second = 0, bytes_per_second = 0 } =
      this.#projects.find(({ id }) => id === call.parts[0]) ?? {}
    const use = { records_per_second: 84, bytes_per_second: 41_000, refused_records: 12 }
    const keys = this.#own(call).keys.map(({ id, name }) => ({
      id,
      name,
      records_per_second: 0,
      bytes_per_second: 0,
      use: NO_USE,
    }))
    return { records_per_second, bytes_per_second, use, keys }
  }

  #letters(call: Call): unknown {
    const wanted = (name: string): string => call.query.get(name) ?? ''
    const letters = this.#own(call).letters.filter(
      ({ source, reason }) =>
        source.includes(wanted('source')) && reason.includes(wanted('reason')),
    )
    return {
      letters: letters.map(({ id, at, source, reason, bytes }) => ({
        id,
        at,
        source,
        reason,
        bytes,
      })),
      next: null,
    }
  }

  #letter(call: Call): Answer {
    const letter = this.#own(call).letters.find(({ id }) => id === call.parts[1])
    return letter === undefined ? notFound() : ok(letter)
  }

  #replay(call: Call): Answer {
    const { ids, id, records } = call.body as { ids?: string[]; id?: string; records?: string }
    if (records?.includes('still wrong') === true)
      return ok({ accepted: 0, rejected: [{ letter: id, index: 0, reason: 'still wrong' }] })
    const done = ids ?? (id === undefined ? [] : [id])
    for (const letter of done) remove(this.#own(call).letters, 'id', letter)
    return ok({ accepted: done.length, rejected: [] })
  }

  #deleteLetters(call: Call): Answer {
    for (const id of call.body['ids'] as string[]) remove(this.#own(call).letters, 'id', id)
    return DONE
  }

  #auditPage({ query }: Call): unknown {
    const action = query.get('action') ?? ''
    const entries = this.audit.filter(entry => entry.action.includes(action))
    return { entries, next_cursor: null }
  }

  #own({ parts }: Pick<Call, 'parts'>): Belongings {
    return this.of(parts[0] ?? '')
  }

  #account(email: string, name: string, password: string, administrator: boolean): Account {
    const id = this.#id('account')
    const account: Account = {
      id,
      email,
      name,
      administrator,
      created_at: AT,
      last_sign_in_at: AT,
      disabled_at: null,
    }
    this.accounts.push(account)
    this.#passwords.set(id, password)
    return account
  }

  #id(kind: string): string {
    return `${kind}${String(++this.#numbers).padStart(4, '0')}`
  }
}

/** A `:` stands for one part of the path. */
function route(path: string): RegExp {
  return new RegExp(`^/api/v1/${path.replaceAll(':', '([^/]+)')}$`)
}

function roleOf(who: Call['who']): unknown {
  return who === null || who === 'administrator'
    ? { role: 'administrator' }
    : { role: 'person', account: who }
}

function remove<Item>(list: Item[], name: keyof Item, value: unknown): Answer {
  const at = list.findIndex(item => item[name] === value)
  if (at < 0) return notFound()
  list.splice(at, 1)
  return DONE
}

function ok(body: unknown): Answer {
  return { status: 200, body }
}

function problem(status: number, code: string, detail: string): Answer {
  return { status, code, detail }
}

function notFound(): Answer {
  return problem(404, 'LOGBOY_NOT_FOUND', 'there is no such thing')
}

function lastOwner(): Answer {
  return problem(409, 'LOGBOY_CONFLICT', 'the last owner stays: make somebody else one first')
}

/** As a real server answered. */
const FAKE_SYSTEM = {
  degraded: [],
  shape: { commitLog: 'journal', store: 'parquet', roles: ['gateway', 'processor'] },
  actors: [
    ['retention', 4, 0],
    ['tail', 1024, 3],
    ['project/project000', 256, 1],
    ['project/project001', 256, 0],
  ].map(([address, capacity, depth]) => ({
    address,
    name: address,
    state: 'idle',
    mailbox: { depth, capacity, accepted: 8_164, rejected: 0, dropped: 0 },
    restarts: 0,
    lastFault: null,
  })),
  ingest: { batches: 180, records: 504, bytes: 107_536, throttled: {} },
  store: { segments: 12, rows: 2_400_000, damaged: [], duckdb: { queries: 7, lastFailure: '' } },
}
