/** Projects share an index of Elasticsearch, where the id of a row may be there only once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '#runtime/random.ts'
import { until } from '../bench/lab/pause.ts'
import { forgetInstallation } from '../deploy/dry/shared-servers.ts'
import { RunningServer } from './testing/running-server.ts'

const SERVERS = ['KAFKA_BROKERS', 'ELASTICSEARCH_URL'] as const
const absent = SERVERS.filter(name => process.env[name] === undefined)
const skip = absent.length > 0 && `${absent.join(', ')} not set`
const FOUND_MS_MAX = 30_000

test('what several projects send over HTTP is found in each of them', {
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
      let found: string[] = []
      await until(async () => {
        const { logs } = await server.search(token, { order: 'asc' })
        found = logs.map(({ message }) => message)
        return found.length > 0
      }, FOUND_MS_MAX)
      assert.deepEqual(found, sent)
    }
  } finally {
    await server.stop()
    server.remove()
    await forgetInstallation(installation, process.env)
  }
})
