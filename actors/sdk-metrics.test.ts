import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { Problem, ProjectCreated, SearchReply } from '#proto/api.ts'
import { BatchBuilder } from '#proto/batch-builder.ts'
import { ROW_KINDS } from '#proto/columns.ts'
import { createLogger } from '../sdk/create-logger.ts'
import type { Logger } from '../sdk/logger.ts'
import { RunningServer } from './testing/running-server.ts'
import { ServerProcess } from './testing/server-process.ts'

interface Answer {
  readonly type: string | null
  readonly unit: string
  readonly series: readonly {
    readonly labels: Readonly<Record<string, string>>
    readonly points: readonly { readonly value: number }[]
  }[]
}

/** What examples/sdk/metrics.mjs measures. */
function measure({ metrics }: Logger): void {
  for (let i = 0; i < 1_000; i++) {
    metrics.counter('orders', { unit: 'orders' }).add(1, { path: i % 4 === 0 ? '/cart' : '/buy' })
    metrics.gauge('queue_length').set(i % 7)
    metrics
      .histogram('http.duration', { unit: 'ms' })
      .record(1 + (i % 200), { path: '/buy', status: 200 })
  }
}

const sums = ({ series }: Answer): unknown[] =>
  series.map(({ labels, points }) => [labels, points.reduce((sum, { value }) => sum + value, 0)])

suite('metrics of the SDK, from the call to the answer', { timeout: 120_000 }, () => {
  let server: RunningServer
  let shop: ProjectCreated
  let other: ProjectCreated
  let log: Logger

  before(async () => {
    server = await RunningServer.start()
    shop = await server.createProject('shop')
    other = await server.createProject('other')
    const options = { url: server.url, grpcUrl: server.grpcUrl, key: shop.ingest_key }
    const fixed = { service: 'checkout', host: 'web-1', exitHooks: false }
    // Points come when the test says so.
    log = createLogger({ ...options, ...fixed, metricsIntervalMs: 3_600_000 })
    log.info('orders came in')
    measure(log)
    assert.equal(await log.flush(30_000), true)
  })

  after(async () => {
    await log.close(0)
    await server.stop()
    server.remove()
  })

  const ask = (body: object, token = shop.read_key) =>
    server.call<Answer>('POST', '/api/v1/metrics/query', { token, body })

  test('one point a series was sent, and is acknowledged', () => {
    const { metrics, acknowledged } = log.stats()
    assert.deepEqual(metrics, { series: 4, points: 4, dropped: 0 })
    assert.equal(acknowledged, 5)
  })

  for (const stored of ['in memory', 'in a segment']) {
    suite(stored, () => {
      before(async () => {
        if (stored === 'in a segment') await server.call('POST', '/api/v1/system/flush')
      })

      test('a counter is asked for its increase and its rate, by label', async () => {
        const { body } = await ask({ name: 'orders', function: 'increase', by: ['path'] })
        assert.equal(body.type, 'counter')
        assert.equal(body.unit, 'orders')
        assert.deepEqual(sums(body), [
          [{ path: '/buy' }, 750],
          [{ path: '/cart' }, 250],
        ])
        const rate = await ask({ name: 'orders', function: 'rate', step: 60 })
        assert.deepEqual(sums(rate.body), [[{}, 1_000 / 60]])
        const one = {
          name: 'orders',
          function: 'increase',
          labels: { path: '/cart', host: 'web-1' },
        }
        assert.deepEqual(sums((await ask(one)).body), [[{}, 250]])
      })

      test('a histogram is asked for quantiles, a gauge for its range', async () => {
        for (const [fn, exact] of [
          ['p50', 100],
          ['p95', 190],
          ['p99', 198],
        ] as const) {
          const { body } = await ask({ name: 'http.duration', function: fn, by: ['status'] })
          const told = body.series[0]?.points[0]?.value ?? 0
          assert.ok(Math.abs(told - exact) < exact * 0.03, `${fn}: ${told}`)
          assert.deepEqual(body.series[0]?.labels, { status: '200' })
        }
        for (const [fn, value] of [
          ['min', 0],
          ['max', 6],
          ['last', 999 % 7],
        ] as const) {
          const { body } = await ask({ name: 'queue_length', function: fn })
          assert.deepEqual(body.series, [{ labels: {}, points: [body.series[0]?.points[0]] }])
          assert.equal(body.series[0]?.points[0]?.value, value)
        }
      })

      test('logs do not see them, nor another project', async () => {
        for (const query of ['', 'orders', 'path:*', '"http.duration"']) {
          const { total, logs, aggregations } = await server.search(shop.read_key, { query })
          const expected = query === '' || query === 'orders' ? 1 : 0
          assert.equal(total, expected, query)
          assert.deepEqual(
            logs.map(({ message }) => message),
            ['orders came in'].slice(0, expected),
          )
          assert.deepEqual(aggregations.by_service, expected === 0 ? {} : { checkout: 1 })
        }
        const { body } = await ask({ name: 'orders', function: 'rate' }, other.read_key)
        assert.deepEqual(body.series, [])
      })

      if (stored === 'in memory') return
      test('names tell what there is', async () => {
        const { body } = await server.call<{ names: object[] }>('GET', '/api/v1/metrics/names', {
          token: shop.read_key,
        })
        assert.partialDeepStrictEqual(body, {
          is_exact: true,
          names: [
            { name: 'http.duration', type: 'histogram', unit: 'ms', labels: ['path', 'status'] },
            { name: 'orders', type: 'counter', services: ['checkout'], labels: ['path'] },
            { name: 'queue_length', type: 'gauge', unit: '', labels: [] },
          ],
        })
      })
    })
  }

  test('a tail of logs passes them over', async () => {
    const tail = server.tail(shop.read_key, { query: '' })
    assert.equal((await tail.next()).type, 'hello')
    measure(log)
    log.info('after')
    assert.equal(await log.flush(30_000), true)
    assert.deepEqual((await tail.messages(1)).messages, ['after'])
    tail.socket.close()
    await tail.ended
  })

  test('so does one that goes on from before them', async () => {
    const { tail_token: after } = await server.search(shop.read_key, { limit: 0 })
    measure(log)
    assert.equal(await log.flush(30_000), true)
    log.info('behind them')
    assert.equal(await log.flush(30_000), true)
    const tail = server.tail(shop.read_key, { query: '', after })
    assert.equal((await tail.next()).type, 'hello')
    assert.deepEqual((await tail.messages(1)).messages, ['behind them'])
    tail.socket.close()
    await tail.ended
  })

  for (const when of ['live', 'from before them']) {
    test(`a tail of metrics shows points and no log, ${when}`, async () => {
      const from = await server.search(shop.read_key, { limit: 0 })
      const after = when === 'live' ? {} : { after: from.tail_token }
      const open = (): ReturnType<typeof server.tail> =>
        server.tail(shop.read_key, { query: 'orders', kind: 'metrics', ...after })
      const early = when === 'live' ? open() : null
      assert.ok(early === null || (await early.next()).type === 'hello')
      log.info('orders are a word of a log, too')
      measure(log)
      assert.equal(await log.flush(30_000), true)
      log.metrics.counter('orders').add(1, { path: '/last' })
      assert.equal(await log.flush(30_000), true)
      const tail = early ?? open()
      if (early === null) assert.equal((await tail.next()).type, 'hello')
      assert.deepEqual((await tail.messages(3)).messages, ['orders', 'orders', 'orders'])
      tail.socket.close()
      await tail.ended
    })
  }

  const page = readFileSync(new URL('../docs/sdk-metrics.md', import.meta.url), 'utf8')
  for (const [, example = ''] of page.matchAll(/```json\n(.+?)\n```/gs)) {
    test(`docs/sdk-metrics.md: ${example}`, async () => {
      const { status, body } = await ask(JSON.parse(example) as object)
      assert.equal(status, 200)
      assert.ok(body.series.some(({ points }) => points.some(({ value }) => value > 0)))
    })
  }

  test('a tail of another kind is refused', async () => {
    assert.equal(await server.tail(shop.read_key, { kind: 'traces' }).ended, 400)
  })

  const WRONG: readonly (readonly [detail: RegExp, body: object])[] = [
    [/name: "two words" is no name/, { name: 'two words', function: 'rate' }],
    [/function: sum is none of rate/, { name: 'orders', function: 'sum' }],
    [/orders is a counter, which has rate, increase, not p95/, { name: 'orders', function: 'p95' }],
    [/not last/, { name: 'http.duration', function: 'last' }],
    [/step: x is no width/, { name: 'orders', function: 'rate', step: 'x' }],
    [/in this range/, { name: 'orders', function: 'rate', step: 1, start_time: 'now-400d' }],
    [/start_time/, { name: 'orders', function: 'rate', start_time: 'now+1h' }],
    [/labels/, { name: 'orders', function: 'rate', labels: { path: 7 } }],
  ]
  for (const [detail, body] of WRONG) {
    test(`a wrong question is told what is wrong: ${detail.source}`, async () => {
      const reply = await server.call<Problem>('POST', '/api/v1/metrics/query', {
        token: shop.read_key,
        body,
      })
      assert.equal(reply.status, 400)
      assert.match(reply.body.detail, detail)
    })
  }

  test('a wrong point is refused at the door with its reason, its neighbours are kept', async () => {
    const builder = new BatchBuilder({ sdkName: '', sdkVersion: '', kind: ROW_KINDS.metric })
    const head = {
      timeUs: null,
      severity: 9,
      service: 'door',
      host: '',
      file: '',
      message: 'visits',
    }
    for (const value of [1, -1, 2]) {
      const numbers = { 'metric.type': 'counter', 'metric.interval_ms': 1, 'metric.value': value }
      builder.append({ ...head, attributes: Object.entries(numbers) })
    }
    const reply = await fetch(`${server.url}/ingest/batch`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${shop.ingest_key}`,
        'logboy-producer': '77',
        'logboy-epoch': '0',
        'logboy-sequence': '1',
        'logboy-first-unacked': '1',
        'logboy-schema': '1',
      },
      body: builder.seal(),
    })
    assert.match(await reply.text(), /metric\.value of a counter is no number from 0 on/)
    const { body } = await ask({ name: 'visits', function: 'increase' })
    assert.deepEqual(sums(body), [[{}, 3]])
  })
})

test('acknowledged points outlive kill -9, each exactly once', { timeout: 120_000 }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-metrics-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const question = { name: 'orders', function: 'increase', by: ['path'] }
  const first = new ServerProcess(folder)
  const url = await first.ready()
  const { grpc, adminToken } = first.note
  const project = await post<ProjectCreated>(`${url}/api/v1/projects`, adminToken, { name: 'shop' })
  const log = createLogger({
    url,
    grpcUrl: grpc,
    key: project.ingest_key,
    service: 'checkout',
    exitHooks: false,
  })
  t.after(() => log.close(0))
  for (let i = 0; i < 5; i++) {
    measure(log)
    assert.equal(await log.flush(30_000), true)
  }
  await first.stop('SIGKILL')
  const second = new ServerProcess(folder)
  t.after(() => second.stop('SIGKILL'))
  const again = await second.ready()
  const answer = await post<Answer>(`${again}/api/v1/metrics/query`, project.read_key, question)
  assert.deepEqual(sums(answer), [
    [{ path: '/buy' }, 5 * 750],
    [{ path: '/cart' }, 5 * 250],
  ])
  const logs = await post<SearchReply>(`${again}/api/v1/logs/search`, project.read_key, {})
  assert.equal(logs.total, 0)
})

async function post<Body>(url: string, token: string, body: object): Promise<Body> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await reply.json()) as Body
}
