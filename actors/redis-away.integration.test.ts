/** The promise stands in the run itself, which `npm run faults:scaled` makes a minute long. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redisAway } from '../bench/lab/scaled/redis-away.ts'

const SERVERS = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'ELASTICSEARCH_URL', 'DATABASE_URL']
const absent = SERVERS.filter(name => process.env[name] === undefined)
const skip = absent.length > 0 && `${absent.join(', ')} not set`

test('Redis away, and back empty', { skip, timeout: 240_000 }, async () => {
  const environment = Object.fromEntries(SERVERS.map(name => [name, process.env[name] ?? '']))
  const { problems } = await redisAway(environment, 0)
  assert.deepEqual(problems, [])
})
