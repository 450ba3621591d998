/** The entry before gateways, as deploy/nginx/logboy.conf makes it, under load and attack. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type RequestOptions, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { createLogger } from '@logboy/sdk'
import WebSocket from 'ws'
import { LabCluster } from '../bench/lab/cluster.ts'
import { callAt, type LabEntry, type ProjectKeys, projectAt } from '../bench/lab/entry.ts'
import { Follower } from '../bench/lab/follower.ts'
import { Ledger, problemsOf } from '../bench/lab/ledger.ts'
import { until } from '../bench/lab/pause.ts'
import { readSettled } from '../bench/lab/searcher.ts'
import { RequestWriter, SdkWriter, type Writer } from '../bench/lab/writers.ts'
import { NginxEntry, nginxIsMissing } from './testing/nginx-entry.ts'

const SERVERS = [
  'KAFKA_BROKERS',
  'SCHEMA_REGISTRY_URL',
  'ELASTICSEARCH_URL',
  'DATABASE_URL',
  'REDIS_URL',
]
const absent = SERVERS.filter(name => process.env[name] === undefined)
const skip = absent.length > 0 ? `${absent.join(', ')} not set` : nginxIsMissing

const KILLS = 3
const SLOW_SENDERS = 20
const FLOWING_MS_MAX = 60_000
const AUTHORITY = 'actors/http/testing/tls/first.crt'
/** As the file says. */
const REQUESTS_MAX = 200

suite('nginx before two gateways', { skip, timeout: 280_000 }, () => {
  const closing: (() => Promise<void>)[] = []
  let cluster: LabCluster
  let nginx: NginxEntry
  let entry: LabEntry
  let keys: ProjectKeys

  before(async () => {
    const named = SERVERS.map(name => [name, process.env[name] ?? ''] as const)
    cluster = await LabCluster.start(Object.fromEntries(named))
    closing.push(() => cluster.end(true))
    const [one, other] = [cluster.member('gateway-1'), cluster.member('gateway-2')]
    nginx = await NginxEntry.start({ 'gateway-1': one, 'gateway-2': other, api: other })
    closing.push(() => nginx.stop())
    const token = readFileSync(join(one.dataFolder, 'admin.token'), 'utf8').trim()
    entry = {
      url: nginx.url,
      grpcUrl: nginx.grpcUrl,
      call: (method, path, body, key) =>
        callAt(nginx.url, { method, path, body, token: key ?? token }),
    }
    keys = await projectAt(entry, 'entry')
  })
  after(async () => {
    for (const close of closing.reverse()) await close()
  })

  test('a gateway is killed again and again under load: nothing is lost, doubled or out of order', async () => {
    const ledger = new Ledger()
    const options = (name: string) => ({ name, server: entry, keys, ledger })
    const follower = new Follower(entry, keys, '')
    await follower.started()
    const writers: readonly Writer[] = [
      new SdkWriter(options('stream'), 'grpc'),
      new SdkWriter(options('other-stream'), 'grpc'),
      new SdkWriter(options('batches'), 'http'),
      new RequestWriter(options('keyed'), { isKeyed: true }),
      new RequestWriter(options('keyless'), { isKeyed: false }),
    ]
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        assert.ok(await flows(writers, ledger), 'before')
        await cluster.member('gateway-1').kill()
        assert.ok(await flows(writers, ledger), 'through the other one')
        await cluster.member('gateway-1').start()
      }
      for (const writer of writers) await writer.stop()
      const rows = await readSettled(entry, keys, ledger, FLOWING_MS_MAX)
      assert.deepEqual(problemsOf(ledger.judge(rows)), [])
      await follower.judge(rows)
      assert.deepEqual(follower.wrong, [])
    } finally {
      follower.stop()
      for (const writer of writers) writer.stop().catch(() => undefined)
    }
  })

  test('TLS on both doors', async () => {
    const ca = readFileSync(AUTHORITY)
    const asked = requestTls(`${nginx.tlsUrl}/health`, { ca }).end()
    const [answer] = await once(asked, 'response')
    answer.resume()
    assert.equal(answer.statusCode, 200)
    assert.equal(answer.headers['strict-transport-security'], 'max-age=31536000')
    const logger = createLogger({
      url: nginx.tlsUrl,
      grpcUrl: nginx.tlsGrpcUrl,
      ca: AUTHORITY,
      key: keys.ingest,
      service: 'tls',
    })
    logger.info('through TLS')
    assert.ok(await logger.close(10_000))
    assert.equal(logger.stats().acknowledged, 1)
    const tail = new WebSocket(`${nginx.tlsUrl.replace('https', 'wss')}/api/v1/tail`, {
      ca,
      headers: { authorization: `Bearer ${keys.read}` },
    })
    const [hello] = await once(tail, 'message')
    assert.equal(JSON.parse(String(hello)).type, 'hello')
    tail.terminate()
  })

  test('what is inside stays inside, and every answer has the headers', async () => {
    for (const [method, path] of [
      ['GET', '/metrics'],
      ['POST', '/api/v1/system/flush'],
    ] as const) {
      const { status, headers } = await fetch(nginx.url + path, { method })
      assert.equal(status, 404, path)
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
    }
    const { headers } = await fetch(nginx.url)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.match(headers.get('content-security-policy') ?? '', /script-src 'self'/)
    assert.equal(headers.get('server'), 'nginx', 'and not its version')
  })

  test('a browser signs in: the server knows its own pages behind the entry', async () => {
    const { ticket } = await entry.call('POST', '/api/v1/sessions/tickets')
    const signIn = (origin: string): Promise<Response> =>
      fetch(`${nginx.url}/api/v1/sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin },
        body: JSON.stringify({ ticket }),
      })
    assert.equal((await signIn('https://evil.example')).status, 403)
    assert.equal((await signIn(nginx.url)).status, 200)
  })

  test('methods, headers and bodies beyond the limits are refused', async () => {
    assert.equal((await ask({ method: 'PROPFIND' })).status, 405)
    assert.equal((await ask({ method: 'TRACE' })).status, 405)
    assert.equal((await ask({ headers: { 'x-long': 'y'.repeat(20_000) } })).status, 400)
    const post = (bytes: number): Promise<Response> =>
      fetch(`${nginx.url}/ingest`, {
        method: 'POST',
        headers: { authorization: `Bearer ${keys.ingest}` },
        body: Buffer.alloc(bytes, ' '),
      })
    for (const mib of [16.5, 18]) {
      const answer = await post(mib * 2 ** 20)
      assert.equal(answer.status, 413)
      assert.equal(((await answer.json()) as { code: string }).code, 'LOGBOY_BODY_TOO_LARGE')
    }
  })

  test('headers and bodies that never end hold nobody up, and are ended', async () => {
    const head = `POST /ingest HTTP/1.1\r\nhost: entry\r\nauthorization: Bearer ${keys.ingest}\r\n`
    const slow = [head, `${head}content-length: 100\r\n\r\n{"message":"slow"}`]
    const ended = slow.flatMap(text =>
      Array.from({ length: SLOW_SENDERS }, () => neverFinished(nginx.url, text)),
    )
    assert.equal((await ask({ path: '/health' })).status, 200)
    const answers = await Promise.all(ended)
    assert.deepEqual(
      answers.filter(answer => !/^$|^HTTP\/1\.1 408 /.test(answer)),
      [],
    )
    const body = { query: 'slow', limit: 0, include: ['total'] }
    const { total } = await entry.call('POST', '/api/v1/logs/search', body, keys.read)
    assert.equal(total, 0)
  })

  test('too many connections of one address: those beyond the limit hear when to come again', async () => {
    const sockets = Array.from({ length: REQUESTS_MAX + 5 }, () => {
      const url = `${nginx.url.replace('http', 'ws')}/api/v1/tail`
      return new WebSocket(url, { headers: { authorization: `Bearer ${keys.read}` } })
    })
    const outcomes = await Promise.all(
      sockets.map(socket =>
        Promise.race([
          once(socket, 'open').then(() => 'open'),
          once(socket, 'unexpected-response').then(([, { statusCode }]) => String(statusCode)),
        ]),
      ),
    )
    for (const socket of sockets) socket.on('error', () => undefined).terminate()
    const refused = outcomes.filter(outcome => outcome !== 'open')
    assert.ok(refused.length >= 5, `${refused.length} of ${sockets.length}`)
    assert.deepEqual([...new Set(refused)], ['429'])
  })

  test('too many requests of one address are refused until it is slower', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 * REQUESTS_MAX }, () => ask({ path: '/api/v1/session' })),
    )
    const statuses = new Set(answers.map(({ status }) => status))
    assert.deepEqual(statuses, new Set([401, 429]))
    const refused = answers.find(({ status }) => status === 429)
    assert.equal(refused?.headers['retry-after'], '1')
    assert.equal(JSON.parse(refused?.body ?? '').code, 'LOGBOY_ENTRY_LIMIT')
    assert.ok(await until(async () => (await ask({ path: '/health' })).status === 200, 10_000))
  })

  interface Answer {
    readonly status: number | undefined
    readonly headers: NodeJS.Dict<string | string[]>
    readonly body: string
  }

  /** As no browser would. */
  async function ask(options: RequestOptions): Promise<Answer> {
    const { hostname, port } = new URL(nginx.url)
    const asked = request({ hostname, port, path: '/', ...options }).end()
    const [response] = await once(asked, 'response')
    let body = ''
    for await (const chunk of response) body += String(chunk)
    return { status: response.statusCode, headers: response.headers, body }
  }
})

/** A connection on which nothing comes after this; answers what it was told until it was ended. */
async function neverFinished(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(text)
  let answer = ''
  socket.on('data', chunk => {
    answer += String(chunk)
  })
  // It may be reset: what was sent last is not read any more.
  socket.on('error', () => undefined)
  await new Promise(resolve => socket.once('close', resolve))
  return answer
}

/** Every writer gets something acknowledged that it did not have before. */
function flows(writers: readonly Writer[], ledger: Ledger): Promise<boolean> {
  const before = writers.map(({ name }) => ledger.acknowledgedBy(name))
  return until(() => {
    const waiting = writers.filter(
      ({ name }, at) => ledger.acknowledgedBy(name) <= (before[at] ?? 0),
    )
    for (const writer of waiting) writer.hurry()
    return waiting.length === 0
  }, FLOWING_MS_MAX)
}
