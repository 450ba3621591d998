/**
 * Dead letters in a topic that all processes share: the key is the letter's id, the value its bytes,
 * what else is known of it stands in headers, and a record without value deletes. There are few, so
 * whoever lists them reads the topic.
 */

import kafkajs from 'kafkajs'
import {
  bounded,
  type DeadLetter,
  type DeadLetterNote,
  type DeadLetterQuery,
  type DeadLetters,
  type LetterSource,
  select,
} from '#actors/commit-log/dead-letters/dead-letters.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import { sortableId } from '#runtime/sortable-id.ts'
import { type KafkaAddress, openKafka } from './kafkajs.ts'
import { LogEnds } from './log-ends.ts'
import { type Fetched, type FetchedRecord, PartitionFetcher } from './partition-fetcher.ts'

/** One partition: an order of their own is worth more here than speed. */
const PARTITION = 0
const HEADERS = {
  project: 'logboy-project',
  source: 'logboy-source',
  reason: 'logboy-reason',
  at: 'logboy-at-us',
} as const

export interface KafkaDeadLettersOptions {
  readonly address: KafkaAddress
  readonly topic: string
  readonly clock: Clock
  readonly random: Random
  readonly onTrouble: (error: Error, where: string) => void
}

interface Outgoing {
  readonly key: string
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, string>>
}

export class KafkaDeadLetters implements DeadLetters {
  readonly #options: KafkaDeadLettersOptions
  readonly #counts = { put: 0, deleted: 0 }

  constructor(options: KafkaDeadLettersOptions) {
    this.#options = options
  }

  async put(letters: readonly DeadLetter[]): Promise<readonly string[]> {
    const records = letters.map(given => {
      const { projectId, source, reason, atUs, bytes } = bounded(given)
      return {
        key: sortableId(atUs, this.#options.random.bytes(6)),
        value: Buffer.from(bytes),
        headers: {
          [HEADERS.project]: projectId,
          [HEADERS.source]: source,
          [HEADERS.reason]: reason,
          [HEADERS.at]: String(atUs),
        },
      }
    })
    await this.#send(records)
    this.#counts.put += records.length
    return records.map(({ key }) => key)
  }

  async list(query: DeadLetterQuery): Promise<readonly DeadLetterNote[]> {
    const notes = new Map<string, DeadLetterNote>()
    await this.#readAll((id, record) => {
      if (record.value === null) notes.delete(id)
      else {
        const { bytes, ...rest } = letterIn(record)
        notes.set(id, { id, ...rest, length: bytes.length })
      }
    })
    return select(notes.values(), query)
  }

  async read(id: string): Promise<DeadLetter | null> {
    let found: DeadLetter | null = null
    await this.#readAll((key, record) => {
      if (key === id) found = record.value === null ? null : letterIn(record)
    })
    return found
  }

  async delete(ids: readonly string[]): Promise<number> {
    const kept = new Set<string>()
    await this.#readAll((id, { value }) => {
      if (value === null) kept.delete(id)
      else kept.add(id)
    })
    const there = ids.filter(id => kept.has(id))
    if (there.length > 0) await this.#send(there.map(key => ({ key, value: null })))
    this.#counts.deleted += there.length
    return there.length
  }

  observe(): Record<string, unknown> {
    return { ...this.#counts }
  }

  async close(): Promise<void> {}

  /** One by one, since the largest fill a send; a repeat after a failure has the same id. */
  async #send(records: readonly Outgoing[]): Promise<void> {
    const { address, topic } = this.#options
    const producer = openKafka(address).producer({
      idempotent: false,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: { retries: 3 },
    })
    await producer.connect()
    try {
      for (const { key, value, headers = {} } of records) {
        const message = { key, value, headers: { ...headers }, partition: PARTITION }
        await producer.send({ topic, acks: -1, messages: [message] })
      }
    } finally {
      await producer.disconnect()
    }
  }

  async #readAll(visit: (id: string, record: FetchedRecord) => void): Promise<void> {
    const { address, topic, clock, onTrouble } = this.#options
    const ends = new LogEnds({ address, topic, partitionCount: 1, minInsyncReplicas: 0, clock })
    if ((await ends.look()) === 'away') {
      ends.stop()
      throw Object.assign(new Error('Kafka does not answer'), { code: 'LOGBOY_LOG_AWAY' })
    }
    const [start, end] = [ends.start(PARTITION), ends.end(PARTITION)]
    ends.stop()
    if (start >= end) return
    await new Promise<void>((resolve, reject) => {
      const receive = async (fetched: readonly Fetched[]): Promise<void> => {
        for (const { records, next } of fetched) {
          for (const record of records) {
            if (record.key !== null && record.offset < end) visit(record.key.toString(), record)
          }
          if (next < end) continue
          fetcher.stop()
          resolve()
        }
      }
      const outOfRange = (): void => {
        fetcher.stop()
        reject(new Error('dead letters were deleted while they were read'))
      }
      const fetcher = new PartitionFetcher({
        address,
        topic,
        clock,
        receive,
        outOfRange,
        onTrouble,
      })
      fetcher.set(PARTITION, start)
    })
  }
}

function letterIn({ value, headers }: FetchedRecord): DeadLetter {
  const text = (name: string): string => {
    const header = headers[name]
    return header instanceof Uint8Array ? Buffer.from(header).toString() : ''
  }
  return {
    projectId: text(HEADERS.project),
    source: text(HEADERS.source) as LetterSource,
    reason: text(HEADERS.reason),
    atUs: Number(text(HEADERS.at)),
    bytes: Uint8Array.from(value ?? []),
  }
}
