/** Who may do what: people, their roles, and projects that are not theirs. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { nextRound } from '#runtime/scheduler.ts'
import { apiWorld } from './testing/api-world.ts'

async function world(t: TestContext) {
  const api = await apiWorld(t, 'node')
  const ask = async (token: string, method: string, path: string, body?: unknown) => {
    const reply = await api.call(method, path, { token, ...(body === undefined ? {} : { body }) })
    return { status: reply.status, code: reply.json['code'] ?? null, json: reply.json }
  }
  const owner = await api.person('olga')
  const made = await ask(owner.token, 'POST', '/api/v1/projects', { name: 'shop' })
  return { ...api, ask, owner, id: String(made.json['id']) }
}

test('who makes a project owns it, and sees no other', async t => {
  const { ask, owner, id, createProject } = await world(t)
  await createProject('of somebody else')
  const { json } = await ask(owner.token, 'GET', '/api/v1/projects')
  const [project, ...more] = json['projects'] as Record<string, unknown>[]
  assert.deepEqual([project?.['id'], project?.['role'], more], [id, 'owner', []])
  const one = await ask(owner.token, 'GET', `/api/v1/projects/${id}`)
  assert.deepEqual(one.json, project)
})

test('a project that is not the caller\u2019s is unknown, whether there is one or not', async t => {
  const { ask, person, createProject, call, id } = await world(t)
  const foreign = await createProject('foreign')
  const { token } = await person('mallory')
  const routes = (project: string) =>
    [
      ['GET', `/api/v1/projects/${project}`],
      ['PATCH', `/api/v1/projects/${project}`, { name: 'mine' }],
      ['PATCH', `/api/v1/projects/${project}`, { nonsense: 1 }],
      ['GET', `/api/v1/projects/${project}/keys`],
      ['POST', `/api/v1/projects/${project}/keys`, {}],
      ['DELETE', `/api/v1/projects/${project}/keys/abcdefghijkl`],
      ['POST', '/api/v1/logs/search', { project }],
      ['POST', '/api/v1/logs/delete', { project, start_time: 0, end_time: 'now' }],
      ['GET', `/api/v1/logs/export?project=${project}`],
      ['GET', `/api/v1/alerts/rules?project=${project}`],
      ['POST', '/api/v1/alerts/rules', { project, rule: { name: 'a', condition: '> 1' } }],
      ['GET', `/api/v1/alerts/history?project=${project}`],
      ['POST', '/api/v1/alerts/1/acknowledge', { project }],
      ['GET', `/api/v1/tail?project=${project}`],
    ] as const
  for (const bearer of [token, foreign.read_key]) {
    for (const [at, [method, path, body]] of routes('zzzzzzzzzz').entries()) {
      if (path.includes('/tail')) continue
      const nobodys = await ask(bearer, method, path, body)
      const [, pathOfSomebody = ''] = routes(id)[at] ?? []
      const [, , bodyOfSomebody] = routes(id)[at] ?? []
      const reply = await call(method, pathOfSomebody, {
        token: bearer,
        ...(body === undefined ? {} : { body: bodyOfSomebody }),
      })
      assert.equal(nobodys.status, 404, `${method} ${path}`)
      assert.equal(nobodys.code, 'LOGBOY_PROJECT_UNKNOWN')
      const expected = JSON.stringify(nobodys.json).replaceAll('zzzzzzzzzz', id)
      assert.equal(reply.text, expected, `${method} ${path}`)
    }
  }
})

test('a member without a permission is told which one is missing', async t => {
  const { ask, person, join, id } = await world(t)
  const viewer = await person('vera')
  await join(id, viewer.id, 'viewer')
  const refused = [
    ['GET', `/api/v1/projects/${id}/keys`, undefined, 'keys'],
    ['PATCH', `/api/v1/projects/${id}`, { name: 'x' }, 'settings'],
    ['PATCH', `/api/v1/projects/${id}`, { retention_days: 0 }, 'retention'],
    ['PATCH', `/api/v1/projects/${id}`, { records_per_second: 0 }, 'administrator'],
    ['POST', '/api/v1/logs/delete', { project: id, start_time: 0, end_time: 'now' }, 'logs.delete'],
  ] as const
  for (const [method, path, body, missing] of refused) {
    const { status, code, json } = await ask(viewer.token, method, path, body)
    assert.deepEqual([status, code], [403, 'LOGBOY_FORBIDDEN'], path)
    assert.match(String(json['detail']), new RegExp(missing.replace('.', '\\.')))
  }
  const found = await ask(viewer.token, 'POST', '/api/v1/logs/search', { project: id })
  assert.equal(found.status, 200)
  const exported = await ask(viewer.token, 'GET', `/api/v1/logs/export?project=${id}`)
  assert.equal(exported.status, 200)
})

test('a role of the project\u2019s own gives what it names and nothing else', async t => {
  const { ask, person, join, id, catalog, keys } = await world(t)
  const auditor = await person('ada')
  await catalog.members.putRole(id, 'auditor', ['keys'])
  await join(id, auditor.id, 'auditor')
  const read = () => ask(auditor.token, 'POST', '/api/v1/logs/search', { project: id })
  assert.equal((await ask(auditor.token, 'GET', `/api/v1/projects/${id}/keys`)).status, 200)
  assert.equal((await read()).status, 403)
  await catalog.members.putRole(id, 'auditor', ['logs.read'])
  await keys.refresh()
  assert.equal((await read()).status, 200)
  assert.equal((await ask(auditor.token, 'GET', `/api/v1/projects/${id}/keys`)).status, 403)
  await catalog.members.remove(id, auditor.id)
  await keys.refresh()
  assert.equal((await read()).status, 404)
})

test('an administrator\u2019s account may do everything, another one nothing of theirs', async t => {
  const { ask, person, id, owner, catalog, keys } = await world(t)
  const root = await person('root', true)
  for (const [method, path, body] of [
    ['GET', `/api/v1/projects/${id}/keys`, undefined],
    ['PATCH', `/api/v1/projects/${id}`, { records_per_second: 5 }],
    ['GET', '/api/v1/system/actors', undefined],
    ['POST', '/api/v1/logs/search', { project: id }],
  ] as const) {
    assert.equal((await ask(root.token, method, path, body)).status, 200, path)
  }
  const refused = await ask(owner.token, 'GET', '/api/v1/system/actors')
  assert.deepEqual([refused.status, refused.code], [403, 'LOGBOY_FORBIDDEN'])
  await catalog.accounts.update(root.id, { administrator: false }, 1)
  await keys.refresh()
  assert.equal((await ask(root.token, 'GET', `/api/v1/projects/${id}/keys`)).status, 404)
})

test('where projects are left to administrators nobody else makes one', async t => {
  const { ask, owner, person, rules } = await world(t)
  rules.projectsByAnyone = false
  const { status, code } = await ask(owner.token, 'POST', '/api/v1/projects', { name: 'mine' })
  assert.deepEqual([status, code], [403, 'LOGBOY_FORBIDDEN'])
  const root = await person('root', true)
  assert.equal((await ask(root.token, 'POST', '/api/v1/projects', { name: 'mine' })).status, 201)
})

test('no key makes a project, and none is an administrator', async t => {
  const { ask, createProject } = await world(t)
  const { read_key } = await createProject('other')
  const { status, code } = await ask(read_key, 'POST', '/api/v1/projects', { name: 'mine' })
  assert.deepEqual([status, code], [403, 'LOGBOY_FORBIDDEN'])
})

test('an access token ends with its time, its sign-in, and its account', async t => {
  const { ask, owner, person, clock, catalog, keys, accessTokens } = await world(t)
  const who = (token: string) => ask(token, 'GET', '/api/v1/session')
  const { json } = await who(owner.token)
  assert.partialDeepStrictEqual(json, { role: 'person', account: { email: 'olga@example.org' } })
  const bob = await person('bob')
  assert.equal((await who(bob.token)).status, 200)
  await catalog.accounts.update(bob.id, { disabled: true }, clock.nowUs())
  await keys.refresh()
  assert.deepEqual((await who(bob.token)).code, 'LOGBOY_SESSION_MISSING')
  const again = accessTokens.issue({ accountId: owner.id, signInId: owner.signInId })
  clock.advance(15 * 60_000)
  assert.equal((await who(owner.token)).code, 'LOGBOY_SESSION_MISSING')
  const fresh = accessTokens.issue({ accountId: owner.id, signInId: owner.signInId })
  assert.notEqual(fresh, again)
  assert.equal((await who(fresh)).status, 200)
  await catalog.signIns.end(owner.signInId)
  await keys.refresh()
  assert.equal((await who(fresh)).code, 'LOGBOY_SESSION_MISSING')
})

test('a token that somebody wrote themselves is none', async t => {
  const { ask, owner } = await world(t)
  const [header = '', payload = '', signature = ''] = owner.token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  const text = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const forged = [
    `${header}.${text({ ...claims, administrator: true })}.${signature}`,
    `${text({ alg: 'none', typ: 'JWT' })}.${payload}.`,
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${header}..${signature}`,
    `${owner.token}.x`,
    'lbt_abcdefghijkl_short',
    `lbt_abcdefghijkl_${'A'.repeat(43)}`,
  ]
  for (const token of forged) assert.equal((await ask(token, 'GET', '/api/v1/session')).status, 401)
})

test('an open tail ends when its person is signed out or no member any more', async t => {
  const { deps, person, join, id, catalog, keys } = await world(t)
  const leaver = await person('lea')
  const stayer = await person('sam')
  for (const { id: accountId } of [leaver, stayer]) await join(id, accountId, 'viewer')
  const closed: string[] = []
  const open = async (name: string, { id: accountId, signInId }: typeof leaver) => {
    const account = await catalog.accounts.find(accountId)
    assert.ok(account)
    const caller = { type: 'person', account, means: { type: 'sign-in', id: signInId } } as const
    const socket = {
      send: () => undefined,
      sendText: () => undefined,
      bufferedBytes: () => 0,
      close: (code: number) => void closed.push(`${name} ${code}`),
    }
    deps.sockets.add(caller, id, socket)
  }
  await open('leaver', leaver)
  await open('stayer', stayer)
  await catalog.members.remove(id, leaver.id)
  await keys.refresh()
  await nextRound()
  assert.deepEqual(closed, ['leaver 4401'])
  await catalog.signIns.endAll(stayer.id)
  await keys.refresh()
  await nextRound()
  assert.ok(closed.includes('stayer 4401'))
})
