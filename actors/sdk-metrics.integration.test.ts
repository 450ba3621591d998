/** Metrics of the SDK through Kafka into Elasticsearch, asked for over REST. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '#runtime/random.ts'
import { until } from '../bench/lab/pause.ts'
import { forgetInstallation } from '../deploy/dry/shared-servers.ts'
import { createLogger } from '../sdk/create-logger.ts'
import { RunningServer } from './testing/running-server.ts'

const SERVERS = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'ELASTICSEARCH_URL'] as const
const absent = SERVERS.filter(name => process.env[name] === undefined)
const skip = absent.length > 0 && `${absent.join(', ')} not set`
const FOUND_MS_MAX = 30_000

interface Answer {
  readonly series: readonly {
    readonly labels: Readonly<Record<string, string>>
    readonly points: readonly { readonly value: number }[]
  }[]
}

test('Kafka and Elasticsearch: points are found with their numbers, and no log search sees them', {
  skip,
  timeout: 180_000,
}, async () => {
  const installation = `metrics${Buffer.from(systemRandom.bytes(5)).toString('hex')}`
  const server = await RunningServer.start({
    'kafka-brokers': process.env['KAFKA_BROKERS'] ?? '',
    'schema-registry-url': process.env['SCHEMA_REGISTRY_URL'] ?? '',
    'elasticsearch-url': process.env['ELASTICSEARCH_URL'] ?? '',
    'kafka-partitions': '2',
    installation,
  })
  try {
    const { ingest_key: key, read_key: token } = await server.createProject('shop')
    const { url, grpcUrl } = server
    const log = createLogger({ url, grpcUrl, key, service: 'checkout', exitHooks: false })
    log.info('orders came in')
    for (let i = 0; i < 1_000; i++) {
      log.metrics.counter('shop.orders').add(1, { path: i % 4 === 0 ? '/Cart' : '/buy' })
      log.metrics.histogram('shop.took', { unit: 'ms' }).record(1 + (i % 200), { path: '/buy' })
    }
    assert.equal(await log.close(30_000), true)
    const ask = async (body: object): Promise<Answer['series']> =>
      (await server.call<Answer>('POST', '/api/v1/metrics/query', { token, body })).body.series
    const increase = { name: 'shop.orders', function: 'increase', by: ['path'] }
    assert.ok(await until(async () => (await ask(increase)).length === 2, FOUND_MS_MAX))
    const sum = (values: readonly { readonly value: number }[]): number =>
      values.reduce((total, { value }) => total + value, 0)
    assert.deepEqual(
      (await ask(increase)).map(({ labels, points }) => [labels['path'], sum(points)]),
      [
        ['/Cart', 250],
        ['/buy', 750],
      ],
    )
    const one = await ask({ ...increase, labels: { path: '/Cart', service: 'checkout' } })
    assert.deepEqual(
      one.map(({ points }) => sum(points)),
      [250],
    )
    const [p95] = await ask({ name: 'shop.took', function: 'p95' })
    const told = p95?.points[0]?.value ?? 0
    assert.ok(Math.abs(told - 190) < 190 * 0.03, String(told))
    const found = async (): Promise<number | null> =>
      (await server.search(token, { query: '' })).total
    assert.ok(await until(async () => (await found()) === 1, FOUND_MS_MAX))
    assert.equal((await server.search(token, { query: 'orders' })).total, 1)
    assert.equal(await countOf(`logs-${installation}.*`), 1, 'a log')
    assert.ok((await countOf(`metrics-${installation}.*`)) > 0, 'points')
  } finally {
    await server.stop()
    server.remove()
    await forgetInstallation(installation, process.env)
  }
})

/** Documents, as Elasticsearch tells whoever asks. */
async function countOf(indices: string): Promise<number> {
  const answer = await fetch(`${process.env['ELASTICSEARCH_URL']}/${indices}/_count`)
  return ((await answer.json()) as { count: number }).count
}
