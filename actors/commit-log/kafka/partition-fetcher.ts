/**
 * Reads any set of partitions, each from a place of its own, with one long poll per broker: data is
 * answered at once, an empty poll costs two requests a second. kafkajs's consumer cannot be told
 * which partitions to read; its connection and protocol can.
 */
import type { Cancel, Clock } from '#runtime/clock.ts'
import type { StoredRecord } from './framing.ts'
import {
  type Cluster,
  type FetchAnswer,
  fetchRecords,
  type KafkaAddress,
  kindOf,
  newCluster,
} from './kafkajs.ts'

/** A partition that is added waits at most so long for the poll that runs. */
const LIMITS = { waitMs: 250, partitionBytes: 1024 * 1024, bytes: 4 * 1024 * 1024 }
/** Beyond poll and request time-out: kafkajs has lost a promise, which has been seen. */
const STALLED_MS = 15_000
const RETRY_MS = 100
const RETRY_MS_MAX = 2_000

export interface FetchedRecord extends StoredRecord {
  readonly key: Buffer | null
  readonly offset: number
}

export interface Fetched {
  readonly partition: number
  /** In order; none = the end was reached. */
  readonly records: readonly FetchedRecord[]
  /** Offset of the next fetch. */
  readonly next: number
  /** Offset behind the last record that all replicas have. */
  readonly end: number
}

export interface PartitionFetcherOptions {
  readonly address: KafkaAddress
  readonly topic: string
  readonly clock: Clock
  readonly stalledMs?: number
  /** The broker is asked again once this settles. Must not reject. */
  receive(fetched: readonly Fetched[]): Promise<void>
  /** Nothing is at this offset: it was deleted, or never was. The partition is removed before. */
  outOfRange(partition: number): void
  readonly onTrouble: (error: Error, where: string) => void
}

interface Place {
  offset: number
  held: boolean
}

export class PartitionFetcher {
  readonly #options: PartitionFetcherOptions
  readonly #places = new Map<number, Place>()
  /** Brokers that are being asked. */
  readonly #asking = new Set<string>()
  #cluster: Cluster | null = null
  #connecting = false
  #retryMs = RETRY_MS
  #cancelRetry: Cancel | null = null
  #stopped = false
  #renewed = 0
  #lastAnswerMs: number

  constructor(options: PartitionFetcherOptions) {
    this.#options = options
    this.#lastAnswerMs = options.clock.monotonicMs()
  }

  /** Reads on from this offset; also for a partition that is read already. */
  set(partition: number, offset: number): void {
    this.#places.set(partition, { offset, held: false })
    this.#wake()
  }

  remove(partition: number): void {
    this.#places.delete(partition)
  }

  has(partition: number): boolean {
    return this.#places.has(partition)
  }

  /** Not read until `release`; what is on its way still comes. */
  hold(partition: number): void {
    const place = this.#places.get(partition)
    if (place !== undefined) place.held = true
  }

  release(partition: number): void {
    const place = this.#places.get(partition)
    if (place?.held !== true) return
    place.held = false
    this.#wake()
  }

  observe(): Record<string, unknown> {
    const { clock } = this.#options
    return {
      partitions: this.#places.size,
      connections: this.#asking.size,
      renewed: this.#renewed,
      silentMs: Math.round(clock.monotonicMs() - this.#lastAnswerMs),
    }
  }

  stop(): void {
    this.#stopped = true
    this.#places.clear()
    this.#cancelRetry?.()
    this.#discardCluster()
  }

  #wake(): void {
    if (this.#stopped || this.#connecting || this.#cancelRetry !== null) return
    if (this.#cluster === null) return void this.#connect()
    const cluster = this.#cluster
    for (const node of this.#leaders(cluster)) {
      if (this.#asking.has(node)) continue
      this.#asking.add(node)
      this.#ask(cluster, node).catch((error: unknown) => this.#failed(cluster, error))
    }
  }

  async #connect(): Promise<void> {
    const { address, topic } = this.#options
    this.#connecting = true
    const cluster = newCluster(address)
    try {
      await this.#notStalled(cluster.connect())
      await this.#notStalled(cluster.addMultipleTargetTopics([topic]))
      this.#cluster = cluster
    } catch (error) {
      this.#cluster = cluster
      this.#failed(cluster, error)
    } finally {
      this.#connecting = false
    }
    if (this.#stopped) this.#discardCluster()
    else this.#wake()
  }

  #leaders(cluster: Cluster): string[] {
    const wanted = [...this.#places].filter(([, { held }]) => !held).map(([partition]) => partition)
    return Object.keys(cluster.findLeaderForPartitions(this.#options.topic, wanted))
  }

  /** Until there is nothing to read at this broker, or something failed. */
  async #ask(cluster: Cluster, node: string): Promise<void> {
    const { topic } = this.#options
    while (this.#cluster === cluster) {
      await this.#notStalled(cluster.refreshMetadataIfNecessary())
      const partitions =
        cluster.findLeaderForPartitions(topic, [...this.#places.keys()])[node] ?? []
      const asked = new Map(
        partitions.flatMap(partition => {
          const place = this.#places.get(partition)
          return place === undefined || place.held ? [] : [[partition, place.offset]]
        }),
      )
      if (asked.size === 0) break
      const answer = await this.#notStalled(fetchFrom(cluster, node, topic, asked))
      if (this.#cluster !== cluster) return
      this.#lastAnswerMs = this.#options.clock.monotonicMs()
      this.#retryMs = RETRY_MS
      const fetched = this.#take(answer, asked)
      if (fetched.length > 0) await this.#options.receive(fetched)
    }
    this.#asking.delete(node)
  }

  /** Moves on; what was removed or set anew meanwhile is left out. */
  #take(answer: readonly FetchAnswer[], asked: ReadonlyMap<number, number>): Fetched[] {
    return answer.flatMap(({ partition, highWatermark, messages }) => {
      const place = this.#places.get(partition)
      if (place === undefined || place.offset !== asked.get(partition)) return []
      const records: FetchedRecord[] = []
      for (const { offset, key, value, headers } of messages) {
        // A set of records comes whole, also if only its end was asked for.
        if (Number(offset) < place.offset) continue
        records.push({ offset: Number(offset), key, value, headers: headers ?? {} })
      }
      const last = records.at(-1)
      if (last !== undefined) place.offset = last.offset + 1
      return [{ partition, records, next: place.offset, end: Number(highWatermark) }]
    })
  }

  #notStalled<Value>(promise: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const stalled = new Error('a fetch was never answered')
      const { clock, stalledMs = STALLED_MS } = this.#options
      const cancel = clock.after(stalledMs, () => reject(stalled))
      promise.then(resolve, reject).finally(cancel)
    })
  }

  /** Everything is asked again over new connections: nothing else is sure to end a failure. */
  #failed(cluster: Cluster, error: unknown): void {
    if (this.#cluster !== cluster) return
    this.#discardCluster()
    if (this.#stopped) return
    this.#renewed++
    if (kindOf(error) === 'KafkaJSOffsetOutOfRange') {
      const { partition } = error as { partition: number }
      this.#places.delete(partition)
      this.#options.outOfRange(partition)
      return this.#wake()
    }
    if (this.#retryMs > RETRY_MS) this.#options.onTrouble(error as Error, 'reading from Kafka')
    this.#cancelRetry = this.#options.clock.after(this.#retryMs, () => {
      this.#cancelRetry = null
      this.#wake()
    })
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX)
  }

  #discardCluster(): void {
    this.#cluster?.disconnect().catch(() => undefined)
    this.#cluster = null
    this.#asking.clear()
  }
}

async function fetchFrom(
  cluster: Cluster,
  nodeId: string,
  topic: string,
  offsets: ReadonlyMap<number, number>,
): Promise<readonly FetchAnswer[]> {
  return fetchRecords(await cluster.findBroker({ nodeId }), topic, offsets, LIMITS)
}
