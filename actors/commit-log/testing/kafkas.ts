/** Logs on a real Kafka, each in topics and groups of its own. */
import { systemClock } from '#runtime/clock.ts'
import { systemRandom } from '#runtime/random.ts'
import type { Arena } from '../arena.ts'
import { type KafkaLog, type KafkaLogOptions, openKafkaLog } from '../kafka/kafka-log.ts'
import { type KafkaAddress, openKafka } from '../kafka/kafkajs.ts'
import { ensureTopics, topicNames } from '../kafka/topics.ts'
import type { BrokerLink } from './broker-link.ts'
import { newArena } from './journals.ts'
import type { LogFixture } from './log-fixture.ts'
import { MemoryCheckpoints, MemoryKeyedRequests, MemoryPartitions } from './memory-catalog.ts'

/** Addresses of a Kafka to test against; undefined = none is there. */
export const KAFKA_BROKERS = process.env['KAFKA_BROKERS']?.split(',')

export interface KafkaWorld {
  readonly address: KafkaAddress
  readonly prefix: string
  readonly topic: string
  readonly checkpoints: MemoryCheckpoints
  readonly partitions: MemoryPartitions
  readonly keyedRequests: MemoryKeyedRequests
  /** What the logs were in trouble with. */
  readonly troubles: string[]
  readonly foreign: string[]
  open(arena: Arena, changes?: Partial<KafkaLogOptions>): Promise<KafkaLog>
  /** Deletes the topics. */
  close(): Promise<void>
}

export async function newKafkaWorld(
  brokers: readonly string[],
  options: {
    readonly partitions?: number
    readonly requestTimeoutMs?: number
    readonly link?: BrokerLink
  } = {},
): Promise<KafkaWorld> {
  const { partitions: partitionCount = 3, requestTimeoutMs = 5_000, link } = options
  const prefix = `test-${Buffer.from(systemRandom.bytes(6)).toString('hex')}`
  const near: KafkaAddress = { brokers, clientId: prefix }
  const faulty = link === undefined ? {} : { socketFactory: link.socketFactory }
  const address = { ...near, requestTimeoutMs, ...faulty }
  const { logs: topic } = topicNames(prefix)
  const settings = { partitions: partitionCount, replicationFactor: 1, minInsyncReplicas: 1 }
  await ensureTopics(near, [{ topic, ...settings, retentionMs: 3_600_000 }])
  const catalog = {
    checkpoints: new MemoryCheckpoints(),
    partitions: new MemoryPartitions(),
    keyedRequests: new MemoryKeyedRequests(),
  }
  const troubles: string[] = []
  const foreign: string[] = []
  return {
    ...catalog,
    address,
    prefix,
    topic,
    troubles,
    foreign,
    open: (arena, changes = {}) =>
      openKafkaLog({
        ...catalog,
        address,
        topic,
        partitionCount,
        minInsyncReplicas: 1,
        schemaId: 1,
        groupPrefix: prefix,
        arena,
        clock: systemClock,
        foreign: async (_partition, _record, reason) => void foreign.push(reason),
        onTrouble: (error, where) => void troubles.push(`${where}: ${error.message}`),
        ...changes,
      }),
    close: async () => {
      const admin = openKafka(near).admin()
      await admin.connect()
      await admin.deleteTopics({ topics: [topic] })
      await admin.disconnect()
    },
  }
}

/** Gives the body a Kafka log that it may open again and again, and forgets it afterwards. */
export async function withKafkaLog(
  brokers: readonly string[],
  body: (fixture: LogFixture) => Promise<void>,
): Promise<void> {
  const world = await newKafkaWorld(brokers)
  const arena = newArena()
  try {
    await body({ arena, open: () => world.open(arena) })
  } finally {
    await world.close()
  }
}
