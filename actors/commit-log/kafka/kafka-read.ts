/** Reads what is stored of one project, up to the present end, over a connection of its own. */
import { Admission, READER_LIMITS } from '#actors/commit-log/admission.ts'
import type { Arena } from '#actors/commit-log/arena.ts'
import type { LogEntry, ReadOutcome } from '#actors/commit-log/commit-log.ts'
import type { Positions } from '#actors/commit-log/positions.ts'
import type { Clock } from '#runtime/clock.ts'
import { WARM_UP_RECORDS } from './kafka-follower.ts'
import type { KafkaAddress } from './kafkajs.ts'
import type { LogEnds } from './log-ends.ts'
import { type Fetched, PartitionFetcher } from './partition-fetcher.ts'
import { deliver, open } from './record-intake.ts'

export interface KafkaReadOptions {
  readonly address: KafkaAddress
  readonly topic: string
  readonly arena: Arena
  readonly clock: Clock
  /** Just refreshed. */
  readonly ends: LogEnds
  readonly projectId: string
  /** All that hold something of the project. */
  readonly partitions: readonly number[]
  readonly from: Positions
  /** Aborted when the log closes: the read then fails. */
  readonly signal: AbortSignal
  readonly receive: (entries: readonly LogEntry[]) => void | Promise<void>
  readonly onTrouble: (error: Error, where: string) => void
}

interface Stretch {
  readonly admission: Admission
  readonly from: number
  readonly end: number
}

export async function readStored(options: KafkaReadOptions): Promise<ReadOutcome> {
  const { ends, from, partitions } = options
  if (partitions.some(partition => from.at(partition) > ends.end(partition))) return 'foreign'
  if (partitions.some(partition => from.at(partition) < ends.start(partition))) return 'gone'
  const stretches = new Map<number, Stretch>()
  for (const partition of partitions) {
    const stretch = {
      admission: new Admission(undefined, READER_LIMITS),
      from: from.at(partition),
      end: ends.end(partition),
    }
    if (stretch.from < stretch.end) stretches.set(partition, stretch)
  }
  return stretches.size === 0 ? 'end' : readAll(options, stretches)
}

function readAll(options: KafkaReadOptions, stretches: Map<number, Stretch>): Promise<ReadOutcome> {
  const { address, topic, clock, arena, ends, projectId, signal, onTrouble } = options
  return new Promise((resolve, reject) => {
    let isOver = false
    const finish = (outcome: ReadOutcome | Error): void => {
      isOver = true
      fetcher.stop()
      signal.removeEventListener('abort', onAbort)
      if (outcome instanceof Error) reject(outcome)
      else resolve(outcome)
    }
    const onAbort = (): void => finish(closing())
    const receive = async (fetched: readonly Fetched[]): Promise<void> => {
      try {
        for (const each of fetched) if (!isOver) await take(each)
      } catch (error) {
        finish(error as Error)
      }
    }
    const take = async (fetched: Fetched): Promise<void> => {
      const { partition, next } = fetched
      const stretch = stretches.get(partition)
      if (stretch === undefined) return
      const wanted = open(fetched).arrived.filter(
        ({ position, envelope }) =>
          position <= stretch.end &&
          stretch.admission.apply(envelope) &&
          position > stretch.from &&
          envelope.projectId === projectId,
      )
      await deliver(arena, partition, wanted, options.receive, () => !isOver)
      if (next < stretch.end) return
      fetcher.remove(partition)
      stretches.delete(partition)
      if (stretches.size === 0 && !isOver) finish('end')
    }
    const fetcher = new PartitionFetcher({
      address,
      topic,
      clock,
      receive,
      outOfRange: () => finish('gone'),
      onTrouble,
    })
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) return onAbort()
    for (const [partition, { from }] of stretches) {
      fetcher.set(partition, Math.max(ends.start(partition), from - WARM_UP_RECORDS))
    }
  })
}

function closing(): Error {
  return Object.assign(new Error('the commit log is closing'), { code: 'LOGBOY_LOG_CLOSING' })
}
