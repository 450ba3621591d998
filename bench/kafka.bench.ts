/**
 * The Kafka leg alone, through one partition: durable appends, and beside them a consumer group
 * that reads everything: `KAFKA_BROKERS=… node bench/kafka.bench.ts`. A row for the scaled table.
 */
import { Arena } from '#actors/commit-log/arena.ts'
import type { KafkaLog } from '#actors/commit-log/kafka/kafka-log.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import { envelopeOf } from '#actors/commit-log/testing/envelopes.ts'
import { newKafkaWorld } from '#actors/commit-log/testing/kafkas.ts'
import { systemClock } from '#runtime/index.ts'
import { dataFile, type SealedBatch, sealedBatches } from './lab/data.ts'

export interface KafkaMeasured {
  readonly name: string
  readonly rows: number
  readonly rowsPerSecond: number
  /** Of this process: framing, kafkajs, admission, the copy into shared memory. */
  readonly cpuUsPerRow: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const PRODUCERS = 8
/** Batches of each producer on their way at a time, as an SDK's window. */
const WINDOW = 8
const ROWS_OF_FILE = 200_000

export async function benchKafka(
  brokers: readonly string[],
  rows: number,
): Promise<readonly KafkaMeasured[]> {
  const batches: SealedBatch[] = []
  const ofFile = Math.min(rows, ROWS_OF_FILE)
  for await (const batch of sealedBatches(dataFile(ofFile), 4_096)) batches.push(batch)
  return [
    await measure('append alone', { brokers, rows, batches, reads: false }),
    await measure('append and consume', { brokers, rows, batches, reads: true }),
  ]
}

interface Load {
  readonly brokers: readonly string[]
  readonly rows: number
  readonly batches: readonly SealedBatch[]
  readonly reads: boolean
}

async function measure(name: string, load: Load): Promise<KafkaMeasured> {
  const world = await newKafkaWorld(load.brokers, { partitions: 1, requestTimeoutMs: 30_000 })
  const arena = new Arena({ capacityBytes: 256 << 20, readerBytes: 64 << 20 })
  const log = await world.open(arena)
  try {
    let consumed = 0
    let onConsumed = (): void => undefined
    const consumption = load.reads
      ? log.consume({
          name: 'bench',
          from: Positions.NONE,
          receive: entries => {
            for (const { envelope } of entries) consumed += envelope.recordCount
            const last = entries.at(-1)
            if (last !== undefined) consumption?.passed(Positions.NONE.with(last))
            onConsumed()
          },
        })
      : null
    await send(log, arena, { ...load, rows: Math.ceil(load.rows / 10) }, 100)
    const warm = load.reads ? consumed : 0
    const latencies: number[] = []
    const used = process.cpuUsage()
    const startMs = systemClock.monotonicMs()
    const sent = await send(log, arena, load, 1, latencies)
    await new Promise<void>(resolve => {
      onConsumed = () => {
        if (!load.reads || consumed - warm >= sent) resolve()
      }
      onConsumed()
    })
    const seconds = (systemClock.monotonicMs() - startMs) / 1_000
    const { user, system } = process.cpuUsage(used)
    latencies.sort((a, b) => a - b)
    const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0
    return {
      name,
      rows: sent,
      rowsPerSecond: sent / seconds,
      cpuUsPerRow: (user + system) / sent,
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
    }
  } finally {
    await log.close()
    await world.close()
  }
}

/** All producers at once, each with its window; answers how many rows were stored. */
async function send(
  log: KafkaLog,
  arena: Arena,
  { rows, batches }: Load,
  firstProducer: number,
  latencies: number[] = [],
): Promise<number> {
  let sent = 0
  const lane = async (_: unknown, at: number): Promise<void> => {
    const waiting: Promise<void>[] = []
    for (let sequence = 1; sent < rows; sequence++) {
      const batch = batches[(sequence * PRODUCERS + at) % batches.length] as SealedBatch
      sent += batch.rows
      if (waiting.length >= WINDOW) await waiting.shift()
      waiting.push(append(log, arena, batch, firstProducer + at, sequence, latencies))
    }
    await Promise.all(waiting)
  }
  await Promise.all(Array.from({ length: PRODUCERS }, lane))
  return sent
}

async function append(
  log: KafkaLog,
  arena: Arena,
  { bytes, rows }: SealedBatch,
  producer: number,
  sequence: number,
  latencies: number[],
): Promise<void> {
  const batch = arena.allocate(bytes.length)
  if (batch === null) throw new Error('the arena is full')
  batch.view.set(bytes)
  const ids = { producer: BigInt(producer), sequence: BigInt(sequence), recordCount: rows }
  const fromMs = systemClock.monotonicMs()
  const outcome = log.append({ envelope: envelopeOf(ids), batch })
  batch.release()
  if ((await outcome).type !== 'durable') throw new Error('the append failed')
  latencies.push(systemClock.monotonicMs() - fromMs)
}

if (import.meta.main) {
  const brokers = process.env['KAFKA_BROKERS']?.split(',')
  if (brokers === undefined) throw new Error('KAFKA_BROKERS is not set')
  for (const row of await benchKafka(brokers, 2_000_000)) {
    const figures = [
      `${Math.round(row.rowsPerSecond / 1_000)} k rows/s`,
      `${row.cpuUsPerRow.toFixed(2)} us CPU/row`,
      `p50 ${row.p50Ms.toFixed(1)} ms`,
      `p99 ${row.p99Ms.toFixed(1)} ms`,
    ]
    process.stdout.write(`${row.name.padEnd(24)}${figures.map(f => f.padStart(20)).join('')}\n`)
  }
}
