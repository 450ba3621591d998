import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { Problem, ProjectCreated, ProjectKey, Row } from '#proto/api.ts'
import type { Quotas } from '#proto/people.ts'
import { testBatch } from './gateway/testing/ingest-world.ts'
import { StreamClient } from './gateway/testing/stream-client.ts'
import { ADMIN_TOKEN, RunningServer } from './testing/running-server.ts'

// One folder for both: making the catalog takes most of a first start.
const folder = mkdtempSync(join(tmpdir(), 'logboy-server-'))
after(() => rmSync(folder, { recursive: true, force: true }))

for (const driver of ['uws', 'node']) doors(driver)

function doors(driver: string): void {
  suite(`the server through its doors (${driver})`, { timeout: 60_000 }, () => {
    let server: RunningServer
    let shop: ProjectCreated
    let other: ProjectCreated

    before(async () => {
      server = await RunningServer.start({ 'http-driver': driver }, folder)
      shop = await server.createProject(`shop ${driver}`)
      other = await server.createProject(`other ${driver}`)
    })
    after(() => server.stop())

    test('what was acknowledged is found at once, with all its fields', async () => {
      const record = {
        time: '2026-11-20T10:00:00.123456Z',
        level: 'warning',
        service: 'checkout',
        host: 'web-1',
        message: 'card declined for order_1',
        trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
        order: { id: 4711, items: [1, 2] },
        big: 0,
      }
      // Beyond 2^53, where JavaScript's own numbers end.
      const body = JSON.stringify(record).replace('"big":0', '"big":9007199254740993')
      const { status, body: answer } = await server.ingest(shop.ingest_key, body)
      assert.equal(status, 200)
      assert.deepEqual(answer, { accepted: 1, rejected: [] })
      const { logs, total } = await server.search(shop.read_key, { query: 'declined' })
      assert.equal(total, 1)
      const [row] = logs
      assert.ok(row)
      assert.equal(row.time, '2026-11-20T10:00:00.123456Z')
      assert.equal(row.level, 'WARN')
      assert.equal(row.trace_id, record.trace_id)
      assert.equal(row.attributes['order.id'], 4711)
      assert.deepEqual(row.attributes['order.items'], [1, 2])
      assert.equal(row.attributes['big'], '9007199254740993')
      const one = await server.call<Row>('GET', `/api/v1/logs/${row.id}`, { token: shop.read_key })
      assert.deepEqual(one.body, row)
    })

    test('an Idempotency-Key stores once, answers the same, and refuses another body', async () => {
      const headers = { 'idempotency-key': 'import-1' }
      const first = await server.ingest(shop.ingest_key, { message: 'imported once' }, headers)
      const again = await server.ingest(shop.ingest_key, { message: 'imported once' }, headers)
      assert.deepEqual(again.body, first.body)
      assert.equal((await server.search(shop.read_key, { query: 'imported' })).total, 1)
      const another = await server.ingest(shop.ingest_key, { message: 'something else' }, headers)
      assert.equal(another.status, 422)
    })

    test('a time without a zone is read in that of the project, from then on', async () => {
      const say = () =>
        server.ingest(shop.ingest_key, { time: '2026-01-10 12:00:00', message: 'noonish' })
      await say()
      const path = `/api/v1/projects/${shop.id}`
      for (const time_zone of ['America/St_Johns', 'UTC']) {
        assert.equal((await server.call('PATCH', path, { body: { time_zone } })).status, 200)
        await say()
      }
      const { logs } = await server.search(shop.read_key, { query: 'noonish' })
      const noon = '2026-01-10T12:00:00.000Z'
      assert.deepEqual(
        logs.map(({ time }) => time),
        ['2026-01-10T15:30:00.000Z', noon, noon],
      )
    })

    test('recent answers the newest of a level', async () => {
      await server.ingest(shop.ingest_key, { level: 'fatal', message: 'the newest fatal' })
      const { body } = await server.call<{ logs: Row[] }>(
        'GET',
        '/api/v1/logs/recent?limit=1&level=fatal',
        {
          token: shop.read_key,
        },
      )
      assert.deepEqual(
        body.logs.map(({ message }) => message),
        ['the newest fatal'],
      )
    })

    test('bad requests are told what is wrong', async () => {
      const cases: readonly (readonly [unknown, number, RegExp])[] = [
        ['{"query":', 400, /not JSON/],
        [{ limit: 10_001 }, 400, /limit/],
        [{ nonsense: 1 }, 400, /nonsense/],
        [{ levels: ['loud'] }, 400, /unknown level loud/],
        [{ start_time: 'yesterday-ish' }, 400, /start_time/],
        [{ query: '"never closed' }, 400, /position/],
        [{ cursor: 'made-up' }, 400, /cursor/],
        [{ aggregate: { fn: 'p95' } }, 400, /field/],
      ]
      for (const [body, status, detail] of cases) {
        const reply = await server.call<Problem>('POST', '/api/v1/logs/search', {
          token: shop.read_key,
          body,
        })
        assert.equal(reply.status, status, JSON.stringify(body))
        assert.match(reply.body.detail, detail)
        assert.equal(reply.headers.get('content-type'), 'application/problem+json')
      }
    })

    test('a key opens its own project and nothing else', async () => {
      const search = (token: string | null, project?: string) =>
        server.call<Problem>('POST', '/api/v1/logs/search', {
          token,
          body: project === undefined ? {} : { project },
        })
      assert.equal((await search(shop.read_key, other.id)).status, 404)
      assert.equal((await search(shop.read_key, 'nosuchproj')).status, 404)
      assert.equal((await search(shop.ingest_key)).status, 403)
      assert.equal((await search(null)).status, 401)
      assert.equal((await search('lb_aaaaaaaaaaaa_guess')).status, 401)
      assert.equal((await search(ADMIN_TOKEN)).body.code, 'LOGBOY_BAD_REQUEST')
      assert.equal((await search(ADMIN_TOKEN, shop.id)).status, 200)
      assert.equal((await server.ingest(shop.read_key, { message: 'x' })).status, 403)
      assert.equal(
        (await server.call('GET', '/api/v1/system/actors', { token: shop.read_key })).status,
        403,
      )
      const { logs } = await server.search(other.read_key, {})
      assert.deepEqual(logs, [])
    })

    test('a revoked key is refused, and its open tail ends', async () => {
      const created = await server.call<ProjectKey & { key: string }>(
        'POST',
        `/api/v1/projects/${shop.id}/keys`,
        { body: { name: 'short-lived', scopes: ['read'] } },
      )
      const { id, key } = created.body
      const tail = server.tail(key, {})
      assert.equal((await tail.next()).type, 'hello')
      const revoked = await server.call('DELETE', `/api/v1/projects/${shop.id}/keys/${id}`)
      assert.equal(revoked.status, 204)
      assert.equal(await tail.ended, 4401)
      const refused = await server.call<Problem>('POST', '/api/v1/logs/search', {
        token: key,
        body: {},
      })
      assert.equal(refused.body.code, 'LOGBOY_KEY_REVOKED')
    })

    test('a tail gets matches as they come, and goes on from its token without gap or repeat', async () => {
      const say = (message: string) =>
        server.ingest(shop.ingest_key, { service: 'talker', level: 'error', message })
      const first = server.tail(shop.read_key, { query: 'service:talker', levels: 'error' })
      assert.equal((await first.next()).type, 'hello')
      await say('one')
      await server.ingest(shop.ingest_key, {
        service: 'talker',
        level: 'info',
        message: 'not this',
      })
      await say('two')
      const seen = await first.messages(2)
      assert.deepEqual(seen.messages, ['one', 'two'])
      first.socket.terminate()
      await say('three')
      const second = server.tail(shop.read_key, {
        query: 'service:talker',
        levels: 'error',
        after: seen.token,
      })
      assert.equal((await second.next()).type, 'hello')
      await say('four')
      assert.deepEqual((await second.messages(2)).messages, ['three', 'four'])
      second.socket.terminate()
    })

    test("a search's token lets a tail go on exactly where the answer ended", async () => {
      await server.ingest(other.ingest_key, { message: 'before' })
      const { tail_token: after, logs } = await server.search(other.read_key, {})
      assert.equal(logs.length, 1)
      await server.ingest(other.ingest_key, { message: 'after' })
      const tail = server.tail(other.read_key, { after })
      assert.equal((await tail.next()).type, 'hello')
      assert.deepEqual((await tail.messages(1)).messages, ['after'])
      tail.socket.terminate()
    })

    test('a tail is refused to strangers, and a bad filter is told', async () => {
      assert.equal(await server.tail('lb_aaaaaaaaaaaa_guess', {}).ended, 401)
      assert.equal(await server.tail(shop.read_key, { project: other.id }).ended, 404)
      assert.equal(await server.tail(shop.read_key, { query: '"open' }).ended, 400)
    })

    test('a link signs a browser in once; the cookie serves our own pages only', async () => {
      const issued = await server.call<{ ticket: string; url: string }>(
        'POST',
        '/api/v1/sessions/tickets',
      )
      const { ticket, url } = issued.body
      assert.equal(url, `${server.url}/sign-in?ticket=${ticket}`)
      const signIn = () =>
        server.call('POST', '/api/v1/sessions', {
          token: null,
          body: { ticket },
          headers: { origin: server.url },
        })
      const opened = await signIn()
      assert.equal(opened.status, 200)
      const cookie = opened.headers.get('set-cookie') ?? ''
      assert.match(cookie, /HttpOnly; SameSite=Strict/)
      assert.equal(cookie.includes('Secure'), server.url.startsWith('https:'))
      assert.equal((await signIn()).status, 401)
      const as = (origin: string, method = 'GET', path = '/api/v1/session') =>
        server.call<Problem>(method, path, {
          token: null,
          headers: { cookie: cookie.split(';')[0] ?? '', origin },
        })
      assert.equal((await as(server.url)).status, 200)
      assert.equal((await as('https://evil.example')).body.code, 'LOGBOY_CROSS_ORIGIN')
      assert.equal((await as('https://evil.example', 'POST', '/api/v1/projects')).status, 403)
      assert.equal((await as(server.url, 'DELETE')).status, 204)
      assert.equal((await as(server.url)).status, 401)
    })

    test('logs of OpenTelemetry come in at their own port and beside the page, nothing else there', async () => {
      const attributes = [{ key: 'service.name', value: { stringValue: 'till' } }]
      const logRecords = [{ severityNumber: 17, body: { stringValue: 'paper jam' } }]
      const request = { resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords }] }] }
      for (const url of [server.otlpUrl, server.url]) {
        const reply = await fetch(`${url}/v1/logs`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${shop.ingest_key}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify(request),
        })
        assert.deepEqual([reply.status, await reply.text()], [200, '{}'])
      }
      const { logs } = await server.search(shop.read_key, { query: 'level:error service:till' })
      assert.deepEqual(
        logs.map(({ message }) => message),
        ['paper jam', 'paper jam'],
      )
      assert.equal((await fetch(`${server.otlpUrl}/health`)).status, 404)
    })

    test('operators see health, readiness, metrics and every actor', async () => {
      assert.equal((await server.call('GET', '/health', { token: null })).status, 200)
      assert.equal((await server.call('GET', '/ready', { token: null })).status, 200)
      const metrics = await server.call<string>('GET', '/metrics', { token: null })
      assert.match(metrics.body, /^logboy_ingest_records_total [1-9]/m)
      assert.match(metrics.body, /^logboy_actor_count\{actor="project"\} [12]/m)
      const { body } = await server.call<{ actors: { name: string }[] }>(
        'GET',
        '/api/v1/system/actors',
      )
      const names = new Set(body.actors.map(({ name }) => name))
      for (const name of ['project', 'tail', 'retention']) assert.ok(names.has(name), name)
    })

    test('limits of project and key that change hold on a stream that is open, and are told', async t => {
      const limited = await server.createProject(`limited ${driver}`)
      const path = `/api/v1/projects/${limited.id}`
      const [, keyId = ''] = limited.ingest_key.split('_')
      const stream = new StreamClient(t, Number(new URL(server.grpcUrl).port))
      stream.hello(limited.ingest_key)
      assert.equal((await stream.next()).type, 'welcome')
      let sequence = 0
      const say = async () => {
        stream.batch(++sequence, testBatch(1_000))
        const { type } = await stream.next()
        if (type === 'throttle') sequence--
        return type
      }
      const change = async (at: string, records_per_second: number) => {
        const body = { records_per_second }
        assert.equal((await server.call('PATCH', path + at, { body })).status, 200)
      }
      for (const at of ['/quotas', `/keys/${keyId}`]) {
        assert.deepEqual([await say(), await say()], ['ack', 'ack'], `${at}: no limit yet`)
        await change(at, 1)
        // One batch is taken on credit, and paid for by those behind it.
        assert.deepEqual([await say(), await say()], ['ack', 'throttle'], at)
        await change(at, 0)
        assert.equal(await say(), 'ack', `${at}: no limit any more`)
      }
      await change('/quotas', 5_000_000)
      await change(`/keys/${keyId}`, 4_000_000)
      const { body } = await server.call<Quotas>('GET', `${path}/quotas`)
      assert.equal(body.records_per_second, 5_000_000)
      const own = body.keys.find(({ id }) => id === keyId)
      assert.equal(own?.records_per_second, 4_000_000)
      assert.equal(body.use.refused_records, own.use.refused_records)
      stream.end()
    })

    test('a project that is deleted while it streams ends all that is open, and only that', async t => {
      const doomed = await server.createProject(`doomed ${driver}`)
      const say = (key: string, body: object | string) => server.ingest(key, body)
      await say(doomed.ingest_key, '{"service":"doomed","message":"x"}\n7')
      await say(other.ingest_key, { service: 'survivor', message: 'y' })
      const stream = new StreamClient(t, Number(new URL(server.grpcUrl).port))
      stream.hello(doomed.ingest_key)
      assert.equal((await stream.next()).type, 'welcome')
      const tails = [
        server.tail(doomed.read_key, {}),
        server.tail(ADMIN_TOKEN, { project: doomed.id }),
      ]
      for (const tail of tails) assert.equal((await tail.next()).type, 'hello')
      const survivor = server.tail(other.read_key, { query: 'service:survivor' })
      assert.equal((await survivor.next()).type, 'hello')
      const path = `/api/v1/projects/${doomed.id}`
      const letters = await server.call<{ letters: { id: string }[] }>(
        'GET',
        `${path}/dead-letters`,
      )
      assert.equal(letters.body.letters.length, 1)
      assert.equal((await server.call('DELETE', path)).status, 204)
      const { code, details } = await stream.status
      assert.deepEqual([code, details], [16, 'the key was revoked or has expired'])
      for (const tail of tails) assert.equal(await tail.ended, 4401)
      assert.equal((await say(doomed.ingest_key, {})).status, 401)
      assert.equal((await server.call('GET', path)).status, 404)
      const observed = await server.call<{ deadLetters: { letters: number } }>(
        'GET',
        '/api/v1/system/actors',
      )
      assert.equal(observed.body.deadLetters.letters, 0)
      await say(other.ingest_key, { service: 'survivor', message: 'z' })
      assert.deepEqual((await survivor.messages(1)).messages, ['z'])
      const { total } = await server.search(other.read_key, { query: 'service:survivor' })
      assert.equal(total, 2)
      survivor.socket.terminate()
    })
  })
}

test('after a restart everything is there, published or not', async () => {
  const first = await RunningServer.start({}, folder)
  const project = await first.createProject('kept')
  await first.ingest(project.ingest_key, [{ message: 'in a segment' }, { message: 'also' }])
  await first.call('POST', '/api/v1/system/flush')
  await first.ingest(project.ingest_key, { message: 'only in the journal' })
  await first.stop()
  const second = await RunningServer.start({}, folder)
  const { logs } = await second.search(project.read_key, {})
  assert.deepEqual(logs.map(({ message }) => message).sort(), [
    'also',
    'in a segment',
    'only in the journal',
  ])
  await second.stop()
})
