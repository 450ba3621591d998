import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { HttpDriverName, HttpLimits, Route } from './http-server.ts'
import { json } from './problem.ts'
import { DRIVERS, startTestServer, type TestServer } from './testing/drivers.ts'
import { RawConnection } from './testing/raw-connection.ts'

for (const driver of DRIVERS) suite(driver)

/** Callers that mean harm or are broken: an error or a closed connection, the server goes on. */
function suite(driver: HttpDriverName): void {
  const named = (name: string): string => `${driver}: ${name}`

  const refused: readonly (readonly [string, string])[] = [
    ['two different lengths', 'Content-Length: 3\r\nContent-Length: 2\r\n\r\nabc'],
    ['the same length twice', 'Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc'],
    ['a negative length', 'Content-Length: -3\r\n\r\nabc'],
    ['a length with a sign', 'Content-Length: +3\r\n\r\nabc'],
    ['a length that is no number', 'Content-Length: 0x3\r\n\r\nabc'],
    ['a length beyond all numbers', `Content-Length: ${'9'.repeat(30)}\r\n\r\nabc`],
    ['an unknown encoding', 'Transfer-Encoding: xchunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'],
    [
      'chunked hidden behind another',
      'Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    ],
    [
      'encoding and length',
      'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    ],
  ]
  for (const [name, rest] of refused) {
    test(named(`${name}: refused, and the connection is closed`), async t => {
      const { port } = await startAttacked(t, driver)
      const raw = await open(t, port)
      raw.send(`POST /echo HTTP/1.1\r\nHost: x\r\n${rest}`)
      const received = await raw.closed()
      assert.match(received, /^(HTTP\/1\.1 [45]\d\d |$)/)
      assert.equal(received.match(/HTTP\/1\.1 /g)?.length ?? 0, received === '' ? 0 : 1)
    })
  }

  test(named('a request hidden in the body of a doubtful one is never run'), async t => {
    const { port, runs } = await startAttacked(t, driver)
    const raw = await open(t, port)
    const hidden = 'GET /secret HTTP/1.1\r\nHost: x\r\n\r\n'
    raw.send(`POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n`)
    raw.send(`Content-Length: ${hidden.length}\r\n\r\n${hidden}`)
    await raw.closed()
    assert.deepEqual(runs, [])
  })

  test(named('headers of a megabyte are refused'), async t => {
    const { port } = await startAttacked(t, driver)
    const raw = await open(t, port)
    raw.send(`GET /secret HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(1 << 20)}\r\n\r\n`)
    assert.match(await raw.closed(), /^(HTTP\/1\.1 431 |$)/)
  })

  test(named('headers of 12 KB are taken'), async t => {
    const { url } = await startAttacked(t, driver)
    const reply = await fetch(`${url}/secret`, { headers: { cookie: 'x'.repeat(12_000) } })
    assert.equal(reply.status, 200)
  })

  test(named('garbage is refused or left alone'), async t => {
    const { port, runs } = await startAttacked(t, driver)
    for (const garbage of ['\x16\x03\x01\x02\x00\x01', '\0\0\0\0\r\n\r\n', 'GET\r\n\r\n']) {
      const raw = await open(t, port)
      raw.send(garbage)
      raw.end()
      assert.match(await raw.closed(), /^(HTTP\/1\.1 (400|505) |$)/)
    }
    assert.deepEqual(runs, [])
  })

  test(named('a body that stops halfway frees its memory when the caller goes'), async t => {
    const { port, server, gone } = await startAttacked(t, driver)
    const raw = await open(t, port)
    raw.send('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nhalf of it')
    raw.end()
    await gone
    assert.equal(server.observe()['bodyBytes'], 0)
    assert.equal(server.observe()['requestsOpen'], 0)
  })

  test(named('a body that crawls is ended with 408'), async t => {
    const { port } = await startAttacked(t, driver)
    const raw = await open(t, port)
    raw.send('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nx')
    // The answer waits a moment for the rest of the body, then the connection ends.
    assert.match(await raw.closed(), /^HTTP\/1\.1 408 [\s\S]*LOGBOY_BODY_TOO_SLOW/)
  })

  test(named('an answer before the end of a large body still arrives'), async t => {
    const { port } = await startAttacked(t, driver, { drainMs: 30_000 })
    const raw = await open(t, port)
    const bytes = 8_000_000
    raw.send(`POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n`)
    raw.send(Buffer.alloc(bytes))
    raw.send('GET /secret HTTP/1.1\r\nHost: x\r\n\r\n')
    await raw.until(/^HTTP\/1\.1 404 [\s\S]*HTTP\/1\.1 200 /)
  })

  test(named('a body without end is cut off'), async t => {
    const { port } = await startAttacked(t, driver)
    const raw = await open(t, port)
    raw.send(`POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: ${1e12}\r\n\r\n`)
    const chunk = Buffer.alloc(1 << 20)
    for (let megabytes = 0; megabytes < 40; megabytes++) raw.send(chunk)
    // The answer or a reset, depending on what still was on its way.
    assert.match(await raw.closed(), /^(HTTP\/1\.1 404 |$)/)
  })
}

async function startAttacked(
  t: TestContext,
  driver: HttpDriverName,
  changed: Partial<HttpLimits> = {},
): Promise<TestServer & { runs: string[]; gone: Promise<void> }> {
  const runs: string[] = []
  let leave = (): void => {}
  const gone = new Promise<void>(resolve => {
    leave = resolve
  })
  const echo: Route = {
    method: 'POST',
    path: '/echo',
    bodyBytesMax: 1_000,
    async handle(request) {
      runs.push('echo')
      request.signal.addEventListener('abort', leave)
      return { status: 200, body: await request.body() }
    },
  }
  const secret: Route = {
    method: 'GET',
    path: '/secret',
    handle() {
      runs.push('secret')
      return json(200, 'secret')
    },
  }
  const limits = { bodyGraceMs: 50, headersTimeoutMs: 200, drainMs: 50, ...changed }
  const started = await startTestServer(t, { driver, routes: [echo, secret], limits })
  // Whatever was done to it, it goes on.
  t.after(async () => assert.deepEqual(started.faults, []))
  return { ...started, runs, gone }
}

async function open(t: TestContext, port: number): Promise<RawConnection> {
  const raw = await RawConnection.open(port)
  t.after(() => raw.destroy())
  return raw
}
