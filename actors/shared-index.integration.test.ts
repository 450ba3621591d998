/** Projects share an index of Elasticsearch, where the id of a row may be there only once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '#runtime/random.ts'
import { until } from '../bench/lab/pause.ts'
import { forgetInstallation } from '../deploy/dry/shared-servers.ts'
import { testBatch } from './gateway/testing/ingest-world.ts'
import { RunningServer } from './testing/running-server.ts'

const SERVERS = ['KAFKA_BROKERS', 'ELASTICSEARCH_URL'] as const
const absent = SERVERS.filter(name => process.env[name] === undefined)
const skip = absent.length > 0 && `${absent.join(', ')} not set`
const FOUND_MS_MAX = 30_000

test('what several projects send is found in each of them, whatever senders call themselves', {
  skip,
  timeout: 180_000,
}, async () => {
  const installation = `shared${Buffer.from(systemRandom.bytes(5)).toString('hex')}`
  const server = await RunningServer.start({
    'elasticsearch-url': process.env['ELASTICSEARCH_URL'] ?? '',
    installation,
  })
  try {
    for (const name of ['one', 'two', 'three']) {
      const { ingest_key: key, read_key: token } = await server.createProject(name)
      const sent = [`${name} a`, `${name} b`]
      await server.ingest(
        key,
        sent.map(message => ({ message })),
      )
      assert.equal(await sendAsProducer(server, key, name), 200)
      const expected = [`${name} 0`, ...sent]
      let found: string[] = []
      await until(async () => {
        const { logs } = await server.search(token, { order: 'asc' })
        found = logs.map(({ message }) => message)
        return found.length >= expected.length
      }, FOUND_MS_MAX)
      assert.deepEqual(found, expected)
    }
  } finally {
    await server.stop()
    server.remove()
    await forgetInstallation(installation, process.env)
  }
})

/** As the SDK does; the log is older than those that bring no time. */
async function sendAsProducer(
  { url }: RunningServer,
  key: string,
  message: string,
): Promise<number> {
  const response = await fetch(`${url}/ingest/batch`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'logboy-producer': '77',
      'logboy-epoch': '1',
      'logboy-sequence': '1',
      'logboy-first-unacked': '1',
      'logboy-schema': '1',
    },
    body: Buffer.from(testBatch(1, message)),
  })
  await response.arrayBuffer()
  return response.status
}
