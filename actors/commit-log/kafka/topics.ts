/** Topics: made once if they are missing, compared with what is wanted, never changed silently. */
import kafkajs, { type ITopicConfig } from 'kafkajs'
import { type KafkaAddress, kindOf, openKafka } from './kafkajs.ts'

export interface TopicNames {
  readonly logs: string
  readonly metrics: string
  readonly deadLetter: string
}

/** `logboy.logs.v1` …; another prefix keeps two installations on one cluster apart. */
export function topicNames(prefix = 'logboy'): TopicNames {
  return {
    logs: `${prefix}.logs.v1`,
    metrics: `${prefix}.metrics.v1`,
    deadLetter: `${prefix}.dead-letter.v1`,
  }
}

/**
 * The largest send: partition and request stay under a broker's usual 1,048,588 bytes, record
 * headers included, because a send that is too large is refused as a whole.
 */
export const SEND_BYTES_MAX = 900 * 1024
const MESSAGE_BYTES_MIN = SEND_BYTES_MAX + 64 * 1024

export interface TopicSettings {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly minInsyncReplicas: number
  readonly retentionMs: number
  /** 'compact,delete' where the latest record of a key is all that counts. */
  readonly cleanup?: 'delete' | 'compact,delete'
}

/** What exists and is not as configured; both are for a person to decide about. */
export interface TopicFindings {
  /** Safe, but not what the settings say. */
  readonly differences: readonly string[]
  readonly partitions: ReadonlyMap<string, number>
  readonly minInsyncReplicas: ReadonlyMap<string, number>
}

/**
 * Makes what is missing. Throws LOGBOY_KAFKA_TOPIC where records would not fit or could be lost:
 * compacted, or with too small a `max.message.bytes`.
 */
export async function ensureTopics(
  address: KafkaAddress,
  wanted: readonly TopicSettings[],
): Promise<TopicFindings> {
  // A topic that was just made is known to its brokers a little later.
  const admin = openKafka(address).admin({ retry: { retries: 8, initialRetryTime: 50 } })
  await admin.connect()
  try {
    const existing = new Set(await admin.listTopics())
    for (const settings of wanted.filter(({ topic }) => !existing.has(topic))) {
      await create(topicOf(settings))
    }
    return await compare()
  } finally {
    await admin.disconnect()
  }

  async function create(topic: ITopicConfig): Promise<void> {
    try {
      await admin.createTopics({ topics: [topic], waitForLeaders: true })
    } catch (error) {
      // Another process was faster, or the brokers do not know yet that it was made.
      if (isPassing(error)) return
      throw topicError(topic.topic, messageOf(error), error)
    }
  }

  async function compare(): Promise<TopicFindings> {
    const names = wanted.map(({ topic }) => topic)
    const { topics } = await admin.fetchTopicMetadata({ topics: names })
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: names.map(name => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
    })
    const found = wanted.map(settings => {
      const { topic } = settings
      const partitions = topics.find(({ name }) => name === topic)?.partitions ?? []
      const entries = resources.find(({ resourceName }) => resourceName === topic)?.configEntries
      const values = new Map(
        (entries ?? []).map(({ configName, configValue }) => [configName, configValue]),
      )
      return { settings, partitions, values }
    })
    for (const { settings, values } of found) requireUsable(settings, values)
    return {
      differences: found.flatMap(({ settings, partitions, values }) =>
        differencesOf(settings, partitions, values),
      ),
      partitions: new Map(found.map(each => [each.settings.topic, each.partitions.length])),
      minInsyncReplicas: new Map(
        found.map(each => [each.settings.topic, numberIn(each.values, 'min.insync.replicas')]),
      ),
    }
  }
}

type Values = ReadonlyMap<string, string>

function topicOf(settings: TopicSettings): ITopicConfig {
  const {
    topic,
    partitions,
    replicationFactor,
    minInsyncReplicas,
    retentionMs,
    cleanup = 'delete',
  } = settings
  const values = {
    'cleanup.policy': cleanup,
    'retention.ms': retentionMs,
    'max.message.bytes': 1_048_588,
    'min.insync.replicas': minInsyncReplicas,
    // Our own stamps stand in the envelopes; a broker's clock orders retention.
    'message.timestamp.type': 'LogAppendTime',
  }
  return {
    topic,
    numPartitions: partitions,
    replicationFactor,
    configEntries: Object.entries(values).map(([name, value]) => ({ name, value: `${value}` })),
  }
}

function requireUsable({ topic, cleanup = 'delete' }: TopicSettings, values: Values): void {
  const policy = values.get('cleanup.policy') ?? 'delete'
  if (policy !== cleanup && policy !== 'delete') {
    throw topicError(
      topic,
      `its cleanup.policy is ${policy}, which drops records; set it to delete`,
    )
  }
  const bytes = numberIn(values, 'max.message.bytes')
  if (bytes < MESSAGE_BYTES_MIN) {
    throw topicError(
      topic,
      `its max.message.bytes is ${bytes}, at least ${MESSAGE_BYTES_MIN} needed`,
    )
  }
}

function differencesOf(
  settings: TopicSettings,
  partitions: readonly { readonly replicas: readonly number[] }[],
  values: Values,
): string[] {
  const { topic } = settings
  const pairs: readonly (readonly [string, number, number])[] = [
    ['partitions', partitions.length, settings.partitions],
    ['replicas', partitions[0]?.replicas.length ?? 0, settings.replicationFactor],
    ['min.insync.replicas', numberIn(values, 'min.insync.replicas'), settings.minInsyncReplicas],
    ['retention.ms', numberIn(values, 'retention.ms'), settings.retentionMs],
  ]
  return pairs
    .filter(([, is, wanted]) => is !== wanted)
    .map(([name, is, wanted]) => `${topic}: ${name} is ${is}, the settings say ${wanted}`)
}

function numberIn(values: Values, name: string): number {
  return Number(values.get(name) ?? Number.NaN)
}

const PASSING = new Set([
  'TOPIC_ALREADY_EXISTS',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'REQUEST_TIMED_OUT',
  'NOT_CONTROLLER',
])

function isPassing(error: unknown): boolean {
  const { errors = [], cause } = error as { errors?: readonly Error[]; cause?: unknown }
  return [error, cause, ...errors].some(each => PASSING.has(kindOf(each)))
}

function messageOf(error: unknown): string {
  const { errors } = error as { errors?: readonly Error[] }
  return errors?.[0]?.message ?? (error instanceof Error ? error.message : kindOf(error))
}

function topicError(topic: string, reason: string, cause?: unknown): Error {
  const error = new Error(`the Kafka topic ${topic} cannot be used: ${reason}`, { cause })
  return Object.assign(error, { code: 'LOGBOY_KAFKA_TOPIC', topic })
}
