/** The commit log and the dead letters on Kafka, from settings. */
import { join } from 'node:path'
import { systemDisk } from '#runtime/index.ts'
import type { Closing } from './closing.ts'
import type { DeadLetters } from './commit-log/dead-letters/dead-letters.ts'
import { KafkaDeadLetters } from './commit-log/kafka/kafka-dead-letters.ts'
import type { KafkaLog } from './commit-log/kafka/kafka-log.ts'
import { openKafka } from './commit-log/kafka/open-kafka.ts'
import { SchemaIdFile } from './commit-log/kafka/schema-id-file.ts'
import { topicNames } from './commit-log/kafka/topics.ts'
import type { Foundation } from './foundation.ts'
import { kafkaAddress } from './kafka-address.ts'
import { patiently } from './patience.ts'

/** Tails resume and windows replay within it; consumers that were away longer lost rows. */
const RETENTION_MS = 7 * 86_400_000

export async function openKafkaLog(
  foundation: Foundation,
  deadLetters: DeadLetters,
  closing: Closing,
): Promise<KafkaLog> {
  const { config, catalog, onFault } = foundation
  const settings = {
    address: kafkaAddress(config),
    registryUrl: config.schemaRegistryUrl,
    prefix: config.installation,
    partitions: config.kafkaPartitions,
    replicationFactor: config.kafkaReplicationFactor,
    minInsyncReplicas: config.kafkaMinInsyncReplicas,
    retentionMs: RETENTION_MS,
  }
  const deps = {
    ...foundation,
    checkpoints: catalog.checkpoints,
    projectPartitions: catalog.partitions,
    keyedRequests: catalog.keyedRequests,
    schemaIds: new SchemaIdFile(systemDisk, join(config.dataFolder, 'schema-ids.json')),
    deadLetters,
    onTrouble: onFault,
  }
  const log = await patiently(foundation, 'Kafka', () => openKafka(settings, deps))
  closing.add(() => log.close())
  return log
}

/** Its topic is made when the log is opened. */
export function kafkaLetters({ config, clock, random, onFault }: Foundation): DeadLetters {
  const { deadLetter: topic } = topicNames(config.installation)
  return new KafkaDeadLetters({
    address: kafkaAddress(config),
    topic,
    clock,
    random,
    onTrouble: onFault,
  })
}
