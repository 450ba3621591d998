import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { IngestStore, startGrpc } from './testing/ingest-server.ts'

const isBuilt = existsSync(new URL('./dist/sdk/index.js', import.meta.url))
const skip = isBuilt ? false : 'the SDK is not built'

async function runExample(
  t: TestContext,
  name: string,
): Promise<{ store: IngestStore; child: ChildProcess; ended: Promise<unknown> }> {
  const store = new IngestStore()
  const server = await startGrpc(store)
  t.after(() => server.close())
  const file = fileURLToPath(new URL(`../examples/sdk/${name}`, import.meta.url))
  const url = `grpc://127.0.0.1:${server.port}`
  const env = { ...process.env, LOGBOY_KEY: 'lb_a_b', LOGBOY_URL: url, PORT: '0' }
  const child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const ended = new Promise(resolve => child.on('close', code => resolve(code)))
  return { store, child, ended }
}

const messages = (store: IngestStore): unknown[] => store.rows.map(row => row.texts['message'])

/** Resolves once the store has a record; the example logs when it is ready. */
async function firstRecord(store: IngestStore): Promise<void> {
  while (store.rows.length === 0) await new Promise(resolve => setImmediate(resolve))
}

test('the first log arrives', { skip }, async t => {
  const { store, ended } = await runExample(t, 'first-log.mjs')
  assert.equal(await ended, 0)
  assert.deepEqual(messages(store), ['hello from my program'])
  assert.deepEqual(store.rows[0]?.attributes, { 'i.answer': 42n })
})

test('the web server logs each request with the trace of its caller', { skip }, async t => {
  const { store, child, ended } = await runExample(t, 'web-server.mjs')
  await firstRecord(store)
  const port = String(store.rows[0]?.attributes['i.port'])
  const trace = 'ab'.repeat(16)
  const headers = { traceparent: `00-${trace}-${'cd'.repeat(8)}-01`, connection: 'close' }
  for (const path of ['/', '/fail']) await fetch(`http://127.0.0.1:${port}${path}`, { headers })
  child.kill('SIGTERM')
  await ended
  assert.deepEqual(messages(store).slice(1), ['GET / 200', 'request failed', 'GET /fail 500'])
  for (const { traceId, attributes } of store.rows.slice(1)) {
    assert.equal(traceId, trace)
    assert.equal(attributes['s.region'], 'eu-1')
  }
})

test('what is measured arrives as one point a series', { skip }, async t => {
  const { store, ended } = await runExample(t, 'metrics.mjs')
  assert.equal(await ended, 0)
  assert.deepEqual(messages(store), ['orders', 'queue_length', 'http.duration', 'orders'])
  assert.deepEqual(
    [store.rows[0], store.rows[3]].map(row => row?.attributes['i.metric.value']),
    [250n, 750n],
  )
})

test('delivery can be watched', { skip }, async t => {
  const { store, child, ended } = await runExample(t, 'watch-delivery.mjs')
  await firstRecord(store)
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.kill('SIGINT')
  assert.equal(await ended, 0)
  assert.match(output, /"all of it is durable":true/)
})
