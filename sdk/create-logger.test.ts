import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ServerCredentials } from '@grpc/grpc-js'
import type { PlainRow } from '../proto/testing/batches.ts'
import { createLogger } from './create-logger.ts'
import type { LoggerOptions } from './environment.ts'
import type { Logger } from './logger.ts'
import { IngestStore, type RunningServer, startGrpc, startHttp } from './testing/ingest-server.ts'

const TRACE = 'ab'.repeat(16)

async function serve(
  t: TestContext,
  start: (store: IngestStore) => Promise<RunningServer>,
): Promise<{ store: IngestStore; port: number }> {
  const store = new IngestStore()
  const server = await start(store)
  t.after(() => server.close())
  return { store, port: server.port }
}

function logger(t: TestContext, options: LoggerOptions): Logger {
  const log = createLogger({ key: 'lb_a_b', service: 'shop', exitHooks: false, ...options })
  t.after(() => log.close(0))
  return log
}

/** A port where nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>(resolve => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  await new Promise(resolve => server.close(resolve))
  return port
}

const brief = ({ severity, texts, attributes }: PlainRow): unknown[] => [
  severity,
  texts['message'],
  attributes,
]

test('records of every level arrive over gRPC, with message and attributes in either order', async t => {
  const { store, port } = await serve(t, startGrpc)
  const log = logger(t, { url: `grpc://127.0.0.1:${port}`, host: 'web-1' })
  log.trace('a')
  log.debug('b', { n: 1 })
  log.info({ user: { id: 'u1' } }, 'c')
  log.warn('d', { trace_id: TRACE, span_id: 'no' })
  log.error({ ok: false })
  log.fatal('f', undefined)
  assert.equal(await log.flush(5_000), true)
  assert.deepEqual(store.rows.map(brief), [
    [1, 'a', {}],
    [5, 'b', { 'i.n': 1n }],
    [9, 'c', { 's.user.id': 'u1' }],
    [13, 'd', { 's.span_id': 'no' }],
    [17, '', { 'b.ok': false }],
    [21, 'f', {}],
  ])
  const [first, , , fourth] = store.rows
  assert.equal(first?.texts['service'], 'shop')
  assert.equal(first?.texts['host'], 'web-1')
  assert.equal(fourth?.traceId, TRACE)
  const ageNs = BigInt(Date.now()) * 1_000_000n - (first?.timeNs ?? 0n)
  assert.ok(ageNs > -1_000_000_000n && ageNs < 60_000_000_000n)
  const { logged, acknowledged, pendingBatches, transport } = log.stats()
  assert.deepEqual(
    { logged, acknowledged, pendingBatches, transport },
    {
      logged: 6,
      acknowledged: 6,
      pendingBatches: 0,
      transport: 'grpc',
    },
  )
})

test('children add attributes, which a record may override', async t => {
  const { store, port } = await serve(t, startGrpc)
  const log = logger(t, { url: `grpc://127.0.0.1:${port}`, attributes: { region: 'eu' } })
  const child = log.child({ request: { id: 7, path: '/' }, trace_id: TRACE })
  child.info('a')
  child.info('b', { request: { id: 8 }, region: 'us' })
  child.child({ 'request.path': '/x' }).info('c')
  log.info('d')
  await log.flush(5_000)
  assert.deepEqual(
    store.rows.map(row => [row.traceId, row.attributes]),
    [
      [TRACE, { 's.region': 'eu', 'i.request.id': 7n, 's.request.path': '/' }],
      [TRACE, { 's.region': 'us', 'i.request.id': 8n, 's.request.path': '/' }],
      [TRACE, { 's.region': 'eu', 'i.request.id': 7n, 's.request.path': '/x' }],
      [null, { 's.region': 'eu' }],
    ],
  )
})

test('errors become exception attributes, whichever way they are handed over', async t => {
  const { store, port } = await serve(t, startGrpc)
  const log = logger(t, { url: `grpc://127.0.0.1:${port}` })
  const error = new TypeError('boom', { cause: new Error('deeper') })
  log.error(error)
  log.error(error, 'it failed')
  log.error('it failed', error)
  log.error('it failed', { err: error, order: 1 })
  log.error({ error }, 'it failed')
  log.error('it failed', { reason: error })
  await log.flush(5_000)
  const messages = store.rows.map(row => row.texts['message'])
  assert.deepEqual(messages, ['boom', ...Array.from({ length: 5 }, () => 'it failed')])
  for (const { attributes } of store.rows.slice(0, 5)) {
    assert.equal(attributes['s.exception.type'], 'TypeError')
    assert.equal(attributes['s.exception.message'], 'boom')
    assert.equal(attributes['s.exception.cause'], 'Error: deeper')
    assert.match(String(attributes['s.exception.stacktrace']), /TypeError: boom\n {4}at/)
  }
  assert.equal(store.rows[5]?.attributes['s.reason.type'], 'TypeError')
})

test('nothing that an application logs makes it throw', async t => {
  const { store, port } = await serve(t, startGrpc)
  const log = logger(t, { url: `grpc://127.0.0.1:${port}` })
  const wild = log.info as (...values: unknown[]) => void
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  const proxy = new Proxy({}, { ownKeys: () => assert.fail('no') })
  const angry = Object.defineProperty({}, 'x', {
    enumerable: true,
    get: () => assert.fail('no'),
  })
  for (const value of [undefined, null, 42, Symbol('s'), () => 1, [], circular, 10n, new Map()]) {
    wild(value)
    wild('message', value)
    wild(value, value)
  }
  wild('proxy', proxy)
  wild(angry, 'angry')
  wild('x'.repeat(300_000))
  wild()
  assert.equal(await log.flush(5_000), true)
  const { logged, acknowledged, dropped, lastTrouble } = log.stats()
  assert.equal(logged, 31)
  assert.equal(dropped.invalid, 3)
  assert.equal(acknowledged, 28)
  assert.equal(store.rows.length, 28)
  assert.match(lastTrouble ?? '', /message is longer/)
})

test('records below the level are left out', async t => {
  const { store, port } = await serve(t, startGrpc)
  const log = logger(t, { url: `grpc://127.0.0.1:${port}`, level: 'warn' })
  log.info('no')
  log.child({ a: 1 }).debug('no')
  log.warn('yes')
  await log.flush(5_000)
  assert.deepEqual(
    store.rows.map(row => row.texts['message']),
    ['yes'],
  )
  assert.equal(log.isEnabled('info'), false)
  assert.equal(log.isEnabled('error'), true)
  assert.equal(log.stats().logged, 1)
})

test('many records keep their order through throttles and cuts, each once', async t => {
  const { store, port } = await serve(t, startGrpc)
  let batches = 0
  store.interfere = sequence => {
    batches++
    if (batches % 7 === 0) return 'cut'
    const throttled = { fromSequence: sequence, retryAfterMs: 1, reason: 'full' }
    return batches % 5 === 0 ? { type: 'throttle', ...throttled } : null
  }
  const log = logger(t, { url: `grpc://127.0.0.1:${port}`, flushIntervalMs: 0 })
  const count = 60_000
  for (let i = 0; i < count; i++) {
    log.info(`message ${i}`)
    if (i % 5_000 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  assert.equal(await log.flush(20_000), true)
  assert.equal(store.rows.length, count)
  store.rows.forEach((row, i) => assert.equal(row.texts['message'], `message ${i}`))
  assert.ok(log.stats().throttles > 0 && log.stats().connections > 1)
})

test('where gRPC is not to be had HTTP takes over with the same numbers', async t => {
  const { store, port } = await serve(t, startHttp)
  let posts = 0
  store.interfere = sequence => {
    posts++
    if (posts === 2) return 'cut'
    if (posts !== 4) return null
    return { type: 'throttle', fromSequence: sequence, retryAfterMs: 1, reason: 'full' }
  }
  const grpcUrl = `grpc://127.0.0.1:${await deadPort()}`
  const log = logger(t, { url: `http://127.0.0.1:${port}`, grpcUrl })
  for (let i = 0; i < 20_000; i++) log.info(`message ${i}`)
  assert.equal(await log.flush(20_000), true)
  store.rows.forEach((row, i) => assert.equal(row.texts['message'], `message ${i}`))
  assert.equal(store.rows.length, 20_000)
  assert.equal(log.stats().transport, 'http')
})

test('an epoch that the server does not know is opened anew, and counted', async t => {
  for (const start of [startGrpc, startHttp]) {
    const { store, port } = await serve(t, start)
    const scheme = start === startGrpc ? 'grpc' : 'http'
    const grpcUrl = `grpc://127.0.0.1:${start === startGrpc ? port : await deadPort()}`
    const log = logger(t, { url: `${scheme}://127.0.0.1:${port}`, grpcUrl })
    log.info('first')
    await log.flush(5_000)
    let isExpired = true
    store.interfere = () => {
      const answer = isExpired ? ({ type: 'epoch_expired' } as const) : null
      isExpired = false
      return answer
    }
    log.info('second')
    assert.equal(await log.flush(5_000), true)
    assert.deepEqual(
      store.rows.map(row => row.texts['message']),
      ['first', 'second'],
    )
    assert.equal(log.stats().possiblyRepeated, 1)
    assert.equal(store.hellos.at(-1)?.epoch, 2)
  }
})

test('a refused key is told, and nothing is lost or thrown', async t => {
  for (const start of [startGrpc, startHttp]) {
    const { port } = await serve(t, start)
    const scheme = start === startGrpc ? 'grpc' : 'http'
    const grpcUrl = `grpc://127.0.0.1:${start === startGrpc ? port : await deadPort()}`
    const log = logger(t, { key: 'bad', url: `${scheme}://127.0.0.1:${port}`, grpcUrl })
    log.info('kept')
    assert.equal(await log.flush(500), false)
    assert.match(log.stats().lastTrouble ?? '', /refuses the key: the key is unknown/)
    assert.equal(log.stats().pendingBatches, 1)
  }
})

test('memory stays within its bound while nobody takes the records, and drops are counted', async t => {
  const url = `grpc://127.0.0.1:${await deadPort()}`
  const log = logger(t, { url, memoryBytesMax: 1_000_000 })
  for (let i = 0; i < 50_000; i++) log.info('x'.repeat(100))
  const { bufferedBytes, dropped, logged } = log.stats()
  assert.ok(bufferedBytes <= 1_100_000, String(bufferedBytes))
  assert.ok(dropped.memory > 20_000)
  assert.equal(logged, 50_000)
})

test('a logger without a key says so, takes everything and sends nothing', async t => {
  const log = logger(t, { key: '' })
  log.info('nowhere')
  assert.equal(log.stats().dropped.closed, 1)
  assert.match(log.stats().lastTrouble ?? '', /no key/)
  assert.equal(await log.close(), true)
})

test('after close records are counted as dropped', async t => {
  const { store, port } = await serve(t, startGrpc)
  const log = logger(t, { url: `grpc://127.0.0.1:${port}` })
  log.info('in time')
  assert.equal(await log.close(5_000), true)
  log.info('too late')
  assert.equal(store.rows.length, 1)
  assert.equal(log.stats().dropped.closed, 1)
})

const certificate = new URL('./testing/tls/localhost.crt', import.meta.url)

async function serveTls(t: TestContext): Promise<{ store: IngestStore; port: number }> {
  const key = readFileSync(new URL('./testing/tls/localhost.key', import.meta.url))
  const pair = { private_key: key, cert_chain: readFileSync(certificate) }
  return serve(t, store => startGrpc(store, ServerCredentials.createSsl(null, [pair])))
}

test('over TLS the server is verified, with an authority of ones own where given', async t => {
  const { store, port } = await serveTls(t)
  const trusting = logger(t, { url: `grpcs://localhost:${port}`, ca: fileURLToPath(certificate) })
  trusting.info('secret')
  assert.equal(await trusting.flush(5_000), true)
  assert.equal(store.rows.length, 1)
  const wary = logger(t, { url: `grpcs://localhost:${port}` })
  wary.info('not told')
  assert.equal(await wary.flush(300), false)
  assert.match(wary.stats().lastTrouble ?? '', /certificate/)
  assert.equal(store.rows.length, 1)
})

interface Ended {
  readonly code: unknown
  readonly signal: unknown
  readonly stderr: string
  readonly ms: number
}

/** Runs a program of its own, which has a logger `log`, to its end. */
function runProgram(body: string, environment: Record<string, string>): Promise<Ended> {
  const index = new URL('./index.ts', import.meta.url).href
  const program = `import { createLogger } from ${JSON.stringify(index)}\nconst log = createLogger()\n${body}`
  const started = performance.now()
  return new Promise(resolve => {
    const options = { env: { ...process.env, LOGBOY_KEY: 'lb_a_b', ...environment } }
    execFile(
      process.execPath,
      ['--input-type=module', '-e', program],
      options,
      (error, _stdout, stderr) => {
        const ms = performance.now() - started
        resolve({ code: error?.code ?? 0, signal: error?.signal ?? null, stderr, ms })
      },
    )
  })
}

test('a program ends by itself, and its last words arrive', async t => {
  const { store, port } = await serve(t, startGrpc)
  const ended = await runProgram(`log.info('last words')`, {
    LOGBOY_URL: `grpc://127.0.0.1:${port}`,
    LOGBOY_SERVICE: 'short-lived',
  })
  assert.equal(ended.code, 0, ended.stderr)
  assert.deepEqual(
    store.rows.map(row => [row.texts['service'], row.texts['message']]),
    [['short-lived', 'last words']],
  )
})

test('an open stream does not keep a program alive', async t => {
  const { store, port } = await serve(t, startGrpc)
  const ended = await runProgram(`log.info('a'); setTimeout(() => {}, 200)`, {
    LOGBOY_URL: `grpc://127.0.0.1:${port}`,
  })
  assert.equal(ended.code, 0)
  assert.equal(store.rows.length, 1)
})

test('a server that is away holds a program up for the time allowed, no longer', async () => {
  const ended = await runProgram(`log.info('lost')`, {
    LOGBOY_URL: `grpc://127.0.0.1:${await deadPort()}`,
    LOGBOY_EXIT_FLUSH_MS: '300',
  })
  assert.equal(ended.code, 0)
  assert.match(ended.stderr, /logboy: no connection/)
  assert.ok(ended.ms < 20_000)
})

function spoolFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-spool-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const messagesOf = (store: IngestStore): string[] =>
  store.rows.map(row => row.texts['message'] ?? '').toSorted()

test('what a program could not send at its end the next one sends', async t => {
  const folder = spoolFolder(t)
  const environment = { LOGBOY_SPOOL: folder, LOGBOY_EXIT_FLUSH_MS: '50' }
  const url = `grpc://127.0.0.1:${await deadPort()}`
  const away = { ...environment, LOGBOY_URL: url }
  assert.equal((await runProgram(`log.info('ended by itself')`, away)).code, 0)
  assert.equal((await runProgram(`log.info('exited'); process.exit(3)`, away)).code, 3)
  const crash = `log.info('logged'); setInterval(() => {}, 1000); throw new Error('boom')`
  assert.equal((await runProgram(crash, away)).code, 1)
  const kill = `log.info('killed'); setInterval(() => {}, 1000); process.kill(process.pid, 'SIGTERM')`
  assert.equal((await runProgram(kill, away)).signal, 'SIGTERM')
  const { store, port } = await serve(t, startGrpc)
  const last = await runProgram(
    `setTimeout(() => process.exit(9), 30_000).unref()
    log.info('now'); const look = setInterval(() => {
      const { found, settled } = log.stats().spool
      if (found === 5 && settled === 5) clearInterval(look)
    }, 5)`,
    { ...environment, LOGBOY_URL: `grpc://127.0.0.1:${port}` },
  )
  assert.equal(last.code, 0, last.stderr)
  const expected = [
    'ended by itself',
    'exited',
    'logged',
    'uncaught exception: boom',
    'killed',
    'now',
  ]
  assert.deepEqual(
    messagesOf(store),
    expected.toSorted((a, b) => (a < b ? -1 : 1)),
  )
})

test('loggers of one process share a folder; what a closed one left the next one sends', async t => {
  const folder = spoolFolder(t)
  const spool = { folder }
  const away = `grpc://127.0.0.1:${await deadPort()}`
  const [first, second] = [logger(t, { url: away, spool }), logger(t, { url: away, spool })]
  first.info('first')
  second.info('second')
  assert.deepEqual(await Promise.all([first.close(10), second.close(10)]), [false, false])
  const [key = ''] = readdirSync(folder)
  const left = readdirSync(join(folder, key))
  assert.deepEqual(
    left.map(name => name.slice(0, 5)),
    ['free-', 'free-'],
  )
  for (const name of left) {
    assert.equal(statSync(join(folder, key, name)).mode & 0o777, 0o700)
    const [file = ''] = readdirSync(join(folder, key, name))
    assert.equal(statSync(join(folder, key, name, file)).mode & 0o777, 0o600)
  }
  const { store, port } = await serve(t, startGrpc)
  const third = logger(t, { url: `grpc://127.0.0.1:${port}`, spool })
  while (third.stats().spool?.settled !== 2) await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(messagesOf(store), ['first', 'second'])
  assert.equal(await third.close(), true)
  assert.equal(await third.close(), true)
  assert.deepEqual(readdirSync(join(folder, key)), [])
})

test('an outage longer than the memory suffices is bridged by the spool', async t => {
  const port = await deadPort()
  const folder = spoolFolder(t)
  const memoryBytesMax = 2_000_000
  const log = logger(t, { url: `grpc://127.0.0.1:${port}`, spool: { folder }, memoryBytesMax })
  const count = 60_000
  for (let i = 0; i < count; i++) {
    log.info(`message ${i} ${'x'.repeat(100)}`)
    // The disk is given its turn, as an application that does anything else gives it.
    while (i % 1_000 === 0 && log.stats().bufferedBytes > memoryBytesMax * 0.75) {
      await new Promise(resolve => setImmediate(resolve))
    }
  }
  assert.ok((log.stats().spool?.bytes ?? 0) > 2 * memoryBytesMax)
  const store = new IngestStore()
  const server = await startGrpc(store, undefined, port)
  t.after(() => server.close())
  assert.equal(await log.flush(20_000), true)
  assert.equal(log.stats().dropped.memory, 0)
  store.rows.forEach((row, i) => assert.ok(row.texts['message']?.startsWith(`message ${i} `)))
  assert.equal(store.rows.length, count)
})

test('a spool that cannot be written costs nothing but itself', async t => {
  const { store, port } = await serve(t, startGrpc)
  const folder = join(spoolFolder(t), 'file')
  writeFileSync(folder, 'in the way')
  const log = logger(t, { url: `grpc://127.0.0.1:${port}`, spool: { folder } })
  store.interfere = () => {
    store.interfere = () => null
    return 'cut'
  }
  log.info('sent all the same')
  assert.equal(await log.flush(5_000), true)
  assert.deepEqual(messagesOf(store), ['sent all the same'])
  assert.equal(await log.close(), true)
})

test('SIGTERM and uncaught exceptions end a program as ever, after the flush', async t => {
  const { store, port } = await serve(t, startGrpc)
  const environment = { LOGBOY_URL: `grpc://127.0.0.1:${port}` }
  const killed = await runProgram(
    `log.info('before the signal'); setInterval(() => {}, 1000); process.kill(process.pid, 'SIGTERM')`,
    environment,
  )
  assert.equal(killed.signal, 'SIGTERM')
  const crashed = await runProgram(
    `log.info('before the crash'); setInterval(() => {}, 1000); throw new Error('boom')`,
    environment,
  )
  assert.equal(crashed.code, 1)
  assert.match(crashed.stderr, /Error: boom/)
  assert.deepEqual(
    store.rows.map(row => row.texts['message']),
    ['before the signal', 'before the crash', 'uncaught exception: boom'],
  )
  assert.equal(store.rows[2]?.attributes['s.exception.type'], 'Error')
})
