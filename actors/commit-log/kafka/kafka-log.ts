/**
 * The commit log on Kafka. Gateways append and keep nothing; consumer groups read their partitions
 * and judge what is new; tails follow the partitions of watched projects.
 */
import assert from 'node:assert/strict'
import type { Checkpoints } from '#actors/catalog/checkpoints.ts'
import type { KeyedRequests } from '#actors/catalog/keyed-requests.ts'
import type { ProjectPartitions } from '#actors/catalog/partitions.ts'
import type { Arena } from '#actors/commit-log/arena.ts'
import type {
  AppendOutcome,
  CommitLog,
  Consumer,
  Consumption,
  Follower,
  Following,
  KeyedAnswer,
  LogEnd,
  LogEntry,
  LogPlace,
  Offer,
  ReadOutcome,
} from '#actors/commit-log/commit-log.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import type { Cancel, Clock } from '#runtime/clock.ts'
import { KafkaAppender } from './kafka-appender.ts'
import { KafkaConsumer } from './kafka-consumer.ts'
import { KafkaFollower, STAMP_LEAD_US } from './kafka-follower.ts'
import { readStored } from './kafka-read.ts'
import type { KafkaAddress } from './kafkajs.ts'
import { KeyedAppends } from './keyed-appends.ts'
import { LogEnds } from './log-ends.ts'
import type { FetchedRecord } from './partition-fetcher.ts'
import { PartitionRoutes } from './partition-routes.ts'
import { ProducerPool } from './producer-pool.ts'

const ARENA_SHRINK_MS = 5_000
/** For replicas; below the time-out of the request. */
const PRODUCE_TIMEOUT_MS = 4_000

export interface KafkaLogOptions {
  readonly address: KafkaAddress
  readonly topic: string
  readonly partitionCount: number
  readonly minInsyncReplicas: number
  /** Of LogBatch in the registry. */
  readonly schemaId: number
  /** Consumer groups are named `<prefix>-<consumer>`. */
  readonly groupPrefix: string
  readonly arena: Arena
  readonly clock: Clock
  readonly checkpoints: Checkpoints
  readonly partitions: Pick<ProjectPartitions, 'of' | 'all'>
  readonly keyedRequests: KeyedRequests
  /** A record in our topic that is none of ours. Settles once it is kept elsewhere. */
  foreign(partition: number, record: FetchedRecord, reason: string): Promise<void>
  readonly onTrouble: (error: Error, where: string) => void
  /** For tests: a delivery that takes longer is stuck. */
  readonly blockedMs?: number
  readonly stalledMs?: number
  readonly sessionTimeoutMs?: number
}

/** The topic must be there (`ensureTopics`). Throws while Kafka is away. */
export async function openKafkaLog(options: KafkaLogOptions): Promise<KafkaLog> {
  const ends = new LogEnds(options)
  await ends.open()
  return new KafkaLog(options, ends)
}

export class KafkaLog implements CommitLog {
  readonly #options: KafkaLogOptions
  readonly #ends: LogEnds
  readonly #routes: PartitionRoutes
  readonly #producers: ProducerPool
  readonly #appender: KafkaAppender
  readonly #keyed: KeyedAppends
  readonly #consumers = new Map<string, KafkaConsumer>()
  readonly #followers = new Set<KafkaFollower>()
  readonly #closing = new AbortController()
  #cancelShrink: Cancel
  #closed = false
  /** As positions: every project asks for them, several times a second. */
  #known: { readonly ends: readonly number[]; readonly positions: Positions } | null = null

  constructor(options: KafkaLogOptions, ends: LogEnds) {
    const { address, topic, clock, schemaId, onTrouble } = options
    this.#options = options
    this.#ends = ends
    this.#routes = new PartitionRoutes(options.partitions, options.partitionCount)
    this.#producers = new ProducerPool({
      address,
      topic,
      clock,
      timeoutMs: PRODUCE_TIMEOUT_MS,
      onStored: (partition, end) => ends.reached(partition, end),
    })
    this.#appender = new KafkaAppender({
      clock,
      routes: this.#routes,
      schemaId,
      send: (partition, records) => this.#producers.send(partition, records),
      probe: async () => (await ends.look()) === 'ready',
      onTrouble,
    })
    this.#keyed = new KeyedAppends({
      requests: options.keyedRequests,
      clock,
      append: offer => this.#appender.append(offer),
      onTrouble,
    })
    this.#cancelShrink = this.#shrinkLater()
  }

  append(offer: Offer): Promise<AppendOutcome> {
    return offer.envelope.request === undefined
      ? this.#appender.append(offer)
      : this.#keyed.append(offer)
  }

  producer(): 'not-kept' {
    return 'not-kept'
  }

  answered(projectId: string, producer: bigint): Promise<KeyedAnswer | undefined> {
    return this.#keyed.answered(projectId, producer)
  }

  consume(consumer: Consumer): Consumption {
    assert(!this.#consumers.has(consumer.name), 'a consumer registers once')
    assert(!this.#closed)
    const registered = new KafkaConsumer({
      ...this.#options,
      consumer,
      groupId: `${this.#options.groupPrefix}-${consumer.name}`,
      ends: this.#ends,
      onStopped: () => {
        this.#consumers.delete(consumer.name)
      },
    })
    this.#consumers.set(consumer.name, registered)
    return registered
  }

  follow(follower: Follower): Following {
    const following = new KafkaFollower({
      ...this.#options,
      follower,
      ends: this.#ends,
      routes: this.#routes,
      onStopped: () => {
        this.#followers.delete(following)
      },
    })
    this.#followers.add(following)
    return following
  }

  async read(
    projectId: string,
    from: Positions,
    receive: (entries: readonly LogEntry[]) => void | Promise<void>,
  ): Promise<ReadOutcome> {
    const now = (await this.#routes.load(projectId)) ?? []
    const before = from.pairs().map(([partition]) => partition)
    // What this does not give a follower that watched before does: its place must be known first.
    await Promise.all([...this.#followers].map(follower => follower.ready(projectId)))
    await this.#ends.refresh()
    const partitions = [...new Set([...now, ...before])]
    const { signal } = this.#closing
    const what = { projectId, partitions, from, receive, signal }
    return readStored({ ...this.#options, ends: this.#ends, ...what })
  }

  start(projectId: string): LogPlace {
    const partitions = this.#knownPartitions(projectId)
    const pairs = partitions.map(partition => [partition, this.#ends.start(partition)] as const)
    const times = partitions.map(partition => this.#ends.startTimeMs(partition)).filter(Boolean)
    const oldestUs = times.length === 0 ? this.#options.clock.nowUs() : Math.min(...times) * 1_000
    return { positions: Positions.of(pairs), receivedAtUs: Math.max(0, oldestUs - STAMP_LEAD_US) }
  }

  end(projectId: string): Positions {
    return Positions.of(
      this.#knownPartitions(projectId).map(partition => [partition, this.#ends.end(partition)]),
    )
  }

  ends(): LogEnd {
    const ends = this.#ends.ends()
    if (this.#known?.ends !== ends) {
      const pairs = ends.map((end, partition) => [partition, end] as const)
      this.#known = { ends, positions: Positions.of(pairs) }
    }
    const { topicId: identity, knownAtUs: atUs } = this.#ends
    return { identity, positions: this.#known.positions, atUs }
  }

  async partitionsOf(projectId: string): Promise<readonly number[]> {
    return (await this.#routes.load(projectId)) ?? []
  }

  refusal(): string | null {
    return this.#appender.refusal
  }

  get isAway(): boolean {
    return this.#ends.isAway
  }

  /**
   * The catalog's configuration changed: reads the lists of partitions anew, and names the projects
   * that have others now. Their senders should begin a new epoch, and keep their way until then.
   */
  async refreshPartitions(): Promise<readonly string[]> {
    const changed = await this.#routes.refresh()
    for (const projectId of changed) {
      for (const follower of this.#followers) follower.partitionsChanged(projectId)
    }
    return changed
  }

  observe(): Record<string, unknown> {
    const consumers = [...this.#consumers].map(([name, consumer]) => [name, consumer.observe()])
    return {
      ...this.#appender.observe(),
      ...this.#producers.observe(),
      consumers: Object.fromEntries(consumers),
      followers: [...this.#followers].map(follower => follower.observe()),
    }
  }

  /** Refuses new batches, settles the waiting ones, and leaves all groups. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#cancelShrink()
    await this.#appender.drain()
    for (const follower of this.#followers) follower.stop()
    this.#closing.abort()
    await Promise.all([...this.#consumers.values()].map(consumer => consumer.stop()))
    await this.#producers.close()
    this.#ends.stop()
  }

  /** All of them until the project is looked up. */
  #knownPartitions(projectId: string): readonly number[] {
    const known = this.#routes.partitionsOf(projectId)
    if (known !== undefined) return known
    this.#routes.load(projectId).catch(() => undefined)
    return Array.from({ length: this.#options.partitionCount }, (_, partition) => partition)
  }

  #shrinkLater(): Cancel {
    const { arena, clock } = this.#options
    return clock.after(ARENA_SHRINK_MS, () => {
      arena.shrink()
      this.#cancelShrink = this.#shrinkLater()
    })
  }
}
