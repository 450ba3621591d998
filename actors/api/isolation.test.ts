/**
 * Tenants: whatever somebody asks with whatever they have, another's project is answered as one that
 * does not exist. `LOGBOY_REQUESTS=100000` for the long run, `LOGBOY_TEST_SEED` for other ones.
 */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { status } from '@grpc/grpc-js'
import { z } from 'zod/v4'
import { newSignIn } from '#actors/catalog/testing/people.ts'
import { letterOf } from '#actors/commit-log/testing/dead-letter-suite.ts'
import { GRPC_SERVICE, startGrpc } from '#actors/gateway/grpc-server.ts'
import { ingestRoutes } from '#actors/gateway/ingest-http.ts'
import { OpenStreams } from '#actors/gateway/open-streams.ts'
import { EXPORT_LOGS_PATH } from '#actors/gateway/otlp/otlp-grpc.ts'
import { OtlpClient } from '#actors/gateway/otlp/testing/otlp-client.ts'
import { otlpLogs } from '#actors/gateway/otlp/testing/otlp-requests.ts'
import { otlpDoor, testBatch } from '#actors/gateway/testing/ingest-world.ts'
import type { Route, SocketRoute } from '#actors/http/http-server.ts'
import type { HttpProblem } from '#actors/http/problem.ts'
import { mintApiToken } from '#actors/identity/api-token.ts'
import { RunningServer } from '#actors/testing/running-server.ts'
import { encodeClientMessage, parseServerMessage, STREAM_PATH } from '#proto/stream.ts'
import { seededRandom } from '#runtime/random.ts'
import { nextRound } from '#runtime/scheduler.ts'
import { apiRoutes, apiSockets } from './api-routes.ts'
import { ADMIN_TOKEN, apiWorld } from './testing/api-world.ts'
import {
  type Answered,
  answered,
  httpRequest,
  randomRequest,
  renamed,
  type Values,
} from './testing/random-requests.ts'

const REQUESTS = Number(process.env['LOGBOY_REQUESTS'] ?? 3_000)
const SEED = Number(process.env['LOGBOY_TEST_SEED'] ?? 1) || 1
/** In everything that is the victim's. */
const MARK = 'the-victims-secret'
const ROLE = 'role-of-vera'
/** A person's sign-in lasts fifteen minutes, and each pair of requests a second. */
const SIGN_IN_EVERY = 500
/** They know no project, and answer twice the same differently: who tries often has to wait. */
const UNASKED = /^(POST \/api\/v1\/(auth|sessions|projects$|tokens$)|DELETE \/api\/v1\/session$)/

test(`${REQUESTS} random requests for what is another's find what is nobody's`, async t => {
  const world = await tenants(t)
  const { victim, nobody, snapshot, table, clock, store, ingest, mallory } = world
  const random = seededRandom(SEED)
  const before = await snapshot()
  const asked = new Map<string, number>()
  let credentials = await world.credentials()
  for (let round = 0; round < REQUESTS / 2; round++) {
    if (round % SIGN_IN_EVERY === SIGN_IN_EVERY - 1) credentials = await world.credentials()
    clock.advance(1_000)
    const route = table[random.below(table.length)] as Route
    const name = `${route.method} ${route.path}`
    if (UNASKED.test(name)) continue
    const [kind, headersOf] = credentials[random.below(credentials.length)] as Credential
    const request = randomRequest(route, victim, random)
    // Half of the time only what is below the project is another's.
    const isOwn = /\/:id\/.*(:|dead-letters\/)|\/:(rule|channel|silence)/.test(route.path)
    const own = isOwn && random.below(2) === 0 ? { project: mallory, id: mallory } : {}
    const ask = async (values: Values): Promise<Answered> => {
      const sent = renamed(request, victim, values)
      const text = sent.body === undefined ? '' : JSON.stringify(sent.body)
      return answered({
        ...sent,
        parameters: parametersOf(route, values),
        headers: headersOf(text),
      })
    }
    const [theirs, nobodys] = [
      { ...victim, ...own },
      { ...nobody, ...own },
    ]
    const [found, expected] = [await ask(theirs), await ask(nobodys)]
    const context = `seed ${SEED}, round ${round}, ${kind}: ${name} ${JSON.stringify([request.query, request.body])}`
    assert.equal(found.status, expected.status, `${context}: ${found.text} / ${expected.text}`)
    assert.ok(!found.text.includes(MARK), `${context}: ${found.text}`)
    if (found.status >= 400) assert.equal(asNobodys(found.text), expected.text, context)
    if (namesProject(route, request.body, request.query) && !('id' in own)) {
      assert.ok(REFUSALS.has(found.code ?? ''), `${context}: ${found.status} ${found.text}`)
    }
    const answer = `${kind} ${found.code ?? found.status}`
    asked.set(answer, (asked.get(answer) ?? 0) + 1)
  }
  assert.deepEqual(await snapshot(), before)
  const touched = [...store.searches, ...store.analyses, ...store.deletions]
  assert.ok(touched.every(({ projectId }) => projectId !== victim['project']))
  assert.ok(ingest.log.stored.every(({ envelope }) => envelope.projectId === mallory))
  for (const kind of ['person', 'token']) {
    const unknown = asked.get(`${kind} LOGBOY_PROJECT_UNKNOWN`) ?? 0
    assert.ok(unknown > REQUESTS / 40, `${kind}: ${JSON.stringify([...asked])}`)
  }
  t.diagnostic(JSON.stringify(Object.fromEntries([...asked].sort(([, a], [, b]) => b - a))))

  function asNobodys(text: string): string {
    let expected = text
    for (const [name, value] of Object.entries(victim)) {
      if (typeof value === 'string') expected = expected.replaceAll(value, String(nobody[name]))
    }
    return expected
  }
})

/** What a body needs beside the project: without it nothing would be asked. */
const SILENCE = {
  matchers: [{ label: 'alertname', op: '=', value: 'a' }],
  ends_at: 'now+1h',
}
const RANGE = { start_time: 0, end_time: 'now' }
const BODIES: Readonly<Record<string, object>> = {
  'POST /api/v1/logs/delete': RANGE,
  'POST /api/v1/logs/facets': { fields: ['service'] },
  'POST /api/v1/metrics/query': { name: 'requests', function: 'rate' },
  'POST /api/v1/alerts/rules': { rule: {} },
  'PUT /api/v1/alerts/rules/:rule': { rule: {} },
  'POST /api/v1/alerts/rules/preview': { rule: {} },
  'POST /api/v1/alerts/rules/backtest': { rule: {} },
  'POST /api/v1/alerts/rules/import': { text: 'rules: []' },
  'POST /api/v1/channels/preview': { template: {} },
  'POST /api/v1/channels': { name: 'a', settings: { kind: 'email', to: ['ada@example.org'] } },
  'PUT /api/v1/channels/:channel': { name: 'a' },
  'POST /api/v1/silences': SILENCE,
  'PUT /api/v1/silences/:silence': SILENCE,
}

test('every route about a project says of another\u2019s that there is none', async t => {
  const { table, victim, credentials } = await tenants(t)
  const [[, headersOf]] = (await credentials()) as [Credential, ...Credential[]]
  const told: string[] = []
  const members = table.filter(route => route.about?.who === 'member')
  for (const route of members) {
    const { project } = victim
    const name = `${route.method} ${route.path}`
    const isInPath = route.path.startsWith('/api/v1/projects/:id')
    const hasBody = route.bodyBytesMax !== undefined
    const body = hasBody ? { ...(isInPath ? {} : { project }), ...BODIES[name] } : undefined
    const query = hasBody || isInPath ? {} : { project }
    const parameters = parametersOf(route, victim)
    const reply = await answered({ route, query, body, parameters, headers: headersOf('') })
    if (reply.code === 'LOGBOY_PROJECT_UNKNOWN') told.push(name)
  }
  assert.ok(members.length > 40)
  assert.deepEqual(
    members.map(({ method, path }) => `${method} ${path}`).filter(name => !told.includes(name)),
    [],
  )
})

/** What may be said of a project that is not the caller's, by what they come with. */
const REFUSALS = new Set([
  'LOGBOY_PROJECT_UNKNOWN',
  // By a key that may not read, or that is none here.
  'LOGBOY_SCOPE_MISSING',
  'LOGBOY_KEY_UNKNOWN',
  'LOGBOY_SESSION_MISSING',
  // Nobody who is not an administrator.
  'LOGBOY_FORBIDDEN',
  // The body is looked at before the project it names.
  'LOGBOY_BAD_REQUEST',
  'LOGBOY_BAD_BODY',
  'LOGBOY_BAD_QUERY',
])

test('a socket about another project is refused as about none, with every credential', async t => {
  const { deps, victim, nobody, credentials } = await tenants(t)
  const open = async (
    socket: SocketRoute,
    query: Values,
    headers: Readonly<Record<string, string>>,
  ): Promise<string> => {
    const sent = { query, body: undefined, parameters: {}, headers }
    const route = { method: 'GET', path: socket.path } as Route
    const request = httpRequest('GET', socket.path, { ...sent, route })
    return socket.upgrade(request).then(
      () => 'open',
      (error: HttpProblem) => `${error.code} ${error.message}`,
    )
  }
  const opened = apiSockets(deps).flatMap(socket => kindsOf(socket).map(kind => ({ socket, kind })))
  assert.ok(opened.length >= 4)
  for (const { socket, kind } of opened) {
    for (const [who, headersOf] of await credentials()) {
      const ask = ({ project }: Values) => open(socket, { project, ...kind }, headersOf(''))
      const [found, expected] = [await ask(victim), await ask(nobody)]
      const context = `${who}: ${socket.path} ${JSON.stringify(kind)}`
      const refusal = found.replaceAll(String(victim['project']), String(nobody['project']))
      assert.equal(refusal, expected, context)
      assert.ok(REFUSALS.has(found.split(' ')[0] ?? ''), `${context}: ${found}`)
    }
  }
})

/** What may be asked of a socket: nothing, and each kind that its document names. */
function kindsOf({ about }: SocketRoute): readonly { readonly kind?: string }[] {
  const shape = about?.query instanceof z.ZodObject ? about.query.shape : {}
  const kind: unknown = shape['kind']
  const inner: unknown = kind instanceof z.ZodOptional ? kind.unwrap() : kind
  const names = inner instanceof z.ZodEnum ? inner.options : []
  return [{}, ...names.map(name => ({ kind: String(name) }))]
}

test('what is asked here is all that a server has: routes, sockets, methods of gRPC', async t => {
  const { table, deps } = await tenants(t)
  const server = await RunningServer.start()
  t.after(async () => {
    await server.stop()
    server.remove()
  })
  const { body } = await server.call<{ paths: Record<string, Record<string, object>> }>(
    'GET',
    '/api/v1/openapi.json',
  )
  const served = Object.entries(body.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map(method => `${method.toUpperCase()} ${path}`),
  )
  const asked = [
    ...table.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`),
    ...apiSockets(deps).map(({ path }) => `GET ${path}`),
  ]
  assert.deepEqual(served.sort(), asked.sort())
  assert.deepEqual(
    Object.values(GRPC_SERVICE).map(({ path }) => path),
    [STREAM_PATH, EXPORT_LOGS_PATH],
  )
})

test('a stream stores for the project of its key alone, and knows no other credential', async t => {
  const { ingest, credentials, mallory, keys } = await tenants(t)
  const streams = new OpenStreams({ ...ingest.deps, verifier: keys })
  t.after(() => streams.stop(0))
  const ends: Record<string, string> = {}
  for (const [kind, headersOf] of await credentials()) {
    const [, key = ''] = (headersOf('')['authorization'] ?? '').split(' ')
    let said = ''
    const stream = streams.open({
      peer: '10.0.0.9',
      send: bytes => {
        said ||= parseServerMessage(bytes)?.type ?? ''
        return true
      },
      pause: () => undefined,
      resume: () => undefined,
      end: ({ status }) => {
        said ||= status
      },
    })
    const hello = { producer: BigInt(kind.length), epoch: 1, firstUnacked: 1, schema: 1 }
    stream.received(encodeClientMessage({ type: 'hello', key, ...hello }))
    for (let turn = 0; turn < 20; turn++) await nextRound()
    const batch = testBatch(1, `project ${MARK}`)
    if (said === 'welcome') {
      stream.received(encodeClientMessage({ type: 'batch', sequence: 1, schema: 1, batch }))
    }
    for (let turn = 0; turn < 50; turn++) await nextRound()
    ends[kind] = said
    stream.gone()
  }
  assert.deepEqual(ends, {
    person: 'unauthenticated',
    token: 'unauthenticated',
    read: 'forbidden',
    ingest: 'welcome',
    signing: 'unauthenticated',
    nothing: 'unauthenticated',
  })
  assert.equal(ingest.log.stored.length, 1)
  assert.ok(ingest.log.stored.every(({ envelope }) => envelope.projectId === mallory))
})

test('a call of OpenTelemetry stores for the project of its key alone', async t => {
  const { ingest, credentials, mallory, keys, clock } = await tenants(t)
  const deps = { ...ingest.deps, verifier: keys }
  const streams = new OpenStreams(deps)
  const otlp = otlpDoor({ deps, log: ingest.log })
  const onFault = (error: Error): never => assert.fail(error)
  const where = { host: '127.0.0.1', port: 0, tls: null, closeGraceMs: 0 }
  const server = await startGrpc({ ...where, streams, otlp, clock, onFault })
  t.after(() => server.close())
  const client = new OtlpClient(t, server.port)
  const ends: Record<string, number> = {}
  for (const [kind, headersOf] of await credentials()) {
    ends[kind] = await client.code(otlpLogs(`project ${MARK}`), headersOf(''))
  }
  const { OK, UNAUTHENTICATED, PERMISSION_DENIED } = status
  assert.deepEqual(ends, {
    person: UNAUTHENTICATED,
    token: UNAUTHENTICATED,
    read: PERMISSION_DENIED,
    ingest: OK,
    signing: UNAUTHENTICATED,
    nothing: UNAUTHENTICATED,
  })
  assert.equal(ingest.log.stored.length, 1)
  assert.ok(ingest.log.stored.every(({ envelope }) => envelope.projectId === mallory))
})

type Credential = readonly [
  kind: string,
  headersOf: (body: string) => Readonly<Record<string, string>>,
]

/** One has a project with all that a project can have; the other wants it. */
async function tenants(t: TestContext) {
  const api = await apiWorld(t, 'node')
  const { catalog, clock, keys, accessTokens, deps, ingest } = api
  const ask = async (token: string, path: string, body: object) =>
    JSON.parse((await api.call('POST', path, { token, body })).text) as Record<string, unknown>
  const vera = await api.person('vera')
  const mallory = await api.person('mallory')
  const own = (name: string, token: string) => ask(token, '/api/v1/projects', { name })
  const project = String((await own(`${MARK}-project`, vera.token))['id'])
  const attackers = await own('of mallory', mallory.token)
  const attackersId = String(attackers['id'])
  const at = `/api/v1/projects/${project}`
  const key = await ask(vera.token, `${at}/keys`, { name: MARK })
  const view = await ask(vera.token, `${at}/saved-views`, { name: MARK, address: '', shared: true })
  const invitation = await ask(vera.token, `${at}/invitations`, { role: 'viewer' })
  await ask(vera.token, `${at}/roles`, { name: ROLE, permissions: ['logs.read'] })
  const others = { matchers: [{ label: 'alertname', op: '=', value: MARK }], ends_at: 'now+7d' }
  const mailed = { kind: 'email', to: [`${MARK}@example.org`] }
  const madeOf = async (path: string, body: object): Promise<string> => {
    const { id } = await ask(vera.token, path, { project, ...body })
    assert.equal(typeof id, 'string', path)
    return String(id)
  }
  const rule = await madeOf('/api/v1/alerts/rules', { rule: { name: MARK, condition: '> 1' } })
  const channel = await madeOf('/api/v1/channels', { name: MARK, settings: mailed })
  const silence = await madeOf('/api/v1/silences', others)
  const [letter = ''] = await ingest.letters.put([letterOf({ projectId: project, reason: MARK })])
  const signing = await ask(mallory.token, `/api/v1/projects/${attackersId}/keys`, {
    kind: 'signing',
  })
  const minted = mintApiToken(api.deps.random)
  await catalog.apiTokens.create({
    id: minted.id,
    accountId: mallory.id,
    name: 'mine',
    secretSha256: minted.secretSha256,
    createdAtUs: clock.nowUs(),
    expiresAtUs: null,
  })
  await keys.refresh()
  const victim: Values = {
    project,
    id: project,
    key: String(key['id']),
    view: String(view['id']),
    invitation: String(invitation['id']),
    rule,
    channel,
    silence,
    letter,
    ids: [letter],
    account: vera.id,
    name: ROLE,
  }
  const nobody: Values = {
    ...victim,
    project: 'zzzzzzzzzz',
    id: 'zzzzzzzzzz',
    key: 'zzzzzzzzzzzz',
    view: 'yyyyyyyyyyyy',
    invitation: 'xxxxxxxxxxxx',
    rule: 'v'.repeat(rule.length),
    channel: 'u'.repeat(channel.length),
    silence: 't'.repeat(silence.length),
    letter: '00000000000-000000000000',
    ids: ['00000000000-000000000000'],
    account: 'wwwwwwwwwwww',
    name: 'a-role-of-nobody',
  }
  const snapshot = async () => ({
    project: await catalog.project(project),
    keys: await catalog.keys(project),
    members: await catalog.members.list(project),
    roles: await catalog.members.roles(project),
    invitations: await catalog.invitations.list(project, 0),
    views: await catalog.savedViews.list(project, vera.id),
    schema: await catalog.recordSchema(project),
    letters: await ingest.letters.list({ projectId: project, limit: 99 }),
    alerting: await Promise.all(
      ['alerts/rules', 'channels', 'silences'].map(async path => {
        const found = await api.call('GET', `/api/v1/${path}?project=${project}`, {
          token: ADMIN_TOKEN,
        })
        assert.ok(found.status === 200 && found.text.includes(MARK), found.text)
        return found.text
      }),
    ),
    vera: await catalog.accounts.find(vera.id),
  })
  const bearer = (text: string) => () => ({ authorization: `Bearer ${text}` })
  let signed = 0
  const sign = (body: string) => {
    // Of one body and moment there is one signature, which is taken once.
    const timestamp = String(Math.floor(clock.nowUs() / 1_000_000) + (signed++ % 200))
    const hmac = createHmac('sha256', String(signing['key'])).update(`${timestamp}.${body}`)
    return {
      'logboy-key-id': String(signing['id']),
      'logboy-timestamp': timestamp,
      'logboy-signature': `v1=${hmac.digest('hex')}`,
    }
  }
  let signIns = 0
  /** A fresh sign-in each time: they end. */
  const credentials = async (): Promise<Credential[]> => {
    const signIn = newSignIn(`mallory${signIns++}x`, 'mallory', clock.nowUs())
    await catalog.signIns.open(signIn)
    const token = accessTokens.issue({ accountId: mallory.id, signInId: signIn.id })
    return [
      ['person', bearer(token)],
      ['token', bearer(minted.text)],
      ['read', bearer(String(attackers['read_key']))],
      ['ingest', bearer(String(attackers['ingest_key']))],
      ['signing', sign],
      ['nothing', () => ({})],
    ]
  }
  const doors = ingestRoutes({
    ...ingest.deps,
    verifier: keys,
    log: ingest.log,
    random: deps.random,
  })
  const table = [...doors, ...apiRoutes(deps, doors)]
  return { ...api, victim, nobody, mallory: attackersId, snapshot, credentials, table }
}

function parametersOf({ path }: Route, values: Values): Record<string, string> {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  const textOf = (value: unknown): string => (typeof value === 'string' ? value : 'x')
  return Object.fromEntries(names.map(name => [name, textOf(values[name])]))
}

/** In its path, or where the route looks for it. */
function namesProject({ path, about }: Route, body: unknown, query: Values): boolean {
  if (about?.who !== 'member') return false
  if (path.startsWith('/api/v1/projects/:id')) return true
  return 'project' in query || (typeof body === 'object' && body !== null && 'project' in body)
}
