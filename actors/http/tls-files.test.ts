import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import type { Route } from './http-server.ts'
import { json } from './problem.ts'
import { DRIVERS, startTestServer } from './testing/drivers.ts'
import { testTls } from './testing/tls-pair.ts'
import { readTlsPair, watchTlsFiles } from './tls-files.ts'

const LOOK_MS = 2_000

test('a pair that does not fit is told in one line', t => {
  const tls = testTls(t)
  tls.installOnly('key', 'second')
  assert.throws(() => readTlsPair(tls.files), {
    code: 'LOGBOY_TLS_INVALID',
    message: /^cannot use .*server\.crt with .*server\.key: .+$/,
  })
})

test('a renewal is taken once it is complete, and only then', t => {
  const tls = testTls(t)
  const clock = new VirtualClock()
  const taken: string[] = []
  const faults: string[] = []
  const onFault = (error: Error): void => void faults.push(error.message)
  const watch = watchTlsFiles({ files: tls.files, clock, onFault })
  watch.onChange(({ cert }) => void taken.push(cert.toString()))
  clock.advance(LOOK_MS)
  assert.deepEqual(taken, [])
  tls.installOnly('crt', 'second')
  clock.advance(LOOK_MS)
  clock.advance(LOOK_MS)
  assert.deepEqual(taken, [])
  assert.equal(faults.length, 1)
  tls.installOnly('key', 'second')
  clock.advance(LOOK_MS)
  assert.deepEqual(taken, [tls.authority('second').toString()])
  watch.stop()
  tls.install('first')
  clock.advance(LOOK_MS)
  assert.equal(taken.length, 1)
})

for (const driver of DRIVERS) {
  test(`${driver}: serves TLS, and a new certificate to new connections`, async t => {
    const tls = testTls(t)
    const routes: Route[] = [
      { method: 'GET', path: '/secure', handle: request => json(200, request.secure) },
    ]
    const { port, server } = await startTestServer(t, { driver, routes, tls: tls.files })
    assert.equal(await get(port, tls.authority('first')), 'true')
    tls.install('second')
    await server.reloadTls()
    assert.equal(await commonName(port), 'logboy test second')
    assert.equal(await get(port, tls.authority('second')), 'true')
    await assert.rejects(get(port, tls.authority('first')))
  })

  test(`${driver}: over TLS, and only there, browsers are told to come over TLS alone`, async t => {
    const tls = testTls(t)
    const routes: Route[] = [{ method: 'GET', path: '/secure', handle: () => json(200, true) }]
    const { port } = await startTestServer(t, { driver, routes, tls: tls.files })
    const ca = tls.authority('first')
    const told = [await answered(port, ca), await answered(port, ca, '/not-there')]
    assert.deepEqual(
      told.map(({ headers }) => headers['strict-transport-security']),
      ['max-age=31536000', 'max-age=31536000'],
    )
    const plain = await startTestServer(t, { driver, routes })
    const { headers } = await fetch(`http://127.0.0.1:${plain.port}/secure`)
    assert.equal(headers.get('strict-transport-security'), null)
  })

  test(`${driver}: does not start with files that do not fit`, async t => {
    const tls = testTls(t)
    tls.installOnly('key', 'second')
    await assert.rejects(startTestServer(t, { driver, tls: tls.files }), {
      code: 'LOGBOY_TLS_INVALID',
    })
  })
}

async function get(port: number, ca: Buffer): Promise<string> {
  return (await answered(port, ca)).text
}

function answered(
  port: number,
  ca: Buffer,
  path = '/secure',
): Promise<{ readonly text: string; readonly headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const options = { port, ca, host: 'localhost', path, agent: false } as const
    request(options, response => {
      response.setEncoding('utf8')
      let text = ''
      response.on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve({ text, headers: response.headers }))
    })
      .on('error', reject)
      .end()
  })
}

function commonName(port: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      const name = socket.getPeerCertificate().subject.CN
      resolve(Array.isArray(name) ? name[0] : name)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}
