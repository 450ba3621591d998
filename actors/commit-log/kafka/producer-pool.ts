/** A few producers, each with one connection to every broker, shared by all partitions. */
import kafkajs, { type Producer } from 'kafkajs'
import type { FramedRecord } from './framing.ts'
import { type KafkaAddress, openKafka } from './kafkajs.ts'

/** A broker answers the requests of one connection one by one. */
const PRODUCERS = 4

export interface ProducerPoolOptions {
  readonly address: KafkaAddress
  readonly topic: string
  readonly producers?: number
  /** How long a broker may take to have a record on all replicas that count. */
  readonly timeoutMs: number
  /** The partition has records up to this offset. */
  onStored(partition: number, end: number): void
}

export class ProducerPool {
  readonly #options: ProducerPoolOptions
  readonly #slots: (Promise<Producer> | null)[]
  #renewed = 0
  #closed = false

  constructor(options: ProducerPoolOptions) {
    this.#options = options
    this.#slots = Array.from({ length: options.producers ?? PRODUCERS }, () => null)
  }

  /**
   * One try, in one request; resolves once all replicas that count have the records. After a
   * rejection they may be stored or not, or later: the producer is thrown away, because one of
   * kafkajs that failed once cannot be trusted with order again.
   */
  async send(partition: number, records: readonly FramedRecord[]): Promise<void> {
    const slot = partition % this.#slots.length
    const opening = this.#slots[slot] ?? this.#open()
    this.#slots[slot] = opening
    try {
      const producer = await opening
      const [stored] = await producer.send({
        topic: this.#options.topic,
        acks: -1,
        timeout: this.#options.timeoutMs,
        messages: records.map(({ value, headers }) => ({ partition, value, headers })),
      })
      const first = Number(stored?.baseOffset ?? Number.NaN)
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
        const producer = await slot.catch(() => null)
        await producer?.disconnect()
      }),
    )
  }

  async #open(): Promise<Producer> {
    if (this.#closed) throw new Error('the producers are closed')
    const producer = openKafka(this.#options.address).producer({
      // An idempotent one loses acknowledged records after it gave up once.
      idempotent: false,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: { retries: 0 },
    })
    await producer.connect()
    return producer
  }
}

/** In the background: it waits for requests that a hanging broker never answers. */
function discard(opening: Promise<Producer>): void {
  opening.then(producer => producer.disconnect()).catch(() => undefined)
}
