/** The REST interface over real HTTP, with real keys and sessions and a store that only listens. */

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { MemoryAlertRules } from '#actors/alerts/testing/memory-alerts.ts'
import type { AlertStates, HistoryEntry } from '#actors/catalog/alert-states.ts'
import { idOf, newAccount, newSignIn } from '#actors/catalog/testing/people.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import { InProcessCoordination } from '#actors/coordination/in-process.ts'
import { LetterReplay } from '#actors/gateway/letter-replay.ts'
import { ingestWorld } from '#actors/gateway/testing/ingest-world.ts'
import type { HttpDriverName, Route } from '#actors/http/http-server.ts'
import { startTestServer } from '#actors/http/testing/drivers.ts'
import { KeyCache } from '#actors/identity/key-cache.ts'
import { openIdentity } from '#actors/identity/open-identity.ts'
import type { PeopleRules } from '#actors/identity/people-rules.ts'
import { Sessions } from '#actors/identity/sessions.ts'
import { LiveSystemConfig } from '#actors/identity/system-config.ts'
import type { Mail } from '#actors/mail/mailer.ts'
import { manifest } from '#actors/manifest.ts'
import { AlertLinks } from '#actors/notifications/alert-links.ts'
import { SealedSettings } from '#actors/notifications/channel-settings.ts'
import { MemoryAlertChannels } from '#actors/notifications/testing/memory-channels.ts'
import { MemorySilences } from '#actors/notifications/testing/memory-silences.ts'
import type {
  AnalysisInput,
  AnalysisResult,
  LogStore,
  PatternsInput,
  PatternsResult,
  Progress,
  RowsAsked,
  SearchPlanInput,
  SearchResult,
  StoredSize,
  Watch,
} from '#actors/store/store.ts'
import { AlertTail } from '#actors/tail/alert-tail.ts'
import type { TailRequest } from '#actors/tail/tail-request.ts'
import type { ProjectCreated, Table } from '#proto/api.ts'
import type { Trouble } from '#proto/trouble.ts'
import { seededRandom } from '#runtime/index.ts'
import { probe } from '#runtime/testing/test-actor.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { loadTask, splitTransfer, type ThreadTools } from '#runtime/threads.ts'
import { type ApiDeps, apiRoutes, apiSockets } from '../api-routes.ts'
import { AuditLog } from '../audit-log.ts'
import { mayStill } from '../caller.ts'
import { signUpInvitations } from '../invitation-routes.ts'
import { single } from '../metrics-text.ts'
import { OpenSockets } from '../open-sockets.ts'
import { QueryGate } from '../query-gate.ts'
import { RequestRate } from '../request-rate.ts'
import { TAIL_PERMISSION } from '../tail-socket.ts'
import { MemoryCatalog } from './memory-catalog.ts'

/** So that a test may reach it: ten times as many at once. */
export const REQUESTS_PER_SECOND = 20
export const ADMIN_TOKEN = 'lbadm_the-token-of-the-tests'

/** Passwords whose strength nobody tests. */
const CHEAP = { ln: 4, r: 8, p: 1 }

export class ListeningStore
  implements Pick<LogStore, 'search' | 'analyse' | 'patterns' | 'row' | 'delete' | 'sizeOf'>
{
  readonly deletions: RowsAsked[] = []
  readonly searches: SearchPlanInput[] = []
  readonly analyses: AnalysisInput[] = []
  readonly signals: AbortSignal[] = []
  readonly rows = new Map<string, string>()
  result: SearchResult = {
    total: 1,
    logs: ['{"message":"one","n":12345678901234567890}'],
    aggregations: { by_level: { INFO: 1 }, by_service: { a: 1 }, histogram: [], interval: 60 },
    next_cursor: null,
    positions: Positions.at(77),
    receivedAtUs: 1,
    explain: { segments: 1 },
  }
  size: StoredSize | null = null
  table: Table = {
    columns: [
      { name: 'service', type: 'text' },
      { name: 'count', type: 'number' },
    ],
    rows: [
      ['a', 2],
      [null, 1],
    ],
    truncated: false,
  }
  /** What a search tells while it runs; null = nothing. */
  progress: Progress | null = null
  /** Set: searches do not settle before this does. */
  gate: Promise<unknown> | null = null
  failure: Error | null = null

  async search(input: SearchPlanInput, signal: AbortSignal, watch?: Watch): Promise<SearchResult> {
    this.searches.push(input)
    const { progress } = this
    if (progress !== null) watch?.(() => progress)
    this.signals.push(signal)
    if (this.failure !== null) throw this.failure
    await this.gate
    signal.throwIfAborted()
    return this.result
  }

  async analyse(input: AnalysisInput): Promise<AnalysisResult> {
    this.analyses.push(input)
    if (this.failure !== null) throw this.failure
    const { positions, receivedAtUs, explain } = this.result
    return { total: 3, table: this.table, positions, receivedAtUs, explain }
  }

  async patterns({ barUsOf }: PatternsInput): Promise<PatternsResult> {
    const barUs = barUsOf(1_000_000, 61_000_000)
    const one = { id: 7, template: 'took <*>', count: 3, firstUs: 1_000_000, lastUs: 61_000_000 }
    const pattern = { ...one, bars: [[0, 3]] as const, examples: [] }
    const { positions, receivedAtUs, explain } = this.result
    return { total: 4, found: 2, barUs, patterns: [pattern], positions, receivedAtUs, explain }
  }

  async delete(asked: RowsAsked): Promise<number> {
    this.deletions.push(asked)
    if (this.failure !== null) throw this.failure
    return 1
  }

  sizeOf(): StoredSize | null {
    return this.size
  }

  async row(projectId: string, id: string): Promise<string | null> {
    return this.rows.get(`${projectId}/${id}`) ?? null
  }
}

export async function apiWorld(
  t: TestContext,
  driver: HttpDriverName,
  doors: readonly Route[] = [],
  requestsPerSecond = REQUESTS_PER_SECOND,
) {
  const clock = new VirtualClock()
  const random = seededRandom(7)
  const catalog = new MemoryCatalog()
  const store = new ListeningStore()
  const sockets = new OpenSockets(clock)
  const watcher = {
    revoked: (keyId: string) => sockets.revoked(keyId),
    async catalogChanged() {
      persons.catalogChanged()
      void systemConfig.refresh()
      void sockets.judge((caller, id) => mayStill(caller, id, TAIL_PERMISSION, deps))
    },
  }
  const mails: Mail[] = []
  const publicUrl = (): string => 'https://logs.example'
  const identity = await openIdentity({
    catalog,
    adminToken: ADMIN_TOKEN,
    mailer: {
      type: 'mail',
      send: async mail => void mails.push(mail),
      close: () => undefined,
    },
    publicUrl,
    clock,
    random,
    onFault: (error, where) => assert.fail(`${where}: ${error.message}`),
    cost: CHEAP,
  })
  const { accounts, signIns, accessTokens, persons, signingSecrets } = identity
  const rules: { -readonly [Name in keyof PeopleRules]?: PeopleRules[Name] } = {}
  const systemConfig = new LiveSystemConfig(catalog.systemSettings, 30)
  const audit = new AuditLog({
    entries: catalog.auditEntries,
    clock,
    settings: () => systemConfig.current,
    onFault: (error, where) => assert.fail(`${where}: ${error.message}`),
  })
  t.after(() => audit.close())
  const invitations = new Map<string, string | null>()
  const keys = new KeyCache({
    catalog,
    clock,
    watcher,
    unseal: sealed => signingSecrets.unseal(sealed),
  })
  const sessions = new Sessions({ catalog, clock, random, adminToken: ADMIN_TOKEN })
  const tail = probe<TailRequest>('tail')
  const ingest = ingestWorld(t, { clock })
  const state = {
    notReady: null as string | null,
    troubles: [] as Trouble[],
    flushes: 0,
    alertsChanged: 0,
    erased: [] as string[],
  }
  const history: HistoryEntry[] = []
  const historyOf: Pick<AlertStates, 'newest' | 'since'> = {
    newest: async () => history.at(-1)?.id ?? 0,
    since: async (ids, after, limit) =>
      history.filter(each => ids.includes(each.projectId) && each.id > after).slice(0, limit),
  }
  const alertTail = new AlertTail({
    states: historyOf,
    clock,
    onFault: (error, where) => assert.fail(`${where}: ${error.message}`),
  })
  t.after(() => alertTail.close())
  const invited = signUpInvitations({ projectInvitations: catalog.invitations, clock, keys })
  const deps: ApiDeps = {
    catalog,
    ...identity,
    rules: () => ({ ...systemConfig.rules, ...rules }),
    systemConfig,
    audit,
    projectInvitations: catalog.invitations,
    savedViews: catalog.savedViews,
    auditEntries: catalog.auditEntries,
    eraseProject: async id => void state.erased.push(id),
    onFault: (error, where) => assert.fail(`${where}: ${error.message}`),
    invitations: {
      find: async token => {
        const email = invitations.get(token)
        return email === undefined ? invited.find(token) : { email }
      },
      accept: async (token, account) => invitations.delete(token) || invited.accept(token, account),
    },
    alertRules: new MemoryAlertRules(),
    alertStates: {
      ...historyOf,
      active: async () => [],
      stamp: async () => '',
      history: async () => [],
      acknowledge: async () => false,
    },
    copies: new InProcessCoordination(clock),
    alertTail,
    alertChannels: new MemoryAlertChannels(),
    silences: new MemorySilences(),
    alertsChanged: () => void state.alertsChanged++,
    alertLinks: new AlertLinks(identity.key.derived('alert links'), publicUrl),
    channelSettings: new SealedSettings(identity.key.derived('alert channels'), random),
    allowPrivate: false,
    keys,
    sessions,
    store,
    pool: inlinePool,
    tail,
    sockets,
    deadLetters: ingest.letters,
    letterBox: ingest.box,
    use: ingest.use,
    replay: new LetterReplay({ ...ingest.deps, log: ingest.log, random }),
    clock,
    random,
    version: '9.9.9',
    retentionDays: () => systemConfig.current.retention_days_default,
    publicUrl,
    notReady: () => state.notReady,
    troubles: () => state.troubles,
    observe: () => ({ actors: [] }),
    flush: async () => {
      state.flushes++
    },
    backup: async () => 'BEGIN;',
    metrics: async () => [single('counter', 'logboy_test', 'a test', 1)],
    rate: new RequestRate(clock, requestsPerSecond),
    queries: new QueryGate(clock, { perProject: 2, timeoutMs: 30_000 }),
  }
  const options = {
    driver,
    routes: [...doors, ...apiRoutes(deps, doors)],
    sockets: apiSockets(deps),
  }
  const { url, port, faults } = await startTestServer(t, options)
  t.after(() => keys.close())
  t.after(() => persons.close())
  const call = async (
    method: string,
    path: string,
    { body, headers = {}, token }: CallOptions = {},
  ): Promise<Reply> => {
    const reply = await fetch(url + path, {
      method,
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { body: asText(body) }),
    })
    const text = await reply.text()
    return { status: reply.status, headers: reply.headers, text, json: parsed(text) }
  }
  const createProject = async (name: string): Promise<ProjectCreated> => {
    const reply = await call('POST', '/api/v1/projects', { token: ADMIN_TOKEN, body: { name } })
    return JSON.parse(reply.text) as ProjectCreated
  }
  /** Somebody with an account and a sign-in: their id, and a token to send. */
  const person = async (name: string, administrator = false) => {
    if (await accounts.isEmpty()) await accounts.create(newAccount('first'))
    await accounts.create({ ...newAccount(name), administrator })
    const id = idOf(name)
    const signIn = newSignIn(`${name}${catalog.signIns.kept.size}`, name, clock.nowUs())
    await signIns.open(signIn)
    return {
      id,
      signInId: signIn.id,
      token: accessTokens.issue({ accountId: id, signInId: signIn.id }),
    }
  }
  const join = async (projectId: string, accountId: string, role: string): Promise<void> => {
    await catalog.members.add({ projectId, accountId, role, sinceUs: clock.nowUs() })
    await keys.refresh()
  }
  return {
    call,
    createProject,
    person,
    join,
    keys,
    identity,
    accessTokens,
    mails,
    rules,
    invitations,
    deps,
    url,
    port,
    faults,
    catalog,
    store,
    sessions,
    tail,
    clock,
    state,
    history,
    alertTail,
    ingest,
  }
}

/** Tasks that need nothing but their input, in this thread. */
const inlinePool: ApiDeps['pool'] = {
  async run<Result>(name: string, input: unknown): Promise<Result> {
    const task = await loadTask(manifest, name)
    return splitTransfer(await task(input, {} as ThreadTools)).result as Result
  },
}

interface CallOptions {
  readonly token?: string
  /** Text is sent as it is, anything else as JSON. */
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Record<string, unknown>
}

function asText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
