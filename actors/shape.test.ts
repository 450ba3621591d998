import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from './config.ts'
import { shapeOf } from './shape.ts'

const KAFKA = { KAFKA_BROKERS: 'k:9092', SCHEMA_REGISTRY_URL: 'http://r:8081' }
const ELASTIC = { ELASTICSEARCH_URL: 'http://e:9200' }
const POSTGRES = { DATABASE_URL: 'postgres://u:p@h/d' }
const REDIS = { REDIS_URL: 'redis://h:6379' }

function shape(env: Readonly<Record<string, string>>) {
  return shapeOf(loadConfig({ env, folder: '/nonexistent' }))
}

test('without settings everything is embedded, in one process', () => {
  const { roles, ...parts } = shape({})
  assert.deepEqual(parts, {
    commitLog: 'journal',
    store: 'parquet',
    catalog: 'pglite',
    coordination: 'in-process',
    isShared: false,
  })
  assert.equal(roles.size, 4)
})

test('any of the servers may be used by one process that does everything', () => {
  const servers = [KAFKA, ELASTIC, POSTGRES, REDIS]
  for (let chosen = 0; chosen < 2 ** servers.length; chosen++) {
    const env = Object.assign({}, ...servers.filter((_, bit) => chosen & (1 << bit)))
    const isShared = (chosen & 7) === 7
    assert.equal(shape(env).isShared, isShared, JSON.stringify(env))
  }
})

test('roles are shared out only where all that they share is a server', () => {
  const some = { LOGBOY_ROLES: 'gateway, api' }
  assert.deepEqual(
    [...shape({ ...KAFKA, ...ELASTIC, ...POSTGRES, ...some }).roles],
    ['gateway', 'api'],
  )
  assert.throws(
    () => shape({ ...ELASTIC, ...POSTGRES, ...some }),
    /processor, scheduler.*KAFKA_BROKERS/,
  )
  assert.throws(() => shape({ ...KAFKA, ...POSTGRES, ...some }), /ELASTICSEARCH_URL/)
  assert.throws(() => shape({ ...KAFKA, ...ELASTIC, ...some }), /DATABASE_URL/)
})

test('what could never work is refused, with the reason', () => {
  const azure = 'endpoint=https://x.communication.azure.com;accesskey=a2V5'
  const mail = { SMTP_URL: 'smtp://m', AZURE_COMMUNICATION_CONNECTION_STRING: azure }
  assert.throws(() => shape(mail), /mail takes one way/)
  const plain = azure.replace('https', 'http')
  assert.throws(() => shape({ AZURE_COMMUNICATION_CONNECTION_STRING: plain }), /expected endpoint/)
  assert.throws(() => shape({ KAFKA_BROKERS: 'k:9092' }), /SCHEMA_REGISTRY_URL/)
  assert.throws(() => shape({ ...KAFKA, KAFKA_MIN_INSYNC_REPLICAS: '2' }), /REPLICATION_FACTOR/)
  assert.throws(() => shape({ ...KAFKA, KAFKA_USER: 'u' }), /KAFKA_PASSWORD/)
  const user = { ...KAFKA, KAFKA_USER: 'u', KAFKA_PASSWORD: 'p' }
  assert.throws(() => shape({ ...user, KAFKA_SASL_MECHANISM: 'plain' }), /set KAFKA_TLS=true/)
  assert.throws(() => shape({ ...user, KAFKA_SASL_MECHANISM: 'gssapi' }), /scram-sha-512, scram/)
  assert.throws(() => shape({ ...KAFKA, KAFKA_TLS_CA: '/ca.pem' }), /needs KAFKA_TLS=true/)
  shape({ ...user, KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_TLS: 'true' })
  assert.throws(() => shape({ LOGBOY_ROLES: 'gateway,reader' }), /expected some of gateway/)
  assert.throws(() => shape({ KAFKA_BROKERS: 'kafka' }), /host:port/)
})
