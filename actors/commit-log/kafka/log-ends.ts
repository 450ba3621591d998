/**
 * Where the partitions begin and end, asked twice a second: for readers that want to know how far
 * there is to go, and as a sign of life.
 */
import { type Cancel, type Clock, untilNextMs } from '#runtime/clock.ts'
import {
  type Cluster,
  type KafkaAddress,
  listOffsets,
  newCluster,
  OFFSET_OF_END,
  type OffsetAnswer,
  topicId,
} from './kafkajs.ts'

const POLL_MS = 500
/** Past a half second: windows of alert rules, which wait for the answer, have just closed. */
const POLL_AT_MS = 405
/** After an outage, batches that were stamped before it and could not be sent come within this. */
const RESENT_MS = 5_000

export interface LogEndsOptions {
  readonly address: KafkaAddress
  readonly topic: string
  readonly partitionCount: number
  readonly minInsyncReplicas: number
  readonly clock: Clock
}

/** 'short': it answers, but has fewer replicas than an append needs. */
export type LogHealth = 'ready' | 'short' | 'away'

export class LogEnds {
  readonly #options: LogEndsOptions
  #cluster: Cluster | null = null
  #starts: readonly number[]
  #ends: number[]
  #startTimesMs: readonly number[]
  #running: Promise<LogHealth> | null = null
  #isAway = false
  #topicId = ''
  /** What was in the log then lies before the ends. */
  #knownAtUs = 0
  #settledMs = 0
  #cancel: Cancel = () => undefined
  #stopped = false

  constructor(options: LogEndsOptions) {
    this.#options = options
    this.#ends = Array.from({ length: options.partitionCount }, () => 0)
    this.#starts = this.#ends
    this.#startTimesMs = this.#ends
  }

  /** Offset of the oldest record there is. */
  start(partition: number): number {
    return this.#starts[partition] ?? 0
  }

  /** When the broker took it (ms since 1970); 0 = there is none. */
  startTimeMs(partition: number): number {
    return this.#startTimesMs[partition] ?? 0
  }

  /** Offset behind the newest record there was when last asked. */
  end(partition: number): number {
    return this.#ends[partition] ?? 0
  }

  /** All ends as known now. */
  ends(): readonly number[] {
    return this.#ends
  }

  /** Everything that was stored before this (µs by our clock) lies before the ends. */
  get knownAtUs(): number {
    return this.#knownAtUs
  }

  /** Of the topic that the ends are of; '' = its brokers tell none. */
  get topicId(): string {
    return this.#topicId
  }

  /** This process saw the partition end there, or further. */
  reached(partition: number, end: number): void {
    if (end > this.end(partition)) this.#ends = this.#ends.with(partition, end)
  }

  /** It did not answer when last asked. */
  get isAway(): boolean {
    return this.#isAway
  }

  /** Asks now, and from then on twice a second. */
  async open(): Promise<void> {
    if ((await this.look()) === 'away') throw new Error('Kafka does not answer')
    this.#pollLater()
  }

  /** Asks now, also if asking already: what was stored before this call is counted. */
  async refresh(): Promise<void> {
    await this.#running
    while ((await this.look()) === 'away') {
      if (this.#stopped) return
      await new Promise<void>(resolve => void this.#options.clock.after(POLL_MS, resolve))
    }
  }

  /** Asks now. */
  look(): Promise<LogHealth> {
    this.#running ??= this.#ask()
      .then(health => {
        this.#isAway = health === 'away'
        return health
      })
      .finally(() => {
        this.#running = null
      })
    return this.#running
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
    this.#discard()
  }

  #pollLater(): void {
    if (this.#stopped) return
    const { clock } = this.#options
    this.#cancel = clock.after(untilNextMs(clock.nowUs(), POLL_MS, POLL_AT_MS), () => {
      void this.look().finally(() => this.#pollLater())
    })
  }

  async #ask(): Promise<LogHealth> {
    const { topic, partitionCount, minInsyncReplicas } = this.#options
    const { clock } = this.#options
    const [askedUs, askedMs] = [clock.nowUs(), clock.monotonicMs()]
    const before = this.#ends
    try {
      const cluster = await this.#connected()
      await cluster.refreshMetadataIfNecessary()
      const [nodeId = ''] = Object.keys(cluster.findLeaderForPartitions(topic, [0]))
      this.#topicId = (await topicId(await cluster.findBroker({ nodeId }), topic)) || this.#topicId
      // In this order: what has no record after its end was asked for begins there at the earliest.
      const ends = await this.#offsets(cluster, OFFSET_OF_END)
      const starts = await this.#offsets(cluster, 0)
      const partitions = Array.from({ length: partitionCount }, (_, partition) => partition)
      const endOf = (partition: number): number => Number(ends.get(partition)?.offset ?? 0)
      // One that moved meanwhile is newer than the answer; a lower one else is another topic.
      this.#ends = partitions.map(partition => {
        const now = this.end(partition)
        return now === before[partition] ? endOf(partition) : Math.max(now, endOf(partition))
      })
      // An empty partition has no first record: it begins where it ends.
      this.#starts = partitions.map(partition => {
        const offset = Number(starts.get(partition)?.offset ?? -1)
        return offset < 0 ? endOf(partition) : offset
      })
      this.#startTimesMs = partitions.map(partition =>
        Math.max(0, Number(starts.get(partition)?.timestamp ?? 0)),
      )
      if (askedMs >= this.#settledMs) this.#knownAtUs = askedUs
      const metadata = cluster.findTopicPartitionMetadata(topic)
      return metadata.every(({ isr }) => isr.length >= minInsyncReplicas) ? 'ready' : 'short'
    } catch {
      this.#settledMs = clock.monotonicMs() + RESENT_MS
      this.#discard()
      return 'away'
    }
  }

  async #offsets(cluster: Cluster, timestamp: number): Promise<ReadonlyMap<number, OffsetAnswer>> {
    const { topic, partitionCount } = this.#options
    const partitions = Array.from({ length: partitionCount }, (_, partition) => partition)
    const leaders = Object.entries(cluster.findLeaderForPartitions(topic, partitions))
    const answers = await Promise.all(
      leaders.map(async ([nodeId, led]) =>
        listOffsets(await cluster.findBroker({ nodeId }), topic, led, timestamp),
      ),
    )
    return new Map(answers.flat().map(answer => [answer.partition, answer]))
  }

  async #connected(): Promise<Cluster> {
    if (this.#cluster !== null) return this.#cluster
    const cluster = newCluster(this.#options.address)
    this.#cluster = cluster
    await cluster.connect()
    await cluster.addMultipleTargetTopics([this.#options.topic])
    return cluster
  }

  #discard(): void {
    this.#cluster?.disconnect().catch(() => undefined)
    this.#cluster = null
  }
}
