/** A broker that lets in only who signs in, over TLS with an authority of its own. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '#actors/config.ts'
import { kafkaAddress } from '#actors/kafka-address.ts'
import { systemClock } from '#runtime/clock.ts'
import type { Arena } from '../arena.ts'
import { newArena } from '../testing/journals.ts'
import { append, collect } from '../testing/log-driver.ts'
import {
  MemoryCheckpoints,
  MemoryKeyedRequests,
  MemoryPartitions,
} from '../testing/memory-catalog.ts'
import { NO_OWN_KAFKA, OwnKafka } from '../testing/own-kafka.ts'
import type { KafkaLog } from './kafka-log.ts'
import { openKafka } from './open-kafka.ts'

const USER = { user: 'logboy', password: 'a-password-of-tests' }

test('batches go through TLS and every way to sign in; nobody else gets in', {
  skip: NO_OWN_KAFKA,
}, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-secured-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const { certificate, pemFile } = makeCertificate(folder)
  const kafka = await OwnKafka.open({ secured: { pemFile, ...USER } })
  t.after(() => kafka.close())
  const settings = {
    KAFKA_BROKERS: kafka.securedBrokers.join(),
    KAFKA_USER: USER.user,
    KAFKA_PASSWORD: USER.password,
    KAFKA_TLS: 'true',
    KAFKA_TLS_CA: certificate,
  }
  const arena = newArena()
  const open = (changes: Readonly<Record<string, string>>): Promise<KafkaLog> =>
    openLog({ ...settings, ...changes }, arena)

  let logs = 0
  for (const mechanism of ['scram-sha-512', 'scram-sha-256', 'plain']) {
    const log = await open({ KAFKA_SASL_MECHANISM: mechanism })
    const collector = collect(log)
    const producer = BigInt(++logs)
    assert.equal((await append(log, arena, { producer, sequence: 1n })).type, 'durable')
    await collector.reached(logs)
    await log.close()
  }
  const refusals = [
    [{ KAFKA_PASSWORD: 'another' }, /authentication/i],
    [{ KAFKA_SASL_MECHANISM: 'plain', KAFKA_PASSWORD: 'another' }, /authentication/i],
    [{ KAFKA_TLS_CA: '' }, /certificate/i],
  ] as const
  for (const [changes, message] of refusals) {
    await assert.rejects(open(changes), { code: 'LOGBOY_KAFKA_AWAY', message })
  }
  assert.throws(
    () => kafkaAddress(loadConfig({ env: { ...settings, KAFKA_TLS_CA: '/none' }, folder })),
    {
      message: 'KAFKA_TLS_CA=/none: the file cannot be read (ENOENT)',
    },
  )
})

function openLog(env: Readonly<Record<string, string>>, arena: Arena): Promise<KafkaLog> {
  const config = loadConfig({ env, folder: tmpdir() })
  const settings = {
    address: kafkaAddress(config),
    registryUrl: '',
    prefix: 'secured',
    partitions: 1,
    replicationFactor: 1,
    minInsyncReplicas: 1,
    retentionMs: 3_600_000,
  }
  return openKafka(settings, {
    arena,
    clock: systemClock,
    checkpoints: new MemoryCheckpoints(),
    projectPartitions: new MemoryPartitions(),
    keyedRequests: new MemoryKeyedRequests(),
    schemaIds: new Map<string, number>(),
    deadLetters: { put: () => Promise.reject(new Error('all records are ours')) },
    // A group of a new broker has no coordinator at first, and is looked for again.
    onTrouble: () => undefined,
  })
}

/** Signed by itself, so it is its own authority. */
function makeCertificate(folder: string): { certificate: string; pemFile: string } {
  const [key, certificate, pemFile] = ['key', 'certificate', 'both'].map(name =>
    join(folder, `${name}.pem`),
  ) as [string, string, string]
  const about = ['-subj', '/CN=broker', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const files = ['-keyout', key, '-out', certificate]
  execFileSync('openssl', ['req', '-x509', ...kind, ...about, ...files], { stdio: 'ignore' })
  writeFileSync(pemFile, readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'))
  return { certificate, pemFile }
}
