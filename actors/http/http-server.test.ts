import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { test } from 'node:test'
import { pause, systemClock } from '#runtime/clock.ts'
import { nextRound } from '#runtime/scheduler.ts'
import type { HttpDriverName, HttpRequest, Route } from './http-server.ts'
import { HttpProblem, json } from './problem.ts'
import { startHttp } from './start-http.ts'
import { deferred } from './testing/deferred.ts'
import { DRIVERS, startTestServer } from './testing/drivers.ts'
import { RawConnection } from './testing/raw-connection.ts'

for (const driver of DRIVERS) suite(driver)

/** What every driver has to do, the same for each. */
function suite(driver: HttpDriverName): void {
  const named = (name: string): string => `${driver}: ${name}`

  test(named('a route gets parameters, query, headers, peer and body'), async t => {
    const { url } = await startTestServer(t, { driver, routes: [echoRoute] })
    const reply = await fetch(`${url}/echo/a%20b?x=1&x=2`, {
      method: 'POST',
      headers: { 'X-Thing': 'yes' },
      body: 'hello',
    })
    assert.equal(reply.status, 200)
    assert.equal(reply.headers.get('x-content-type-options'), 'nosniff')
    assert.deepEqual(await reply.json(), {
      name: 'a b',
      x: ['1', '2'],
      thing: 'yes',
      missing: null,
      peer: '127.0.0.1',
      secure: false,
      body: 'hello',
    })
  })

  test(named('a large body arrives byte for byte, with length and chunked'), async t => {
    const { url } = await startTestServer(t, { driver, routes: [hashRoute] })
    const body = new Uint8Array(3_000_000).map((_, index) => (index * 31) ^ (index >> 8))
    const expected = createHash('sha256').update(body).digest('hex')
    const known = await fetch(`${url}/hash`, { method: 'POST', body })
    assert.equal(await known.text(), expected)
    const stream = new Blob([body]).stream()
    const chunked = await fetch(`${url}/hash`, { method: 'POST', body: stream, duplex: 'half' })
    assert.equal(await chunked.text(), expected)
  })

  test(named('a body that nobody read yet waits, and is complete when it is read'), async t => {
    const entered = deferred()
    const gate = deferred()
    const route: Route = {
      ...hashRoute,
      handle: async request => {
        entered.resolve()
        await gate.promise
        return hashRoute.handle(request)
      },
    }
    const { url, server } = await startTestServer(t, { driver, routes: [route] })
    const body = Buffer.alloc(4_000_000, 'x')
    const reply = fetch(`${url}/hash`, { method: 'POST', body })
    await entered.promise
    gate.resolve()
    assert.equal(await (await reply).text(), createHash('sha256').update(body).digest('hex'))
    assert.equal(server.observe()['bodyBytes'], 0)
  })

  test(named('errors are problem documents with stable codes'), async t => {
    const { url, faults } = await startTestServer(t, {
      driver,
      routes: [
        echoRoute,
        route('GET', '/refuse', () => {
          throw new HttpProblem('LOGBOY_OVER_QUOTA', 'slow down', { retryAfterMs: 1_200 })
        }),
        route('GET', '/bug', async () => {
          throw new Error('secret detail')
        }),
      ],
    })
    const refused = await fetch(`${url}/refuse`)
    assert.equal(refused.status, 429)
    assert.equal(refused.headers.get('retry-after'), '2')
    assert.equal(refused.headers.get('content-type'), 'application/problem+json')
    assert.deepEqual(await refused.json(), {
      type: 'urn:logboy:problem:LOGBOY_OVER_QUOTA',
      title: 'Too Many Requests',
      status: 429,
      code: 'LOGBOY_OVER_QUOTA',
      detail: 'slow down',
    })
    const bug = await fetch(`${url}/bug`)
    assert.equal(bug.status, 500)
    assert.ok(!(await bug.text()).includes('secret detail'))
    assert.deepEqual(
      faults.map(({ message }) => message),
      ['secret detail'],
    )
    assert.equal((await fetch(`${url}/nowhere`)).status, 404)
    const wrong = await fetch(`${url}/echo/a`, { method: 'DELETE' })
    assert.equal(wrong.status, 405)
    assert.equal(wrong.headers.get('allow'), 'POST, OPTIONS')
    assert.equal((await fetch(`${url}/echo/%ff`, { method: 'POST' })).status, 400)
  })

  test(named('HEAD is a GET without its body; cookies may be several'), async t => {
    const headers = [
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ] as const
    const page = route('GET', '/page', () => ({ status: 200, headers, body: 'five!' }))
    const { url } = await startTestServer(t, { driver, routes: [page] })
    const head = await fetch(`${url}/page`, { method: 'HEAD' })
    assert.equal(head.headers.get('content-length'), '5')
    assert.equal(await head.text(), '')
    const get = await fetch(`${url}/page`)
    assert.deepEqual(get.headers.getSetCookie(), ['a=1', 'b=2'])
    assert.equal(await get.text(), 'five!')
  })

  test(named('a body that nobody reads is freed with the answer'), async t => {
    const gate = deferred()
    const refuse: Route = {
      ...hashRoute,
      async handle() {
        await gate.promise
        throw new HttpProblem('LOGBOY_KEY_UNKNOWN', 'who are you')
      },
    }
    const { url, server } = await startTestServer(t, { driver, routes: [refuse] })
    const reply = fetch(`${url}/hash`, { method: 'POST', body: Buffer.alloc(100_000) })
    while (server.observe()['bodyBytes'] !== 100_000) await nextRound()
    gate.resolve()
    assert.equal((await reply).status, 401)
    assert.equal(server.observe()['bodyBytes'], 0)
  })

  test(named('an offer to upgrade to anything but a WebSocket is not taken up'), async t => {
    const { port } = await startTestServer(t, { driver, routes: [hashRoute] })
    const raw = await RawConnection.open(port)
    t.after(() => raw.destroy())
    raw.send('POST /hash HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n')
    raw.send('Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 3\r\n\r\nabc')
    await raw.until(/^HTTP\/1\.1 200 OK[\s\S]*ba7816bf/)
  })

  test(named('answers without a body have no length'), async t => {
    const empty = route('DELETE', '/thing', () => ({ status: 204 }))
    const { url } = await startTestServer(t, { driver, routes: [empty] })
    const reply = await fetch(`${url}/thing`, { method: 'DELETE' })
    assert.deepEqual([reply.status, reply.headers.get('content-length')], [204, null])
  })

  test(named('a body above its limit is answered 413, announced or not'), async t => {
    const { url, server } = await startTestServer(t, { driver, routes: [hashRoute, echoRoute] })
    const body = Buffer.alloc(5_000_001)
    assert.equal((await fetch(`${url}/hash`, { method: 'POST', body })).status, 413)
    const stream = new Blob([body]).stream()
    const chunked = await fetch(`${url}/hash`, { method: 'POST', body: stream, duplex: 'half' })
    assert.equal(chunked.status, 413)
    assert.equal(((await chunked.json()) as { code: string }).code, 'LOGBOY_BODY_TOO_LARGE')
    assert.equal(server.observe()['bodyBytes'], 0)
  })

  test(named('bodies beyond what all may hold together are answered 503'), async t => {
    const { url } = await startTestServer(t, {
      driver,
      routes: [hashRoute],
      limits: { bodiesBytesMax: 100_000 },
    })
    const reply = await fetch(`${url}/hash`, { method: 'POST', body: Buffer.alloc(100_001) })
    assert.equal(reply.status, 503)
    assert.equal(reply.headers.get('retry-after'), '1')
    const next = await fetch(`${url}/hash`, { method: 'POST', body: Buffer.alloc(99_999) })
    assert.equal(next.status, 200)
  })

  test(named('the signal aborts when the caller goes away, and only then'), async t => {
    const seen = deferred<AbortSignal>()
    const aborted = deferred()
    const { port, url } = await startTestServer(t, {
      driver,
      routes: [
        route('GET', '/wait', async ({ signal }) => {
          seen.resolve(signal)
          await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
          aborted.resolve()
          return { status: 200 }
        }),
        route('GET', '/quick', ({ signal }) => json(200, signal.aborted)),
      ],
    })
    assert.equal(await (await fetch(`${url}/quick`)).json(), false)
    const request = httpRequest({ port, path: '/wait' }).on('error', () => {})
    request.end()
    await seen.promise
    request.destroy()
    await aborted.promise
  })

  test(named('keep-alive and pipelining answer in order'), async t => {
    const { port } = await startTestServer(t, {
      driver,
      routes: [
        route('GET', '/a', () => json(200, 'first')),
        route('GET', '/b', () => json(200, 2)),
      ],
    })
    const raw = await RawConnection.open(port)
    t.after(() => raw.destroy())
    raw.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n')
    await raw.until(/"first"[\s\S]*200 OK[\s\S]*\r\n\r\n2$/)
  })

  test(named('an answer in chunks arrives whole, and is made as fast as it is read'), async t => {
    const chunk = Buffer.alloc(256 * 1024, 'x')
    const made = { chunks: 0, ended: 0 }
    async function* chunks(count: number) {
      try {
        for (let i = 0; i < count; i++) {
          made.chunks++
          yield i % 2 === 0 ? chunk : chunk.toString()
        }
      } finally {
        made.ended++
      }
    }
    const stream = (path: string, count: number): Route =>
      route('GET', path, async () => ({ status: 200, chunks: chunks(count) }))
    const routes = [stream('/some', 40), stream('/endless', 1_000_000)]
    const { url, port } = await startTestServer(t, { driver, routes })
    const whole = Buffer.from(await (await fetch(`${url}/some`)).arrayBuffer())
    assert.equal(whole.length, 40 * chunk.length)
    assert.ok(whole.every(byte => byte === 0x78))
    made.chunks = 0
    const raw = await RawConnection.open(port)
    raw.pause()
    raw.send('GET /endless HTTP/1.1\r\nHost: x\r\n\r\n')
    // It stands still once the buffers between us are full.
    for (let before = -1; before !== made.chunks || before === 0; ) {
      before = made.chunks
      await pause(50)
    }
    assert.ok(made.chunks < 200, `${made.chunks} chunks were made that nobody reads`)
    raw.destroy()
    while (made.ended < 2) await nextRound()
  })

  test(named('an answer that fails halfway is no whole one'), async t => {
    async function* chunks() {
      yield 'half'
      throw new Error('the disk is gone')
    }
    const routes = [route('GET', '/half', () => ({ status: 200, chunks: chunks() }))]
    const { url, faults } = await startTestServer(t, { driver, routes })
    await assert.rejects(fetch(`${url}/half`).then(reply => reply.text()))
    assert.equal(faults[0]?.message, 'the disk is gone')
  })

  test(named('a taken port is one clear error'), async t => {
    const { port } = await startTestServer(t, { driver })
    await assert.rejects(startTestServer(t, { driver, ports: [port] }), {
      code: 'LOGBOY_PORT_TAKEN',
      message: new RegExp(`port ${port} on 127.0.0.1 is taken`),
    })
  })

  test(named('several ports serve the same routes'), async t => {
    const { server } = await startTestServer(t, { driver, ports: [0, 0], routes: [echoRoute] })
    assert.equal(new Set(server.ports).size, 2)
    for (const port of server.ports) {
      const reply = await fetch(`http://127.0.0.1:${port}/echo/x`, { method: 'POST' })
      assert.equal(reply.status, 200)
    }
  })

  test(named('closing lets a request finish, and then nothing listens'), async () => {
    const entered = deferred()
    const gate = deferred()
    const slow = route('GET', '/slow', async () => {
      entered.resolve()
      await gate.promise
      return json(200, 'done')
    })
    const server = await startHttp({
      driver,
      routes: [slow],
      sockets: [],
      host: '127.0.0.1',
      ports: [0],
      tls: null,
      clock: systemClock,
      onFault: error => assert.fail(error),
    })
    const port = server.ports[0] as number
    const reply = fetch(`http://127.0.0.1:${port}/slow`)
    await entered.promise
    const closed = server.close()
    gate.resolve()
    assert.equal(await (await reply).json(), 'done')
    await closed
    await assert.rejects(RawConnection.open(port))
  })
}

function route(method: Route['method'], path: string, handle: Route['handle']): Route {
  return { method, path, handle }
}

const hashRoute: Route = {
  method: 'POST',
  path: '/hash',
  bodyBytesMax: 5_000_000,
  handle: async (request: HttpRequest) => ({
    status: 200,
    body: createHash('sha256')
      .update(await request.body())
      .digest('hex'),
  }),
}

const echoRoute: Route = {
  method: 'POST',
  path: '/echo/:name',
  bodyBytesMax: 1_000,
  handle: async request =>
    json(200, {
      name: request.parameters['name'],
      x: request.query.getAll('x'),
      thing: request.header('x-thing'),
      missing: request.header('x-missing'),
      peer: request.peer,
      secure: request.secure,
      body: Buffer.from(await request.body()).toString(),
    }),
}
