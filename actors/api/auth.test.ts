/** Signing up, in, on and out; bad input beside it. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { apiWorld, type Reply } from './testing/api-world.ts'
import { BrowserSession } from './testing/browser-session.ts'

const ADA = { email: 'ada@example.org', password: 'gruene lampe im keller', name: 'Ada' }
const BOB = { email: 'bob@example.org', password: 'blaues sofa am fenster', name: 'Bob' }

async function world(t: TestContext) {
  const api = await apiWorld(t, 'node')
  const browser = () => new BrowserSession(api)
  const signedUp = async (who: typeof ADA) => {
    const page = browser()
    const reply = await page.ask('POST', '/api/v1/auth/sign-up', who)
    assert.equal(reply.status, 201, reply.text)
    return { page, token: String(reply.json['access_token']), reply }
  }
  const login = (page: BrowserSession, { email, password }: typeof ADA) =>
    page.ask('POST', '/api/v1/auth/login', { email, password })
  const who = (token: string) => api.call('GET', '/api/v1/session', { token })
  return { ...api, browser, signedUp, login, who }
}

function refusal(reply: Reply): unknown[] {
  return [reply.status, reply.json['code']]
}

const ENDED = [401, 'LOGBOY_SESSION_MISSING']
const WRONG = [401, 'LOGBOY_SIGN_IN_FAILED']

test('the first account is the administrator, and owns nothing', async t => {
  const { call, signedUp, createProject } = await world(t)
  await createProject('shop')
  const options = async () => (await call('GET', '/api/v1/auth/options')).json
  assert.deepEqual(await options(), { sign_up: 'first', reset: 'mail', password_length_min: 10 })
  const { page, reply } = await signedUp({ ...ADA, email: ' Ada@Example.ORG ' })
  assert.partialDeepStrictEqual(reply.json, {
    token_type: 'Bearer',
    expires_in: 900,
    account: { email: ADA.email, name: 'Ada', administrator: true },
  })
  assert.partialDeepStrictEqual(await options(), { sign_up: 'invitation' })
  const { json } = await page.ask('GET', '/api/v1/projects')
  assert.partialDeepStrictEqual(json, { projects: [{ name: 'shop', role: 'administrator' }] })
})

test('two who sign up first at the same time: one becomes administrator, one is refused', async t => {
  const { browser } = await world(t)
  const both = [ADA, BOB].map(who => browser().ask('POST', '/api/v1/auth/sign-up', who))
  const statuses = (await Promise.all(both)).map(({ status }) => status)
  assert.deepEqual(
    statuses.toSorted((a, b) => a - b),
    [201, 403],
  )
})

test('afterwards by invitation, for the address that it names, or where everybody may', async t => {
  const { browser, signedUp, invitations, rules } = await world(t)
  await signedUp(ADA)
  const signUp = (body: object) => browser().ask('POST', '/api/v1/auth/sign-up', body)
  const forbidden = [403, 'LOGBOY_FORBIDDEN']
  assert.deepEqual(refusal(await signUp(BOB)), forbidden)
  invitations.set('link', BOB.email)
  assert.deepEqual(refusal(await signUp({ ...BOB, invitation: 'another' })), forbidden)
  const other = { ...BOB, email: 'eve@example.org', invitation: 'link' }
  assert.deepEqual(refusal(await signUp(other)), forbidden)
  const invited = await signUp({ ...BOB, invitation: 'link' })
  assert.equal(invited.status, 201)
  assert.partialDeepStrictEqual(invited.json, { account: { administrator: false } })
  assert.equal(invitations.has('link'), false)
  invitations.set('second', null)
  const twice = await signUp({ ...BOB, invitation: 'second' })
  assert.deepEqual(refusal(twice), [409, 'LOGBOY_NAME_TAKEN'])
  rules.signUp = 'open'
  assert.equal((await signUp({ ...ADA, email: 'cy@example.org' })).status, 202)
})

test('where everybody may sign up only the mail tells whether there is an account', async t => {
  const { browser, signedUp, rules, mails, identity, clock, catalog } = await world(t)
  await signedUp(ADA)
  rules.signUp = 'open'
  const page = browser()
  const signUp = async (body: object) => {
    const reply = await page.ask('POST', '/api/v1/auth/sign-up', body)
    await identity.mail.settled()
    return reply
  }
  const [taken, fresh] = [await signUp({ ...ADA, name: 'Eve' }), await signUp(BOB)]
  assert.deepEqual([taken.status, taken.text], [202, ''])
  assert.deepEqual([...taken.headers.keys()], [...fresh.headers.keys()])
  assert.deepEqual(
    mails.map(({ to }) => to),
    [ADA.email, BOB.email],
  )
  assert.match(mails[0]?.text ?? '', /already.*\/sign-in/s)
  assert.equal((await catalog.accounts.list()).length, 1)
  const [, token] = /confirm=([\w-]+)/.exec(mails[1]?.text ?? '') ?? []
  const confirm = (word: unknown) => page.ask('POST', '/api/v1/auth/confirm', { token: word })
  assert.deepEqual(refusal(await confirm('guess')), WRONG)
  const confirmed = await confirm(token)
  assert.equal(confirmed.status, 201)
  assert.partialDeepStrictEqual(confirmed.json, {
    account: { email: BOB.email, administrator: false },
  })
  assert.deepEqual(refusal(await confirm(token)), WRONG)
  await signUp({ ...BOB, email: 'cy@example.org' })
  const [, late] = /confirm=([\w-]+)/.exec(mails[2]?.text ?? '') ?? []
  clock.advance(86_400_000)
  assert.deepEqual(refusal(await confirm(late)), WRONG)
})

test('what is no address, no name or no good password is told by its field', async t => {
  const { browser } = await world(t)
  for (const [change, detail] of [
    [{ password: 'short' }, /^password: .*at least 10/],
    [{ password: 'Password1234' }, /^password: .*tried first/],
    [{ password: 'ada.example.org' }, /^password: .*tried first/],
    [{ email: 'ada' }, /^email: /],
    [{ email: 'a@b\r\nBcc: c@d' }, /^email: /],
    [{ email: '"<script>"@example.org' }, /^email: /],
    [{ name: ' ' }, /^name: /],
    [{ name: 'Ada\u0000' }, /^name: /],
    [{ name: 'Ada\u202e' }, /^name: /],
    [{ name: 'x'.repeat(101) }, /^name: /],
    [{ administrator: true }, /administrator/],
    [{ role: 'owner' }, /role/],
  ] as const) {
    const reply = await browser().ask('POST', '/api/v1/auth/sign-up', { ...ADA, ...change })
    assert.deepEqual(refusal(reply), [400, 'LOGBOY_BAD_REQUEST'], reply.text)
    assert.match(String(reply.json['detail']), detail)
  }
})

test('HTML in a name stays text, in JSON that no browser takes for a page', async t => {
  const { signedUp } = await world(t)
  const name = '<img src=x onerror=alert(1)>"\'&amp;'
  const { reply } = await signedUp({ ...ADA, name })
  assert.partialDeepStrictEqual(reply.json, { account: { name } })
  assert.equal(reply.headers.get('content-type'), 'application/json')
  assert.equal(reply.headers.get('x-content-type-options'), 'nosniff')
})

test('an access token is taken by REST, as Bearer and as a cookie', async t => {
  const { signedUp, browser, login, who, call } = await world(t)
  const { token } = await signedUp(ADA)
  assert.equal((await who(token)).status, 200)
  const page = browser()
  const reply = await login(page, ADA)
  assert.equal(reply.status, 200)
  const cookies = reply.headers.getSetCookie()
  assert.equal(cookies.length, 3)
  for (const cookie of cookies) {
    assert.match(cookie, /; HttpOnly; SameSite=Strict; Expires=.*; Secure$/)
    assert.match(cookie, /^logboy_session=[^;]+; Path=\/;|; Path=\/api\/v1\/auth;/)
  }
  assert.partialDeepStrictEqual((await page.ask('GET', '/api/v1/session')).json, {
    role: 'person',
    account: { email: ADA.email },
  })
  const cookie = `logboy_session=${page.cookies.get('logboy_session')?.value}`
  const foreign = { cookie, origin: 'https://evil.example' }
  const stolen = await call('POST', '/api/v1/projects', { body: { name: 'x' }, headers: foreign })
  assert.deepEqual(refusal(stolen), [403, 'LOGBOY_CROSS_ORIGIN'])
})

test('a page of another site cannot sign anybody in or out, a script may sign in', async t => {
  const { signedUp, call, url, ...api } = await world(t)
  const { page } = await signedUp(ADA)
  const evil = new BrowserSession({ ...api, call, url }, 'https://evil.example')
  for (const [name, cookie] of page.cookies) evil.cookies.set(name, cookie)
  for (const [path, body] of [
    ['login', { email: ADA.email, password: ADA.password }],
    ['sign-up', BOB],
    ['refresh', {}],
    ['logout', { everywhere: true }],
    ['forgotten', { email: ADA.email }],
    ['reset', { token: 'x', password: 'y' }],
    ['password', { current: ADA.password, next: BOB.password }],
  ] as const) {
    const reply = await evil.ask('POST', `/api/v1/auth/${path}`, body)
    assert.deepEqual(refusal(reply), [403, 'LOGBOY_CROSS_ORIGIN'], path)
  }
  const body = { email: ADA.email, password: ADA.password }
  assert.equal((await call('POST', '/api/v1/auth/login', { body })).status, 200)
})

test('a wrong password and an unknown address get the same answer', async t => {
  const { signedUp, browser, login } = await world(t)
  await signedUp(ADA)
  const wrong = await login(browser(), { ...ADA, password: 'rote lampe im keller' })
  const unknown = await login(browser(), { ...ADA, email: 'nobody@example.org' })
  assert.deepEqual(refusal(wrong), WRONG)
  assert.equal(wrong.text, unknown.text)
  const names = (reply: Reply) => [...reply.headers.keys()].filter(name => name !== 'date')
  assert.deepEqual(names(wrong), names(unknown))
})

test('a sign-in that failed is in the audit log: for which address, from where', async t => {
  const { signedUp, browser, login, clock } = await world(t)
  const { page } = await signedUp(ADA)
  await login(browser(), { ...ADA, password: 'rote lampe im keller' })
  clock.advance(1_000)
  const { json, text } = await page.ask('GET', '/api/v1/audit?action=auth.refused')
  assert.partialDeepStrictEqual(json, {
    entries: [{ actor: 'nobody', actor_name: ADA.email, detail: { email: ADA.email } }],
  })
  assert.doesNotMatch(text, /rote lampe/)
})

test('a wrong password many times: strangers wait, a browser that is known does not', async t => {
  const { signedUp, browser, login, clock } = await world(t)
  const { page } = await signedUp(ADA)
  const wrong = { ...ADA, password: 'rote lampe im keller' }
  const answers: unknown[] = []
  for (let n = 0; n < 8; n++) answers.push((await login(browser(), wrong)).status)
  assert.deepEqual(answers, [401, 401, 401, 401, 401, 401, 429, 429])
  const waiting = await login(browser(), ADA)
  assert.deepEqual(refusal(waiting), [429, 'LOGBOY_TOO_MANY_ATTEMPTS'])
  assert.equal(waiting.headers.get('retry-after'), '1')
  assert.equal((await login(page, ADA)).status, 200)
  clock.advance(1_000)
  assert.equal((await login(browser(), ADA)).status, 200)
})

test('a refresh goes on with the sign-in, and its token is good once', async t => {
  const { signedUp, who, clock } = await world(t)
  const { page, token } = await signedUp(ADA)
  clock.advance(15 * 60_000)
  assert.deepEqual(refusal(await who(token)), ENDED)
  const first = page.cookies.get('logboy_refresh')?.value
  const reply = await page.ask('POST', '/api/v1/auth/refresh', {})
  assert.equal(reply.status, 200)
  assert.notEqual(page.cookies.get('logboy_refresh')?.value, first)
  assert.equal((await who(String(reply.json['access_token']))).status, 200)
})

test('two tabs that refresh at the same instant both go on, with the same successor', async t => {
  const { signedUp, clock } = await world(t)
  const { page } = await signedUp(ADA)
  const tabs = [page.copy(), page.copy()]
  const replies = await Promise.all(tabs.map(tab => tab.ask('POST', '/api/v1/auth/refresh', {})))
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 200],
  )
  const [one, other] = tabs.map(tab => tab.cookies.get('logboy_refresh')?.value)
  assert.equal(one, other)
  clock.advance(60_000)
  const again = await tabs[1]?.ask('POST', '/api/v1/auth/refresh', {})
  assert.equal(again?.status, 200)
})

test('a stolen refresh token that is used twice ends the sign-in, for thief and owner', async t => {
  const { signedUp, who, clock } = await world(t)
  const { page } = await signedUp(ADA)
  const thief = page.copy()
  const stolen = await thief.ask('POST', '/api/v1/auth/refresh', {})
  assert.equal(stolen.status, 200)
  clock.advance(60_000)
  assert.deepEqual(refusal(await page.ask('POST', '/api/v1/auth/refresh', {})), ENDED)
  assert.deepEqual(refusal(await thief.ask('POST', '/api/v1/auth/refresh', {})), ENDED)
  assert.deepEqual(refusal(await who(String(stolen.json['access_token']))), ENDED)
})

test('a refresh token that somebody wrote themselves ends nothing', async t => {
  const { signedUp } = await world(t)
  const { page } = await signedUp(ADA)
  const real = page.cookies.get('logboy_refresh')
  assert.ok(real)
  const [prefix, id, , signature] = real.value.split('.')
  const forged = page.copy()
  const value = [prefix, id, '0', signature].join('.')
  forged.cookies.set('logboy_refresh', { ...real, value })
  assert.deepEqual(refusal(await forged.ask('POST', '/api/v1/auth/refresh', {})), ENDED)
  assert.equal((await page.ask('POST', '/api/v1/auth/refresh', {})).status, 200)
})

test('signing out ends this sign-in, everywhere ends all, access tokens included', async t => {
  const { signedUp, browser, login, who } = await world(t)
  const { page, token } = await signedUp(ADA)
  const other = browser()
  const otherToken = String((await login(other, ADA)).json['access_token'])
  assert.equal((await page.ask('POST', '/api/v1/auth/logout', {})).status, 204)
  assert.deepEqual([...page.cookies.keys()], ['logboy_device'])
  assert.deepEqual(refusal(await who(token)), ENDED)
  assert.equal((await who(otherToken)).status, 200)
  const third = browser()
  const thirdToken = String((await login(third, ADA)).json['access_token'])
  assert.equal((await other.ask('POST', '/api/v1/auth/logout', { everywhere: true })).status, 204)
  for (const ended of [otherToken, thirdToken]) assert.deepEqual(refusal(await who(ended)), ENDED)
  assert.deepEqual(refusal(await third.ask('POST', '/api/v1/auth/refresh', {})), ENDED)
})

for (const everywhere of [false, true]) {
  const how = everywhere ? 'everywhere' : 'here'
  test(`an access token that has expired still leads out ${how}, by the refresh token`, async t => {
    const { signedUp, browser, clock } = await world(t)
    const { page } = await signedUp(ADA)
    const thief = page.copy()
    clock.advance(20 * 60_000)
    assert.equal((await page.ask('POST', '/api/v1/auth/logout', { everywhere })).status, 204)
    assert.deepEqual(refusal(await thief.ask('POST', '/api/v1/auth/refresh', {})), ENDED)
    const nobody = await browser().ask('POST', '/api/v1/auth/logout', { everywhere })
    assert.equal(nobody.status, everywhere ? 401 : 204)
  })
}
