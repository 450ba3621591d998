/** A few connections to every broker, shared by all partitions; one that failed is thrown away. */
import type { Clock } from '#runtime/clock.ts'
import type { OutgoingRecord } from './framing.ts'
import { type Cluster, type KafkaAddress, newCluster, produce } from './kafkajs.ts'
import { produceRequest } from './produce-request.ts'

/** A broker answers the requests of one connection one by one. */
const PRODUCERS = 4

export interface ProducerPoolOptions {
  readonly address: KafkaAddress
  readonly topic: string
  readonly clock: Clock
  readonly producers?: number
  /** How long a broker may take to have a record on all replicas that count. */
  readonly timeoutMs: number
  /** The partition has records up to this offset. */
  onStored(partition: number, end: number): void
}

export class ProducerPool {
  readonly #options: ProducerPoolOptions
  readonly #slots: (Promise<Cluster> | null)[]
  #renewed = 0
  #closed = false

  constructor(options: ProducerPoolOptions) {
    this.#options = options
    this.#slots = Array.from({ length: options.producers ?? PRODUCERS }, () => null)
  }

  /**
   * One try, in one request without a producer id; resolves once all replicas that count have the
   * records. After a rejection they may be stored or not, or later, and what knows the leaders may
   * be wrong: all of it is thrown away. (kafkajs's idempotent producer, which promises more, loses
   * acknowledged records after it gave up once.)
   */
  async send(partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    const slot = partition % this.#slots.length
    const opening = this.#slots[slot] ?? this.#open()
    this.#slots[slot] = opening
    try {
      const first = await this.#sendOver(await opening, partition, records)
      if (first >= 0) this.#options.onStored(partition, first + records.length)
    } catch (error) {
      if (this.#slots[slot] === opening) this.#slots[slot] = null
      this.#renewed++
      discard(opening)
      throw error
    }
  }

  observe(): { readonly producers: number; readonly renewed: number } {
    return { producers: this.#slots.filter(Boolean).length, renewed: this.#renewed }
  }

  /** Nothing may be on its way any more. */
  async close(): Promise<void> {
    this.#closed = true
    const slots = this.#slots.splice(0).filter(slot => slot !== null)
    await Promise.all(
      slots.map(async slot => {
        const cluster = await slot.catch(() => null)
        await cluster?.disconnect()
      }),
    )
  }

  async #sendOver(
    cluster: Cluster,
    partition: number,
    records: readonly OutgoingRecord[],
  ): Promise<number> {
    const { topic, timeoutMs, clock } = this.#options
    await cluster.refreshMetadataIfNecessary()
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
    if (nodeId === undefined) throw new Error(`${topic} has no partition ${partition}`)
    const broker = await cluster.findBroker({ nodeId })
    const nowMs = Math.floor(clock.nowUs() / 1_000)
    const request = produceRequest({ topic, partition }, records, { timeoutMs, nowMs })
    const first = await produce(broker, request)
    // Until the collector comes it counts as heap. Not after a failure: sockets may read it still.
    request.buffer.transfer(0)
    return first
  }

  async #open(): Promise<Cluster> {
    if (this.#closed) throw new Error('the producers are closed')
    const cluster = newCluster(this.#options.address)
    await cluster.connect()
    await cluster.addMultipleTargetTopics([this.#options.topic])
    return cluster
  }
}

/** In the background: it waits for requests that a hanging broker never answers. */
function discard(opening: Promise<Cluster>): void {
  opening.then(cluster => cluster.disconnect()).catch(() => undefined)
}
