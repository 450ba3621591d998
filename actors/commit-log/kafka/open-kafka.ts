/** The commit log on Kafka from settings: topics, schemas and log in one go. */
import type { Checkpoints } from '#actors/catalog/checkpoints.ts'
import type { KeyedRequests } from '#actors/catalog/keyed-requests.ts'
import type { ProjectPartitions } from '#actors/catalog/partitions.ts'
import type { Arena } from '#actors/commit-log/arena.ts'
import type { DeadLetters } from '#actors/commit-log/dead-letters/dead-letters.ts'
import type { Clock } from '#runtime/clock.ts'
import { type KafkaLog, openKafkaLog } from './kafka-log.ts'
import type { KafkaAddress } from './kafkajs.ts'
import type { FetchedRecord } from './partition-fetcher.ts'
import { registerSchema, type SchemaIdCache, schemaText } from './schema-registry.ts'
import { ensureTopics, type TopicNames, topicNames } from './topics.ts'

export interface KafkaSettings {
  readonly address: KafkaAddress
  /** '' = none: records then name schema 0. */
  readonly registryUrl: string
  /** Of topics and consumer groups. */
  readonly prefix: string
  /** Of a topic that is made; an existing one keeps its own. */
  readonly partitions: number
  readonly replicationFactor: number
  readonly minInsyncReplicas: number
  readonly retentionMs: number
}

export interface KafkaDeps {
  readonly arena: Arena
  readonly clock: Clock
  readonly checkpoints: Checkpoints
  readonly projectPartitions: Pick<ProjectPartitions, 'of' | 'all'>
  readonly keyedRequests: KeyedRequests
  readonly schemaIds: SchemaIdCache
  /** Takes records in our topic that are none of ours. */
  readonly deadLetters: Pick<DeadLetters, 'put'>
  /** What a person should know of; nothing stopped because of it. */
  readonly onTrouble: (error: Error, where: string) => void
}

const DEAD_LETTER_RETENTION_MS = 30 * 24 * 3_600_000

/** Throws with a code LOGBOY_KAFKA_* or LOGBOY_SCHEMA_* what keeps it from starting. */
export async function openKafka(settings: KafkaSettings, deps: KafkaDeps): Promise<KafkaLog> {
  const { address, prefix } = settings
  const { clock, deadLetters, onTrouble } = deps
  const topics = topicNames(prefix)
  const { partitions, minInsyncReplicas, differences } = await prepareTopics(settings, topics)
  for (const difference of differences) onTrouble(new Error(difference), 'Kafka topics')
  const schemaId = await registerSchemas(settings, deps, topics)
  return openKafkaLog({
    ...deps,
    address,
    topic: topics.logs,
    partitionCount: partitions.get(topics.logs) ?? settings.partitions,
    minInsyncReplicas: minInsyncReplicas.get(topics.logs) ?? settings.minInsyncReplicas,
    schemaId,
    groupPrefix: prefix,
    partitions: deps.projectPartitions,
    foreign: (partition, record, reason) => bury(deadLetters, clock, { partition, record, reason }),
  })
}

async function prepareTopics(settings: KafkaSettings, topics: TopicNames) {
  const { address, partitions, replicationFactor, minInsyncReplicas, retentionMs } = settings
  const replicas = { replicationFactor, minInsyncReplicas }
  try {
    return await ensureTopics(address, [
      { topic: topics.logs, partitions, ...replicas, retentionMs },
      { topic: topics.metrics, partitions, ...replicas, retentionMs },
      {
        topic: topics.deadLetter,
        partitions: 1,
        ...replicas,
        retentionMs: DEAD_LETTER_RETENTION_MS,
        cleanup: 'compact,delete',
      },
    ])
  } catch (error) {
    if ((error as { code?: unknown }).code === 'LOGBOY_KAFKA_TOPIC') throw error
    const { message } = error as Error
    const away = new Error(`Kafka at ${address.brokers.join(', ')} cannot be used: ${message}`, {
      cause: error,
    })
    throw Object.assign(away, { code: 'LOGBOY_KAFKA_AWAY' })
  }
}

/** Of LogBatch; the metrics are registered so that nobody else takes their place. */
async function registerSchemas(
  { registryUrl: url }: KafkaSettings,
  { schemaIds: cache, clock, onTrouble }: KafkaDeps,
  topics: TopicNames,
): Promise<number> {
  if (url === '') return 0
  const options = { url, cache, clock, onTrouble }
  const id = await registerSchema(options, schemaText('logs', topics.logs))
  await registerSchema(options, schemaText('metrics', topics.metrics))
  return id
}

/** A record that is none of ours stays where a person can look at it. */
async function bury(
  deadLetters: Pick<DeadLetters, 'put'>,
  clock: Clock,
  found: { readonly partition: number; readonly record: FetchedRecord; readonly reason: string },
): Promise<void> {
  const { partition, record, reason } = found
  const where = `partition ${partition}, offset ${record.offset}`
  await deadLetters.put([
    {
      projectId: '',
      source: 'commit-log',
      reason: `${reason} (${where})`,
      atUs: clock.nowUs(),
      bytes: record.value ?? new Uint8Array(),
    },
  ])
}
