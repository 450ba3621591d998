/** The commit log on Kafka, from settings: topics, schema, and where the partitions stand. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Closing } from './closing.ts'
import { type KafkaLog, openKafkaLog } from './commit-log/kafka/kafka-log.ts'
import type { KafkaAddress } from './commit-log/kafka/kafkajs.ts'
import {
  registerSchema,
  type SchemaIdCache,
  schemaText,
} from './commit-log/kafka/schema-registry.ts'
import { ensureTopics, topicNames } from './commit-log/kafka/topics.ts'
import type { Foundation } from './foundation.ts'
import { patiently } from './patience.ts'
import type { Config } from './settings.ts'

/** Tails resume and windows replay within it; consumers that were away longer lost rows. */
const RETENTION_MS = 7 * 86_400_000

export async function openKafka(foundation: Foundation, closing: Closing): Promise<KafkaLog> {
  const { config, arena, clock, catalog, log, onFault } = foundation
  const address = addressOf(config)
  const topics = topicNames(config.installation)
  const findings = await patiently(foundation, 'Kafka', () =>
    ensureTopics(
      address,
      Object.values(topics).map(topic => ({
        topic,
        partitions: config.kafkaPartitions,
        replicationFactor: config.kafkaReplicationFactor,
        minInsyncReplicas: config.kafkaMinInsyncReplicas,
        retentionMs: RETENTION_MS,
      })),
    ),
  )
  for (const difference of findings.differences) log.warn({ difference }, 'Kafka topic')
  const registry = {
    url: config.schemaRegistryUrl,
    cache: schemaIdCache(join(config.dataFolder, 'schema-ids.json')),
    clock,
    onTrouble: onFault,
  }
  const schemaIds = await patiently(foundation, 'the schema registry', () =>
    Promise.all([
      registerSchema(registry, schemaText('logs', topics.logs)),
      registerSchema(registry, schemaText('metrics', topics.metrics)),
    ]),
  )
  const kafka = await openKafkaLog({
    address,
    topic: topics.logs,
    partitionCount: findings.partitions.get(topics.logs) ?? config.kafkaPartitions,
    minInsyncReplicas: findings.minInsyncReplicas.get(topics.logs) ?? 1,
    schemaId: schemaIds[0],
    groupPrefix: config.installation,
    arena,
    clock,
    checkpoints: catalog.checkpoints,
    partitions: catalog.partitions,
    keyedRequests: catalog.keyedRequests,
    foreign: async (partition, _record, reason) =>
      log.error({ partition, reason }, 'a record that is none of ours'),
    onTrouble: onFault,
  })
  closing.add(() => kafka.close())
  return kafka
}

function addressOf(config: Config): KafkaAddress {
  const { kafkaBrokers: brokers, kafkaUser: username, kafkaPassword: password } = config
  return {
    brokers,
    clientId: config.installation,
    ssl: config.kafkaTls,
    ...(username === '' ? {} : { sasl: { mechanism: 'scram-sha-512', username, password } }),
  }
}

/** Ids of schemas that were registered, for starts while the registry is away. */
function schemaIdCache(path: string): SchemaIdCache {
  const known = new Map<string, number>(existsSync(path) ? entriesOf(path) : [])
  return {
    get: key => known.get(key),
    set(key, id) {
      if (known.get(key) === id) return
      known.set(key, id)
      writeFileSync(path, JSON.stringify(Object.fromEntries(known)))
    },
  }
}

function entriesOf(path: string): [string, number][] {
  try {
    return Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Record<string, number>)
  } catch {
    return []
  }
}
