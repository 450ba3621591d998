/** Accounts, sessions, tokens and the installation's settings of the fake server, in memory. */
import type { Project } from '#proto/api.ts'
import type { Account, ApiToken, AuditEntry, SystemConfig } from '#proto/people.ts'
import {
  type Answer,
  type Call,
  DONE,
  type FakeRoute,
  meanwhile,
  notFound,
  ok,
  problem,
  remove,
  route,
} from './fake-answer.ts'
import { type Belongings, FakeBelongings } from './fake-belongings.ts'

export const PASSWORD = 'correct horse battery'
const AT = '2026-11-20T10:00:00Z'
const LATER = '2027-11-20T10:00:00Z'
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
  readonly #belongings: FakeBelongings
  readonly #passwords = new Map<string, string>()
  /** Account id or 'administrator', by the token in the cookie. */
  readonly #sessions = new Map<string, string>()
  readonly #refreshTokens = new Map<string, string>()
  #numbers = 0

  constructor(projects: Project[]) {
    this.#belongings = new FakeBelongings(projects, kind => this.#id(kind))
  }

  /** A person who may sign in with PASSWORD. */
  addPerson(name: string, options: { administrator?: boolean } = {}): Account {
    const email = `${name.toLowerCase().replaceAll(/\W+/g, '.')}@example.com`
    return this.#account(email, name, PASSWORD, options.administrator === true)
  }

  addMember(projectId: string, person: Account, role: string): void {
    this.#belongings.addMember(projectId, person, role)
  }

  of(projectId: string): Belongings {
    return this.#belongings.of(projectId)
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

  get #routes(): readonly FakeRoute[] {
    return [
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
      ...this.#belongings.routes,
      ['GET', route('audit'), call => ok(this.#auditPage(call))],
      ['GET', route('system/config'), () => ok(this.config)],
      [
        'PATCH',
        route('system/config'),
        ({ body }) => {
          const { expected: _, ...change } = body as Partial<SystemConfig> & { expected: object }
          const refused = meanwhile(this.config, body)
          return refused ?? ok((this.config = { ...this.config, ...change }))
        },
      ],
      ['GET', route('system/actors'), () => ok(FAKE_SYSTEM)],
    ]
  }

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
    if (invitation !== undefined) this.#belongings.join(account, invitation)
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

  #auditPage({ query }: Call): unknown {
    const action = query.get('action') ?? ''
    const entries = this.audit.filter(entry => entry.action.includes(action))
    return { entries, next_cursor: null }
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

function roleOf(who: Call['who']): unknown {
  return who === null || who === 'administrator'
    ? { role: 'administrator' }
    : { role: 'person', account: who }
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
