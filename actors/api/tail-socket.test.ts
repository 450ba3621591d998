import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { CatalogAwayError } from '#actors/catalog/catalog-away.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import type { HttpDriverName } from '#actors/http/http-server.ts'
import { DRIVERS } from '#actors/http/testing/drivers.ts'
import type { TailRequest } from '#actors/tail/tail-request.ts'
import { encodeTailToken } from '#actors/tail/tail-token.ts'
import { historyEntry } from '#actors/tail/testing/history-entry.ts'
import { printQuery } from '#proto/query/print.ts'
import { nextRound } from '#runtime/scheduler.ts'
import { ADMIN_TOKEN, apiWorld } from './testing/api-world.ts'

for (const driver of DRIVERS) suite(driver)

/** The door of the live tail, over either driver; the tail itself is a probe. */
function suite(driver: HttpDriverName): void {
  const named = (name: string): string => `${driver}: ${name}`

  test(named('a socket becomes a subscription with its filter and its place'), async t => {
    const { open, tail, project } = await start(t, driver)
    const place = { positions: Positions.at(42), rows: new Map([[0, 7]]), receivedAtUs: 1_000_000 }
    const after = encodeTailToken(place)
    const query = `project=${project.id}&query=timeout&services=a,b&levels=error&after=${after}`
    await opened(open(query, { authorization: `Bearer ${project.read_key}` }))
    const request = await subscribed(tail)
    assert.equal(request.projectId, project.id)
    assert.deepEqual(request.after, place)
    assert.deepEqual([request.filter.services, request.filter.levels], [['a', 'b'], ['ERROR']])
    assert.equal(request.filter.query.terms.length, 1)
  })

  test(named('frames go out, commands come in, and the end is told'), async t => {
    const { open, tail, project, clock } = await start(t, driver)
    const ws = open('', { authorization: `Bearer ${project.read_key}` })
    await opened(ws)
    const { id, subscriber, after } = await subscribed(tail)
    assert.equal(after, null)
    const frame = message(ws)
    assert.equal(typeof subscriber.send('{"type":"hello","token":"x"}'), 'number')
    assert.deepEqual(await frame, { type: 'hello', token: 'x' })
    tail.take()
    ws.send('{"type":"filter","query":"time:>=now-1h (a OR -b*)","levels":["warn"]}')
    ws.send('{"type":"pause"}')
    ws.send('{"type":"resume"}')
    while (tail.received.length < 4) await nextRound()
    const [filter, pause, resume] = tail.take()
    assert.ok(filter?.type === 'filter' && filter.id === id)
    assert.deepEqual(filter.filter.levels, ['WARN'])
    assert.equal(printQuery(filter.filter.query), 'a OR -b*')
    assert.equal(filter.filter.startUs, clock.nowUs() - 3_600_000_000)
    assert.deepEqual(
      [pause, resume],
      [
        { type: 'pause', id },
        { type: 'resume', id },
      ],
    )
    ws.close()
    while (tail.received.length < 5) await nextRound()
    assert.deepEqual(tail.take(), [{ type: 'unsubscribe', id }])
  })

  test(named('a command that is not understood is answered, and the tail goes on'), async t => {
    const { open, tail, project } = await start(t, driver)
    const ws = open('', { authorization: `Bearer ${project.read_key}` })
    await opened(ws)
    for (const [text, code] of [
      ['nonsense', 'LOGBOY_BAD_REQUEST'],
      ['{"type":"destroy"}', 'LOGBOY_BAD_REQUEST'],
      ['{"type":"filter","query":"\\"open"}', 'LOGBOY_BAD_QUERY'],
      ['{"type":"filter","query":"","levels":["loud"]}', 'LOGBOY_BAD_REQUEST'],
    ] as const) {
      const answer = message(ws)
      ws.send(text)
      const frame = await answer
      assert.deepEqual([frame['type'], frame['code']], ['error', code], text)
    }
    const answer = message(ws)
    ws.send('{"type":"filter","query":"a OR"}')
    const { position, length, expected, suggestion } = await answer
    assert.deepEqual([position, length, suggestion], [2, 2, 'a'])
    assert.match(String(expected), /a condition/)
    ws.send(Buffer.from('{"type":"pause"}'))
    assert.equal((await message(ws))['type'], 'error')
    assert.equal(tail.received.length, 1)
    assert.equal(ws.readyState, WebSocket.OPEN)
  })

  test(named('changes of alerts come as the history has them, and go on with a token'), async t => {
    const { open, project, history, alertTail } = await start(t, driver)
    const headers = { authorization: `Bearer ${project.read_key}` }
    const ws = open('kind=alerts', headers)
    assert.deepEqual(await message(ws), { type: 'hello', token: '0' })
    history.push(historyEntry(4, { projectId: project.id }), historyEntry(5))
    const frame = message(ws)
    alertTail.look()
    const { type, alert, token } = await frame
    assert.deepEqual([type, token], ['alert', '4'])
    assert.partialDeepStrictEqual(alert, { id: 4, rule: 'errors', from: 'ok', to: 'firing' })
    const again = open('kind=alerts&after=3', headers)
    const tokens: unknown[] = []
    again.on('message', (data: Buffer) => {
      tokens.push((JSON.parse(data.toString()) as Record<string, unknown>)['token'])
    })
    while (tokens.length < 2) await nextRound()
    assert.deepEqual(tokens, ['3', '4'])
    assert.equal(await refusal(open('kind=alerts&after=nonsense', headers)), 400)
    assert.equal(await refusal(open('kind=alarms', headers)), 400)
  })

  test(named('who may not see the project gets no socket'), async t => {
    const { open, project, createProject, catalog } = await start(t, driver)
    const other = await createProject('other')
    const refused = async (query: string, headers: Record<string, string>): Promise<number> =>
      refusal(open(query, headers))
    const key = { authorization: `Bearer ${project.read_key}` }
    assert.equal(await refused(`project=${other.id}`, key), 404)
    assert.equal(await refused('', { authorization: `Bearer ${project.ingest_key}` }), 403)
    assert.equal(await refused('', { authorization: 'Bearer nobody' }), 401)
    assert.equal(await refused('', {}), 401)
    assert.equal(await refused('', { authorization: `Bearer ${ADMIN_TOKEN}` }), 400)
    assert.equal(await refused('query=%22open', key), 400)
    assert.equal(await refused('levels=loud', key), 400)
    assert.equal(await refused('after=nonsense', key), 400)
    catalog.project = () => Promise.reject(new CatalogAwayError('away'))
    const admin = { authorization: `Bearer ${ADMIN_TOKEN}` }
    assert.equal(await refused(`project=${project.id}`, admin), 503)
  })

  test(named('a session opens it from our own page only'), async t => {
    const { open, project, sessions, url } = await start(t, driver)
    const { token } = await sessions.open()
    const cookie = `logboy_session=${token}`
    const query = `project=${project.id}`
    assert.equal(await refusal(open(query, { cookie, origin: 'https://evil.example' })), 403)
    await opened(open(query, { cookie, origin: url }))
  })

  test(named('programs that cannot set headers offer the token as a subprotocol'), async t => {
    const { open, tail, project } = await start(t, driver)
    const ws = open('', {}, ['logboy.tail', `logboy.token.${project.read_key}`])
    await opened(ws)
    assert.equal(ws.protocol, 'logboy.tail')
    assert.equal((await subscribed(tail)).projectId, project.id)
  })

  test(named('a revoked key ends its sockets, and no other'), async t => {
    const { open, project, createProject, call } = await start(t, driver)
    const other = await createProject('other')
    const ws = open('', { authorization: `Bearer ${project.read_key}` })
    const bystander = open('', { authorization: `Bearer ${other.read_key}` })
    await Promise.all([opened(ws), opened(bystander)])
    const code = new Promise(resolve => ws.once('close', resolve))
    const keyId = project.read_key.split('_')[1] ?? ''
    const path = `/api/v1/projects/${project.id}/keys/${keyId}`
    assert.equal((await call('DELETE', path, { token: ADMIN_TOKEN })).status, 204)
    assert.equal(await code, 4401)
    assert.equal(bystander.readyState, WebSocket.OPEN)
  })

  for (const how of ['cookie', 'Bearer'] as const) {
    test(named(`a person follows their project by ${how}, until they sign out`), async t => {
      const { open, project, person, join, call, url } = await start(t, driver)
      const ada = await person('ada')
      const headers: Record<string, string> =
        how === 'cookie'
          ? { cookie: `logboy_session=${ada.token}`, origin: url }
          : { authorization: `Bearer ${ada.token}` }
      const query = `project=${project.id}`
      assert.equal(await refusal(open(query, headers)), 404)
      await join(project.id, ada.id, 'viewer')
      const ws = open(query, headers)
      await opened(ws)
      const code = new Promise(resolve => ws.once('close', resolve))
      const logout = { token: ada.token, body: { everywhere: true } }
      assert.equal((await call('POST', '/api/v1/auth/logout', logout)).status, 204)
      assert.equal(await code, 4401)
      assert.equal(await refusal(open(query, headers)), 401)
    })
  }

  test(named('a person\u2019s own token follows, until it is ended'), async t => {
    const { open, project, person, join, call } = await start(t, driver)
    const ada = await person('ada')
    await join(project.id, ada.id, 'viewer')
    const made = await call('POST', '/api/v1/tokens', { token: ada.token, body: { name: 'ci' } })
    const { id, token } = made.json as { id: string; token: string }
    const ws = open(`project=${project.id}`, { authorization: `Bearer ${token}` })
    await opened(ws)
    const code = new Promise(resolve => ws.once('close', resolve))
    await call('DELETE', `/api/v1/tokens/${id}`, { token: ada.token })
    assert.equal(await code, 4401)
  })

  test(named('a role without logs.read opens no tail'), async t => {
    const { open, project, person, join, catalog } = await start(t, driver)
    const ada = await person('ada')
    await catalog.members.putRole(project.id, 'keeper', ['keys'])
    await join(project.id, ada.id, 'keeper')
    const headers = { authorization: `Bearer ${ada.token}` }
    assert.equal(await refusal(open(`project=${project.id}`, headers)), 403)
  })

  test(named('a tail that has no room tells the socket to come back'), async t => {
    const { open, tail, project } = await start(t, driver)
    tail.setFull(true)
    const ws = open('', { authorization: `Bearer ${project.read_key}` })
    assert.equal(await new Promise(resolve => ws.once('close', resolve)), 1013)
    tail.setFull(false)
  })
}

async function start(t: TestContext, driver: HttpDriverName) {
  const world = await apiWorld(t, driver)
  const project = await world.createProject('shop')
  const open = (
    query: string,
    headers: Record<string, string>,
    protocols: string[] = [],
  ): WebSocket => {
    const address = `ws://127.0.0.1:${world.port}/api/v1/tail?${query}`
    const ws = new WebSocket(address, protocols, { headers })
    ws.on('error', () => {})
    t.after(() => ws.terminate())
    return ws
  }
  return { ...world, project, open }
}

async function subscribed(
  tail: Awaited<ReturnType<typeof start>>['tail'],
): Promise<Extract<TailRequest, { type: 'subscribe' }>> {
  while (tail.received.length === 0) await nextRound()
  const [request] = tail.received
  assert.ok(request?.type === 'subscribe')
  return request
}

function opened(ws: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    ws.once('open', resolve)
    ws.once('error', reject)
  })
}

function message(ws: WebSocket): Promise<Record<string, unknown>> {
  return new Promise(resolve => {
    ws.once('message', (data: Buffer) => {
      resolve(JSON.parse(data.toString()) as Record<string, unknown>)
    })
  })
}

function refusal(ws: WebSocket): Promise<number> {
  return new Promise((resolve, reject) => {
    ws.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    ws.once('open', () => reject(new Error('the socket was opened')))
  })
}
