import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pause, systemClock } from '#runtime/clock.ts'
import { systemDisk } from '#runtime/disk.ts'
import { systemRandom } from '#runtime/random.ts'
import { newArena } from '../testing/journals.ts'
import { KAFKA_BROKERS } from '../testing/kafkas.ts'
import { append, collect } from '../testing/log-driver.ts'
import {
  MemoryCheckpoints,
  MemoryKeyedRequests,
  MemoryPartitions,
} from '../testing/memory-catalog.ts'
import { KafkaDeadLetters } from './kafka-dead-letters.ts'
import { openKafka as newClient } from './kafkajs.ts'
import { type KafkaDeps, type KafkaSettings, openKafka } from './open-kafka.ts'
import { SchemaIdFile } from './schema-id-file.ts'
import { topicNames } from './topics.ts'

const registryUrl = process.env['SCHEMA_REGISTRY_URL']
const isThere = KAFKA_BROKERS !== undefined && registryUrl !== undefined
const skip = isThere ? false : 'KAFKA_BROKERS or SCHEMA_REGISTRY_URL is not set'

interface World {
  readonly settings: KafkaSettings
  readonly deps: KafkaDeps
  readonly deadLetters: KafkaDeadLetters
  readonly folder: string
  readonly troubles: string[]
}

async function inWorld(body: (world: World) => Promise<void>): Promise<void> {
  const prefix = `test-${Buffer.from(systemRandom.bytes(6)).toString('hex')}`
  const address = { brokers: KAFKA_BROKERS ?? [], clientId: prefix }
  const folder = mkdtempSync(join(tmpdir(), 'logboy-kafka-'))
  const troubles: string[] = []
  const onTrouble = (error: Error, where: string): void =>
    void troubles.push(`${where}: ${error.message}`)
  const { deadLetter: topic } = topicNames(prefix)
  const [clock, random] = [systemClock, systemRandom]
  const deadLetters = new KafkaDeadLetters({ address, topic, clock, random, onTrouble })
  const deps: KafkaDeps = {
    arena: newArena(),
    clock: systemClock,
    checkpoints: new MemoryCheckpoints(),
    projectPartitions: new MemoryPartitions(),
    keyedRequests: new MemoryKeyedRequests(),
    schemaIds: new SchemaIdFile(systemDisk, join(folder, 'schema-ids.json')),
    deadLetters,
    onTrouble,
  }
  const settings = {
    address,
    registryUrl: registryUrl ?? '',
    prefix,
    partitions: 2,
    replicationFactor: 1,
    minInsyncReplicas: 1,
    retentionMs: 3_600_000,
  }
  try {
    await body({ settings, deps, deadLetters, folder, troubles })
  } finally {
    const admin = newClient(address).admin()
    await admin.connect()
    await admin.deleteTopics({ topics: Object.values(topicNames(prefix)) }).catch(() => undefined)
    await admin.disconnect()
    rmSync(folder, { recursive: true })
  }
}

test('topics are made once, then compared and never changed', { skip }, () =>
  inWorld(async ({ settings, deps, troubles }) => {
    const first = await openKafka(settings, deps)
    await first.close()
    assert.deepEqual(troubles, [])
    const other = { ...settings, partitions: 6, retentionMs: 7_200_000 }
    const second = await openKafka(other, deps)
    await second.close()
    const { logs, metrics } = topicNames(settings.prefix)
    assert.deepEqual(
      troubles.toSorted((a, b) => (a < b ? -1 : 1)),
      [logs, metrics].flatMap(topic => [
        `Kafka topics: ${topic}: partitions is 2, the settings say 6`,
        `Kafka topics: ${topic}: retention.ms is 3600000, the settings say 7200000`,
      ]),
    )
  }),
)

test('processes that start together on an empty Kafka make its topics together', { skip }, () =>
  inWorld(async ({ settings, deps }) => {
    // One that was too early tries again, as a start does; nothing else may go wrong.
    const open = (): ReturnType<typeof openKafka> =>
      openKafka(settings, deps).catch(async (error: Error & { code?: string }) => {
        if (error.code !== 'LOGBOY_KAFKA_AWAY') throw error
        await pause(100)
        return open()
      })
    const logs = await Promise.all(Array.from({ length: 8 }, open))
    await Promise.all(logs.map(log => log.close()))
  }),
)

test('a topic that drops records is refused with its name and what to do', { skip }, () =>
  inWorld(async ({ settings, deps }) => {
    const admin = newClient(settings.address).admin()
    await admin.connect()
    const { logs: topic } = topicNames(settings.prefix)
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }]
    await admin.createTopics({ waitForLeaders: false, topics: [{ topic, configEntries }] })
    await admin.disconnect()
    await assert.rejects(openKafka(settings, deps), {
      code: 'LOGBOY_KAFKA_TOPIC',
      message: `the Kafka topic ${topic} cannot be used: its cleanup.policy is compact, which drops records; set it to delete`,
    })
  }),
)

test(
  'a Kafka that is away is one clear error; a registry that is away is none the second time',
  { skip },
  () =>
    inWorld(async ({ settings, deps, folder, troubles }) => {
      const address = { ...settings.address, brokers: ['127.0.0.1:1'] }
      await assert.rejects(openKafka({ ...settings, address }, deps), { code: 'LOGBOY_KAFKA_AWAY' })
      const away = { ...settings, registryUrl: 'http://127.0.0.1:1' }
      await assert.rejects(openKafka(away, deps), { code: 'LOGBOY_SCHEMA_REGISTRY_AWAY' })
      await (await openKafka(settings, deps)).close()
      const schemaIds = new SchemaIdFile(systemDisk, join(folder, 'schema-ids.json'))
      await (await openKafka(away, { ...deps, schemaIds })).close()
      assert.match(troubles.join('\n'), /the id of an earlier start is used/)
    }),
)

test('a record that is none of ours becomes a dead letter', { skip }, () =>
  inWorld(async ({ settings, deps, deadLetters }) => {
    const log = await openKafka(settings, deps)
    const { logs: topic } = topicNames(settings.prefix)
    const producer = newClient(settings.address).producer()
    await producer.connect()
    await producer.send({ topic, messages: [{ value: 'hello', partition: 0 }] })
    await producer.disconnect()
    const collector = collect(log)
    assert.equal((await append(log, deps.arena, { sequence: 1n })).type, 'durable')
    await collector.reached(1)
    const [note] = await deadLetters.list({ limit: 9 })
    assert.match(note?.reason ?? '', /no header logboy-envelope \(partition 0, offset 0\)/)
    const letter = await deadLetters.read(note?.id ?? '')
    assert.equal(Buffer.from(letter?.bytes ?? []).toString(), 'hello')
    await log.close()
  }),
)
