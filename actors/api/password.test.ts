/** Passwords forgotten and changed, people's own tokens, and accounts as administrators see them. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ADMIN_TOKEN, apiWorld, type Reply } from './testing/api-world.ts'
import { BrowserSession } from './testing/browser-session.ts'

const ADA = { email: 'ada@example.org', password: 'gruene lampe im keller', name: 'Ada' }
const NEXT = 'gelbe gardine im flur'
const SIGN_UP = '/api/v1/auth/sign-up'

async function world(t: TestContext) {
  const api = await apiWorld(t, 'node')
  const page = new BrowserSession(api)
  const { status, json } = await page.ask('POST', SIGN_UP, ADA)
  assert.equal(status, 201)
  const token = String(json['access_token'])
  const { id } = json['account'] as { id: string }
  const login = (password: string) =>
    api.call('POST', '/api/v1/auth/login', { body: { email: ADA.email, password } })
  const who = async (bearer: string) =>
    (await api.call('GET', '/api/v1/session', { token: bearer })).status
  const forgotten = async (email: string) => {
    const reply = await api.call('POST', '/api/v1/auth/forgotten', { body: { email } })
    await api.identity.mail.settled()
    return reply
  }
  const reset = (link: string, password: string) =>
    api.call('POST', '/api/v1/auth/reset', {
      body: { token: new URL(link).searchParams.get('token'), password },
    })
  const as = (method: string, path: string, body?: unknown) =>
    api.call(method, path, { token: ADMIN_TOKEN, ...(body === undefined ? {} : { body }) })
  return { ...api, page, token, id, login, who, forgotten, reset, as }
}

function refusal(reply: Reply): unknown[] {
  return [reply.status, reply.json['code']]
}

function linkIn(text = ''): string {
  const [link] = /https:\S+/.exec(text) ?? []
  assert.ok(link)
  return link
}

const USED = [401, 'LOGBOY_SIGN_IN_FAILED']

test('a forgotten password is set anew by a link, once, and all sessions end', async t => {
  const { forgotten, reset, mails, who, token, login } = await world(t)
  assert.equal((await forgotten(ADA.email)).status, 202)
  const [mail] = mails
  assert.equal(mail?.to, ADA.email)
  const link = linkIn(mail.text)
  assert.match(link, /^https:\/\/logs\.example\/reset\?token=[\w-]{43}$/)
  const weak = await reset(link, 'ada.example.org')
  assert.deepEqual(refusal(weak), [400, 'LOGBOY_BAD_REQUEST'])
  const done = await reset(link, NEXT)
  assert.equal(done.status, 204)
  assert.match(done.headers.get('set-cookie') ?? '', /^logboy_device=/)
  assert.equal(await who(token), 401)
  assert.equal((await login(ADA.password)).status, 401)
  assert.equal((await login(NEXT)).status, 200)
  assert.deepEqual(refusal(await reset(link, ADA.password)), USED)
})

test('a link ends after an hour', async t => {
  const { forgotten, reset, mails, clock } = await world(t)
  await forgotten(ADA.email)
  clock.advance(3_600_000)
  assert.deepEqual(refusal(await reset(linkIn(mails[0]?.text), NEXT)), USED)
})

test('whoever asks for a link gets the same answer, and nobody\u2019s box is filled', async t => {
  const { forgotten, mails } = await world(t)
  const known = await forgotten(ADA.email)
  const unknown = await forgotten('nobody@example.org')
  assert.deepEqual([known.status, known.text], [unknown.status, unknown.text])
  assert.equal(mails.length, 1)
  for (let n = 0; n < 10; n++) assert.equal((await forgotten(ADA.email)).status, 202)
  assert.equal(mails.length, 4)
  const statuses: number[] = []
  for (let n = 0; n < 30; n++) statuses.push((await forgotten(`${n}@example.org`)).status)
  assert.ok(statuses.includes(429))
})

test('a changed password ends one\u2019s other sessions and keeps this one', async t => {
  const { page, token, login, who } = await world(t)
  const other = String((await login(ADA.password)).json['access_token'])
  const change = (current: string, next: string) =>
    page.ask('POST', '/api/v1/auth/password', { current, next })
  assert.deepEqual(refusal(await change('wrong lamp here', NEXT)), USED)
  const weak = await change(ADA.password, 'password1234')
  assert.match(String(weak.json['detail']), /^next: /)
  assert.equal((await change(ADA.password, NEXT)).status, 204)
  assert.deepEqual([await who(token), await who(other)], [200, 401])
  assert.equal((await login(NEXT)).status, 200)
})

test('a session in the wrong hands guesses the current password no faster', async t => {
  const { page } = await world(t)
  const statuses: number[] = []
  for (let n = 0; n < 8; n++) {
    const body = { current: `wrong lamp ${n}`, next: NEXT }
    statuses.push((await page.ask('POST', '/api/v1/auth/password', body)).status)
  }
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 401, 429, 429])
})

test('a token of one\u2019s own works, is told once, and ends', async t => {
  const { page, call, who } = await world(t)
  const made = await page.ask('POST', '/api/v1/tokens', { name: '<b>ci</b>' })
  assert.equal(made.status, 201)
  const { token, id } = made.json as { token: string; id: string }
  assert.match(token, /^lbt_[a-z0-9]{12}_[\w-]{43}$/)
  assert.equal(await who(token), 200)
  const list = await call('GET', '/api/v1/tokens', { token })
  assert.partialDeepStrictEqual(list.json, { tokens: [{ id, name: '<b>ci</b>' }] })
  assert.equal(list.text.includes(token.slice(-43)), false)
  assert.equal((await page.ask('DELETE', `/api/v1/tokens/${id}`)).status, 204)
  assert.equal(await who(token), 401)
})

test('a token makes no token and no password, and expires', async t => {
  const { page, call, clock } = await world(t)
  const made = await page.ask('POST', '/api/v1/tokens', { name: 'ci', expires_in: 60 })
  const token = String(made.json['token'])
  for (const [path, body] of [
    ['/api/v1/tokens', { name: 'more' }],
    ['/api/v1/auth/password', { current: ADA.password, next: NEXT }],
  ] as const) {
    const reply = await call('POST', path, { token, body })
    assert.deepEqual(refusal(reply), [403, 'LOGBOY_FORBIDDEN'])
  }
  clock.advance(60_000)
  const late = await call('GET', '/api/v1/session', { token })
  assert.deepEqual(refusal(late), [401, 'LOGBOY_KEY_EXPIRED'])
})

test('nobody sees or ends a token of somebody else', async t => {
  const { page, person, call, who } = await world(t)
  const made = await page.ask('POST', '/api/v1/tokens', { name: 'ci' })
  const { token, id } = made.json as { token: string; id: string }
  const mallory = await person('mallory')
  const list = await call('GET', '/api/v1/tokens', { token: mallory.token })
  assert.deepEqual(list.json, { tokens: [] })
  const ended = await call('DELETE', `/api/v1/tokens/${id}`, { token: mallory.token })
  assert.deepEqual(refusal(ended), [404, 'LOGBOY_NOT_FOUND'])
  assert.equal(await who(token), 200)
})

test('an administrator makes an account, whose person sets the password', async t => {
  const { as, reset, call } = await world(t)
  const made = await as('POST', '/api/v1/accounts', { email: 'Cy@example.org', name: 'Cy' })
  assert.equal(made.status, 201)
  const { account, url } = made.json as { account: { id: string; email: string }; url: string }
  assert.equal(account.email, 'cy@example.org')
  assert.equal((await reset(url, NEXT)).status, 204)
  const body = { email: 'cy@example.org', password: NEXT }
  assert.equal((await call('POST', '/api/v1/auth/login', { body })).status, 200)
  const twice = await as('POST', '/api/v1/accounts', { email: 'cy@example.org', name: 'Cy' })
  assert.deepEqual(refusal(twice), [409, 'LOGBOY_NAME_TAKEN'])
  const list = await as('GET', '/api/v1/accounts')
  assert.partialDeepStrictEqual(list.json, { accounts: [{ email: ADA.email }, { id: account.id }] })
  const again = await as('POST', `/api/v1/accounts/${account.id}/reset`, {})
  assert.equal((await reset(String(again.json['url']), ADA.password)).status, 204)
})

test('a disabled account is out at once, and answers like any wrong password', async t => {
  const { as, id, token, who, login, forgotten, mails } = await world(t)
  assert.equal((await as('PATCH', `/api/v1/accounts/${id}`, { disabled: true })).status, 200)
  assert.equal(await who(token), 401)
  const disabled = await login(ADA.password)
  const wrong = await login('wrong lamp here')
  assert.deepEqual([disabled.status, disabled.text], [wrong.status, wrong.text])
  await forgotten(ADA.email)
  assert.equal(mails.length, 0)
  await as('PATCH', `/api/v1/accounts/${id}`, { disabled: false })
  assert.equal((await login(ADA.password)).status, 200)
  const unknown = await as('PATCH', '/api/v1/accounts/nosuchacct00', { name: 'x' })
  assert.deepEqual(refusal(unknown), [404, 'LOGBOY_NOT_FOUND'])
})

test('nobody raises themselves by JSON of their own', async t => {
  const { person, call, createProject, catalog, join } = await world(t)
  const mallory = await person('mallory')
  const { id: projectId } = await createProject('shop')
  await join(projectId, mallory.id, 'viewer')
  const project = `/api/v1/projects/${projectId}`
  for (const [method, path, body, status] of [
    ['PATCH', `/api/v1/accounts/${mallory.id}`, { administrator: true }, 403],
    ['POST', '/api/v1/accounts', { email: 'x@example.org', name: 'x', administrator: true }, 403],
    ['POST', '/api/v1/projects', { name: 'mine', role: 'administrator' }, 400],
    ['POST', '/api/v1/projects', { name: 'mine', ownerId: 'x', permissions: ['keys'] }, 400],
    ['PATCH', project, { role: 'owner' }, 400],
    ['PATCH', project, { permissions: ['logs.delete'] }, 400],
    ['POST', `${project}/keys`, { scopes: ['read'], role: 'owner' }, 403],
    ['POST', '/api/v1/sessions/tickets', {}, 403],
    ['POST', '/api/v1/logs/search', { project: projectId, role: 'owner' }, 400],
    ['POST', '/api/v1/auth/login', { email: 'a@example.org', password: 'x', role: 'owner' }, 400],
  ] as const) {
    const reply = await call(method, path, { token: mallory.token, body })
    assert.equal(reply.status, status, `${method} ${path}: ${reply.text}`)
  }
  const seen = await call('GET', project, { token: mallory.token })
  assert.partialDeepStrictEqual(seen.json, { role: 'viewer' })
  assert.equal((await catalog.accounts.find(mallory.id))?.administrator, false)
})
