/** Has a worker look at one batch for several subscriptions at once. */
import type { LogEntry } from '#actors/commit-log/commit-log.ts'
import type {
  BatchFilter,
  BatchMatches,
  ProcessBatch,
  ProcessedBatch,
} from '#actors/processing/process-batch.ts'
import type { TaskPool } from '#runtime/index.ts'
import type { Subscription, Ticket } from './subscription.ts'

/** One subscription's part in looking at a batch. */
export interface Look {
  readonly subscription: Subscription
  /** Generation of the subscription that asked: a later one does not want the answer. */
  readonly generation: number
  readonly ticket: Ticket
  readonly fromRow: number
  readonly rowsMax: number
}

export interface Found {
  readonly look: Look
  readonly matches: BatchMatches
}

/** Runs `process-batch`, equal filters once; keeps the batch until then and releases it. */
export async function lookAt(
  pool: TaskPool,
  { envelope, batch }: LogEntry,
  looks: readonly Look[],
): Promise<Found[]> {
  const numbers = new Map<string, number>()
  const filters: BatchFilter[] = []
  const asked = looks.map(look => {
    const { subscription, fromRow, rowsMax } = look
    const key = `${fromRow} ${rowsMax} ${subscription.filterKey}`
    const known = numbers.get(key)
    if (known !== undefined) return { look, number: known }
    const number = filters.push({ filter: subscription.filter, fromRow, rowsMax }) - 1
    numbers.set(key, number)
    return { look, number }
  })
  const { receivedAtUs, producer, epoch, sequence, rejected } = envelope
  const { memory, offset, length } = batch
  const input: ProcessBatch = {
    envelope: { receivedAtUs, producer, epoch, sequence, rejected },
    memory,
    offset,
    length,
    filters,
    summary: false,
  }
  try {
    const { matches } = await pool.run<ProcessedBatch>('process-batch', input)
    return asked.map(({ look, number }) => ({ look, matches: matches[number] as BatchMatches }))
  } finally {
    batch.release()
  }
}
