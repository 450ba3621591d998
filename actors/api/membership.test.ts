/** What people do together in a project: each way in, each way to more, and each way out. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ADMIN_TOKEN, apiWorld } from './testing/api-world.ts'

async function world(t: TestContext) {
  const api = await apiWorld(t, 'node')
  const ask = async (token: string, method: string, path: string, body?: unknown) => {
    const reply = await api.call(method, path, { token, ...(body === undefined ? {} : { body }) })
    return { status: reply.status, code: reply.json['code'] ?? null, json: reply.json }
  }
  const owner = await api.person('olga')
  const made = await ask(owner.token, 'POST', '/api/v1/projects', { name: 'shop' })
  const id = String(made.json['id'])
  const path = `/api/v1/projects/${id}`
  const join = async (name: string, role: string) => {
    const person = await api.person(name)
    const member = { projectId: id, accountId: person.id, role, sinceUs: api.clock.nowUs() }
    await api.catalog.members.add(member)
    await api.keys.refresh()
    return person
  }
  return { ...api, ask, owner, id, path, join }
}

/** A call that waits for a second one: what their callers had looked at, both had by then. */
function inPairs<Given extends unknown[], Answer>(
  call: (...given: Given) => Promise<Answer>,
): (...given: Given) => Promise<Answer> {
  let calls = 0
  let both: () => void = () => undefined
  const met = new Promise<void>(resolve => {
    both = resolve
  })
  return async (...given) => {
    if (++calls === 2) both()
    await met
    return await call(...given)
  }
}

test('nobody makes themselves more than they are, whatever JSON they write', async t => {
  const { ask, owner, path, join } = await world(t)
  const lead = { name: 'lead', permissions: ['members', 'logs.read'] }
  assert.equal((await ask(owner.token, 'POST', `${path}/roles`, lead)).status, 201)
  const leader = await join('lena', 'lead')
  const viewer = await join('vera', 'viewer')
  const refused = [
    [viewer, 'PATCH', `${path}/members/${viewer.id}`, { role: 'owner' }],
    [viewer, 'POST', `${path}/invitations`, { role: 'owner' }],
    [viewer, 'POST', `${path}/roles`, { name: 'mine', permissions: ['keys'] }],
    [leader, 'PATCH', `${path}/members/${leader.id}`, { role: 'owner' }],
    [leader, 'PATCH', `${path}/members/${viewer.id}`, { role: 'editor' }],
    [leader, 'POST', `${path}/invitations`, { role: 'owner' }],
    [leader, 'POST', `${path}/roles`, { name: 'mine', permissions: ['keys'] }],
    [leader, 'PUT', `${path}/roles/lead`, { permissions: ['members', 'keys'] }],
    [leader, 'PATCH', `${path}/members/${owner.id}`, { role: 'lead' }],
    [leader, 'DELETE', `${path}/members/${owner.id}`],
    [leader, 'DELETE', path],
    [leader, 'PATCH', `${path}/quotas`, { records_per_second: 0 }],
    [leader, 'PATCH', `/api/v1/accounts/${leader.id}`, { administrator: true }],
    [leader, 'PATCH', '/api/v1/system/config', { sign_up: 'open' }],
    [owner, 'PATCH', '/api/v1/system/config', { sign_up: 'open' }],
  ] as const
  for (const [who, method, at, body] of refused) {
    const { status, code } = await ask(who.token, method, at, body)
    assert.deepEqual([status, code], [403, 'LOGBOY_FORBIDDEN'], `${method} ${at}`)
  }
  for (const extra of [{ administrator: true }, { permissions: ['keys'] }, { account: owner.id }]) {
    const body = { role: 'viewer', ...extra }
    assert.equal(
      (await ask(leader.token, 'PATCH', `${path}/members/${viewer.id}`, body)).status,
      400,
    )
  }
  const unknown = { name: 'x', permissions: ['everything'] }
  assert.equal((await ask(owner.token, 'POST', `${path}/roles`, unknown)).status, 400)
  const own = await ask(viewer.token, 'GET', path)
  assert.equal(own.json['role'], 'viewer')
})

test('a project keeps an owner; everybody else may leave', async t => {
  const { ask, owner, path, join } = await world(t)
  const viewer = await join('vera', 'viewer')
  const leave = ({ id, token }: typeof viewer) => ask(token, 'DELETE', `${path}/members/${id}`)
  assert.equal((await leave(owner)).code, 'LOGBOY_CONFLICT')
  const demoted = await ask(owner.token, 'PATCH', `${path}/members/${owner.id}`, { role: 'viewer' })
  assert.equal(demoted.code, 'LOGBOY_CONFLICT')
  assert.equal((await leave(viewer)).status, 204)
  assert.equal((await ask(viewer.token, 'GET', path)).status, 404)
  const second = await join('sven', 'editor')
  const role = { role: 'owner' }
  assert.equal((await ask(owner.token, 'PATCH', `${path}/members/${second.id}`, role)).status, 200)
  assert.equal((await leave(owner)).status, 204)
  assert.equal((await leave(second)).code, 'LOGBOY_CONFLICT')
})

test('roles: built-in ones stay, used ones cannot go, a changed one holds at once', async t => {
  const { ask, owner, path, join } = await world(t)
  const roles = (method: string, at: string, body?: unknown) =>
    ask(owner.token, method, `${path}/roles${at}`, body)
  await roles('POST', '', { name: 'on-call', permissions: ['logs.read'] })
  assert.equal(
    (await roles('POST', '', { name: 'on-call', permissions: [] })).code,
    'LOGBOY_NAME_TAKEN',
  )
  assert.equal(
    (await roles('POST', '', { name: 'owner', permissions: [] })).code,
    'LOGBOY_NAME_TAKEN',
  )
  assert.equal((await roles('PUT', '/viewer', { permissions: [] })).code, 'LOGBOY_CONFLICT')
  assert.equal((await roles('PUT', '/nobody', { permissions: [] })).code, 'LOGBOY_NOT_FOUND')
  const member = await join('oscar', 'on-call')
  assert.equal((await ask(member.token, 'GET', `${path}/keys`)).status, 403)
  await roles('PUT', '/on-call', { name: 'on-call', permissions: ['logs.read', 'keys'] })
  assert.equal((await ask(member.token, 'GET', `${path}/keys`)).status, 200)
  const stale = { permissions: ['logs.read'], expected: ['logs.read'] }
  const refused = await roles('PUT', '/on-call', stale)
  assert.deepEqual([refused.status, refused.code], [409, 'LOGBOY_CONFLICT'])
  assert.match(String(refused.json['detail']), /permissions is now \["logs.read","keys"\]/)
  assert.equal((await ask(member.token, 'GET', `${path}/keys`)).status, 200, 'nothing was changed')
  assert.equal(
    (await roles('PUT', '/on-call', { ...stale, expected: ['keys', 'logs.read'] })).status,
    200,
  )
  assert.equal((await roles('DELETE', '/on-call')).code, 'LOGBOY_CONFLICT')
  await ask(owner.token, 'PATCH', `${path}/members/${member.id}`, { role: 'viewer' })
  assert.equal((await roles('DELETE', '/on-call')).status, 204)
})

test('an invitation is looked at by anyone, mailed, and good once', async t => {
  const { ask, call, owner, path, person, mails, clock } = await world(t)
  const email = 'Nina@Example.org'
  const made = await ask(owner.token, 'POST', `${path}/invitations`, { role: 'editor', email })
  assert.partialDeepStrictEqual(made.json, { mailed: true, email: 'nina@example.org' })
  const url = new URL(String(made.json['url']))
  assert.ok(mails.at(-1)?.text.includes(url.href))
  const token = url.searchParams.get('token') ?? ''
  const look = await call('POST', '/api/v1/invitations/look', { body: { token } })
  assert.partialDeepStrictEqual(look.json, { project: { name: 'shop' }, role: 'editor' })
  const listed = await call('GET', `${path}/invitations`, { token: owner.token })
  assert.ok(!listed.text.includes(token) && listed.text.includes('nina@example.org'))
  const accept = (bearer: string, text = token) =>
    ask(bearer, 'POST', '/api/v1/invitations/accept', { token: text })
  const stranger = await person('stan')
  assert.equal((await accept(stranger.token)).code, 'LOGBOY_NOT_FOUND')
  assert.equal((await accept(ADMIN_TOKEN)).code, 'LOGBOY_FORBIDDEN')
  const nina = await person('nina')
  assert.partialDeepStrictEqual((await accept(nina.token)).json, { role: 'editor' })
  assert.equal((await accept(nina.token)).code, 'LOGBOY_NOT_FOUND')
  const open = await ask(owner.token, 'POST', `${path}/invitations`, {
    role: 'viewer',
    expires_in: 60,
  })
  assert.equal(open.json['mailed'], false)
  const later = new URL(String(open.json['url'])).searchParams.get('token') ?? ''
  clock.advance(61_000)
  assert.equal((await accept(stranger.token, later)).code, 'LOGBOY_NOT_FOUND')
  const gone = await call('POST', '/api/v1/invitations/look', { body: { token: later } })
  assert.equal(gone.status, 404)
})

test('two tabs that change one view: the second is told', async t => {
  const { ask, owner, path, join } = await world(t)
  const viewer = await join('vera', 'viewer')
  const views = `${path}/saved-views`
  const made = await ask(owner.token, 'POST', views, {
    name: 'errors',
    address: 'query=level%3Aerror',
  })
  const at = `${views}/${String(made.json['id'])}`
  const change = { name: 'all errors', address: 'query=a', shared: true, version: 1 }
  assert.equal((await ask(viewer.token, 'PUT', at, change)).status, 404)
  assert.equal((await ask(owner.token, 'PUT', at, change)).json['version'], 2)
  assert.equal((await ask(owner.token, 'PUT', at, change)).code, 'LOGBOY_CONFLICT')
  assert.equal((await ask(viewer.token, 'GET', views)).json['views'] instanceof Array, true)
  assert.equal((await ask(viewer.token, 'DELETE', at)).code, 'LOGBOY_FORBIDDEN')
  assert.equal((await ask(owner.token, 'DELETE', at)).status, 204)
})

test('what was changed is noted with who, from where and what, without secrets', async t => {
  const { ask, owner, path, id, join } = await world(t)
  await ask(owner.token, 'POST', `${path}/keys`, { name: 'edge' })
  await ask(owner.token, 'PATCH', path, { name: 'store' })
  await ask(owner.token, 'POST', `${path}/roles`, { name: 'x', permissions: ['nonsense'] })
  await ask(owner.token, 'POST', '/api/v1/logs/search', { project: id, query: 'secret word' })
  const read = async (query: string, token = ADMIN_TOKEN) =>
    (await ask(token, 'GET', `/api/v1/audit?${query}`)).json['entries'] as {
      action: string
      actor: string
      peer: string
      detail: object
    }[]
  const entries = await read(`project=${id}`)
  assert.deepEqual(
    entries.map(({ action }) => action),
    ['project.update', 'key.create', 'project.create'],
  )
  assert.partialDeepStrictEqual(entries[0], { actor: owner.id, detail: { name: 'store' } })
  assert.notEqual(entries[0]?.peer, '')
  const config = { audit_searches: true }
  await ask(ADMIN_TOKEN, 'PATCH', '/api/v1/system/config', config)
  await ask(owner.token, 'POST', '/api/v1/logs/search', { project: id, query: 'a word' })
  const [search] = await read('action=logs.')
  assert.partialDeepStrictEqual(search, { actor: owner.id, detail: { query: 'a word' } })
  const [update] = await read('action=system.')
  assert.partialDeepStrictEqual(update, { actor: 'administrator', detail: config })
  const viewer = await join('vera', 'viewer')
  assert.equal((await ask(viewer.token, 'GET', `/api/v1/audit?project=${id}`)).status, 403)
  assert.equal((await ask(owner.token, 'GET', '/api/v1/audit')).status, 403)
  assert.equal((await read(`project=${id}`, owner.token)).length, 4)
  const token = await ask(owner.token, 'POST', '/api/v1/tokens', { name: 'nightly' })
  assert.equal(token.status, 201)
  const login = { email: 'olga@example.org', password: 'wrong horse battery' }
  await ask(owner.token, 'POST', '/api/v1/auth/login', login)
  const all = JSON.stringify(await read('limit=1000'))
  assert.ok(!all.includes(String(token.json['token'])) && !all.includes('wrong horse'))
})

test('settings of the installation hold at once', async t => {
  const { ask, owner } = await world(t)
  const config = (body: object) => ask(ADMIN_TOKEN, 'PATCH', '/api/v1/system/config', body)
  const changed = await config({ retention_days_default: 3, projects_by_anyone: false })
  assert.partialDeepStrictEqual(changed.json, { retention_days_default: 3, sign_up: 'invitation' })
  const refused = await ask(owner.token, 'POST', '/api/v1/projects', { name: 'mine' })
  assert.equal(refused.status, 403)
  const made = await ask(ADMIN_TOKEN, 'POST', '/api/v1/projects', { name: 'theirs' })
  assert.equal(made.json['retention_days'], 3)
  assert.equal((await config({ audit_days: -1 })).status, 400)
  const late = { audit_days: 7, expected: { retention_days_default: 30 } }
  assert.deepEqual([(await config(late)).status, (await config({})).json['audit_days']], [409, 365])
  assert.equal((await config({ ...late, expected: { audit_days: 365 } })).json['audit_days'], 7)
  assert.equal((await config({ nonsense: 1 })).status, 400)
})

test('of two tabs that edit one project the later one is told, and changes nothing', async t => {
  const { ask, owner, path } = await world(t)
  const change = (body: object) => ask(owner.token, 'PATCH', path, body)
  const { name, retention_days: days } = (await ask(owner.token, 'GET', path)).json
  assert.equal(
    (await change({ retention_days: 7, expected: { retention_days: days } })).status,
    200,
  )
  const late = await change({
    name: 'mine',
    retention_days: 9,
    expected: { name, retention_days: days },
  })
  assert.deepEqual([late.status, late.code], [409, 'LOGBOY_CONFLICT'])
  assert.match(String(late.json['detail']), /meanwhile: retention_days is now 7$/)
  assert.partialDeepStrictEqual((await ask(owner.token, 'GET', path)).json, {
    name,
    retention_days: 7,
  })
  // What nobody else has touched is no conflict.
  assert.equal((await change({ name: 'mine', expected: { name } })).status, 200)
  assert.equal((await change({ name: 'mine', expected: { nonsense: 1 } })).status, 400)
})

test('limits and the schema of a project: the later of two tabs is told, too', async t => {
  const { ask, owner, path } = await world(t)
  const put = (at: string, method: string, body?: object) => ask(ADMIN_TOKEN, method, at, body)
  const made = await ask(owner.token, 'POST', `${path}/keys`, { records_per_second: 5 })
  for (const at of [`${path}/quotas`, `${path}/keys/${String(made.json['id'])}`]) {
    const { json } = at.endsWith('quotas') ? await put(at, 'GET') : made
    const expected = { records_per_second: json['records_per_second'] }
    assert.equal((await put(at, 'PATCH', { records_per_second: 7, expected })).status, 200)
    const late = await put(at, 'PATCH', { records_per_second: 9, bytes_per_second: 9, expected })
    assert.deepEqual([late.status, late.code], [409, 'LOGBOY_CONFLICT'], at)
    assert.match(String(late.json['detail']), /records_per_second is now 7/)
    const kept = await put(at, 'PATCH', { expected: { bytes_per_second: 0 } })
    assert.partialDeepStrictEqual(kept.json, { records_per_second: 7, bytes_per_second: 0 })
  }
  const schema = `${path}/schema`
  const { version } = (await ask(owner.token, 'GET', schema)).json
  const mine = { required: ['service'] }
  const at = `${schema}?version=${String(version)}`
  const first = await ask(owner.token, 'PUT', at, mine)
  assert.deepEqual([first.status, first.json['schema']], [200, mine])
  for (const [method, body] of [
    ['PUT', { required: ['host'] }],
    ['DELETE', undefined],
  ] as const) {
    const late = await ask(owner.token, method, at, body)
    assert.deepEqual([late.status, late.code], [409, 'LOGBOY_CONFLICT'], method)
  }
  const now = await ask(owner.token, 'GET', schema)
  assert.deepEqual(now.json, first.json)
  const next = `${schema}?version=${String(now.json['version'])}`
  assert.equal((await ask(owner.token, 'DELETE', next)).status, 204)
})

test('of changes at the same moment that expect one state, one is made', async t => {
  const { ask, owner, path, catalog } = await world(t)
  await ask(owner.token, 'POST', `${path}/roles`, { name: 'on-call', permissions: ['logs.read'] })
  const { members, systemSettings } = catalog
  t.mock.method(catalog, 'updateProject', inPairs(catalog.updateProject.bind(catalog)))
  t.mock.method(members, 'putRole', inPairs(members.putRole.bind(members)))
  t.mock.method(systemSettings, 'change', inPairs(systemSettings.change.bind(systemSettings)))
  const { retention_days: days } = (await ask(owner.token, 'GET', path)).json
  const both = async (token: string, method: string, at: string, bodies: readonly object[]) => {
    const replies = await Promise.all(bodies.map(body => ask(token, method, at, body)))
    assert.deepEqual(
      replies.map(({ status }) => status).toSorted((a, b) => a - b),
      [200, 409],
      at,
    )
  }
  const expected = { retention_days: days }
  await both(
    owner.token,
    'PATCH',
    path,
    [7, 9].map(retention_days => ({ retention_days, expected })),
  )
  await both(
    owner.token,
    'PUT',
    `${path}/roles/on-call`,
    ['keys', 'archive'].map(name => ({ permissions: [name], expected: ['logs.read'] })),
  )
  await both(
    ADMIN_TOKEN,
    'PATCH',
    '/api/v1/system/config',
    [7, 9].map(audit_days => ({ audit_days, expected: { audit_days: 365 } })),
  )
})

test('a project is deleted with its keys, members and views, and nothing of others', async t => {
  const { ask, owner, path, id, join, createProject, keys, state } = await world(t)
  const other = await createProject('other')
  const made = await ask(owner.token, 'POST', `${path}/keys`, {})
  const key = String(made.json['key'])
  const editor = await join('edda', 'editor')
  assert.equal((await ask(editor.token, 'DELETE', path)).status, 403)
  assert.equal((await ask(key, 'DELETE', path)).status, 403)
  assert.equal((await keys.verify(key)).type, 'verified')
  assert.equal((await ask(owner.token, 'DELETE', path)).status, 204)
  assert.deepEqual(state.erased, [id])
  assert.equal((await keys.verify(key)).type, 'unknown')
  assert.equal((await ask(owner.token, 'GET', path)).status, 404)
  assert.equal((await ask(owner.token, 'DELETE', path)).status, 404)
  assert.equal((await keys.verify(other.read_key)).type, 'verified')
})
