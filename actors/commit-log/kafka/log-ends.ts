/**
 * Where the partitions begin and end, asked twice a second: for readers that want to know how far
 * there is to go, and as a sign of life.
 */
import type { Cancel, Clock } from '#runtime/clock.ts'
import { type Cluster, type KafkaAddress, listOffsets, newCluster, OFFSET_OF_END, type OffsetAnswer } from './kafkajs.ts'

const POLL_MS = 500

export interface LogEndsOptions {
  readonly address: KafkaAddress
  readonly topic: string
  readonly partitionCount: number
  readonly minInsyncReplicas: number
  readonly clock: Clock
}

export class LogEnds {
  readonly #options: LogEndsOptions
  #cluster: Cluster | null = null
  #starts: readonly number[]
  #ends: readonly number[]
  #startTimesMs: readonly number[]
  #running: Promise<boolean> | null = null
  #cancel: Cancel = () => undefined
  #stopped = false

  constructor(options: LogEndsOptions) {
    this.#options = options
    this.#starts = new Array<number>(options.partitionCount).fill(0)
    this.#ends = this.#starts
    this.#startTimesMs = this.#starts
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

  /** Asks now, and from then on twice a second. */
  async open(): Promise<void> {
    if (!(await this.#ask())) throw new Error('Kafka does not answer')
    this.#pollLater()
  }

  /** Asks now, also if asking already: what was stored before this call is counted. */
  async refresh(): Promise<void> {
    await this.#running?.catch(() => undefined)
    while (!(await this.look())) {
      if (this.#stopped) return
      await new Promise<void>(resolve => void this.#options.clock.after(POLL_MS, resolve))
    }
  }

  /** Whether all partitions have a leader that answers, and replicas enough for an append. */
  look(): Promise<boolean> {
    this.#running ??= this.#ask().finally(() => {
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
    this.#cancel = this.#options.clock.after(POLL_MS, () => {
      void this.look().finally(() => this.#pollLater())
    })
  }

  async #ask(): Promise<boolean> {
    const { topic, partitionCount, minInsyncReplicas } = this.#options
    try {
      const cluster = await this.#connected()
      await cluster.refreshMetadataIfNecessary()
      const [starts, ends] = await Promise.all([
        this.#offsets(cluster, 0),
        this.#offsets(cluster, OFFSET_OF_END),
      ])
      const partitions = Array.from({ length: partitionCount }, (_, partition) => partition)
      const endOf = (partition: number): number => Number(ends.get(partition)?.offset ?? 0)
      this.#ends = partitions.map(endOf)
      // An empty partition has no first record: it begins where it ends.
      this.#starts = partitions.map(partition => {
        const offset = Number(starts.get(partition)?.offset ?? -1)
        return offset < 0 ? endOf(partition) : offset
      })
      this.#startTimesMs = partitions.map(partition =>
        Math.max(0, Number(starts.get(partition)?.timestamp ?? 0)),
      )
      return cluster
        .findTopicPartitionMetadata(topic)
        .every(({ isr }) => isr.length >= minInsyncReplicas)
    } catch {
      this.#discard()
      return false
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
