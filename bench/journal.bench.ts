/**
 * What a durable append costs, beside its floor, bare writev + fdatasync of the same bytes:
 * `node bench/journal.bench.ts`. Rows count as 100 bytes each.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { create } from '@bufbuild/protobuf'
import { Arena, type ArenaBytes } from '#actors/commit-log/arena.ts'
import type { CommitLog } from '#actors/commit-log/commit-log.ts'
import { openJournalLog } from '#actors/commit-log/journal/journal-log.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import { BatchKind, EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { systemClock, systemDisk } from '#runtime/index.ts'
import { openServiceThread } from '#runtime/service-thread.ts'
import { openWorkerPool } from '#runtime/worker-pool.ts'

export interface JournalMeasured {
  readonly name: string
  readonly batches: number
  readonly megabytesPerSecond: number
  /** Of all threads of the process. */
  readonly rowsPerCpuSecond: number
  readonly rowsPerSync: number
  readonly p50Ms: number
  readonly p99Ms: number
}

interface Load {
  readonly batchBytes: number
  readonly batches: number
  /** Appends on their way at a time, over all producers. */
  readonly open: number
}

const ROW_BYTES = 100
const PRODUCERS = 8
const PAGE_BYTES = 4_096
const manifestUrl = new URL('../actors/manifest.ts', import.meta.url)

export async function benchJournal(folder: string, scale: number): Promise<JournalMeasured[]> {
  const large = { batchBytes: 500_000, batches: Math.ceil(2_000 * scale), open: 32 }
  const small = { batchBytes: 2_000, batches: Math.ceil(100_000 * scale), open: 512 }
  const lone = { batchBytes: 2_000, batches: Math.ceil(2_000 * scale), open: 1 }
  return [
    floor('floor: writev + fdatasync, 500 KB each', folder, large, 1),
    await journal('journal: 500 KB, 32 open', folder, large),
    floor('floor: writev + fdatasync, 512 x 2 KB', folder, small, 512),
    await journal('journal: 2 KB, 512 open', folder, small),
    floor('floor: writev + fdatasync, 2 KB each', folder, lone, 1),
    await journal('journal: 2 KB, one at a time', folder, lone),
  ]
}

function floor(name: string, folder: string, load: Load, perSync: number): JournalMeasured {
  const file = systemDisk.open(join(folder, `floor-${load.batchBytes}-${perSync}`), 'create')
  const batch = new Uint8Array(new SharedArrayBuffer(load.batchBytes)).fill(7)
  const latencies: number[] = []
  const used = process.cpuUsage()
  const startMs = systemClock.monotonicMs()
  let syncs = 0
  for (let done = 0; done < load.batches; done += perSync) {
    const fromMs = systemClock.monotonicMs()
    const parts = Array.from({ length: Math.min(perSync, load.batches - done) }, () => batch)
    file.write(parts, done * load.batchBytes)
    file.sync()
    syncs++
    latencies.push(systemClock.monotonicMs() - fromMs)
  }
  const ms = systemClock.monotonicMs() - startMs
  file.close()
  return measured({ name, load, ms, cpu: process.cpuUsage(used), syncs, latencies })
}

async function journal(name: string, parent: string, load: Load): Promise<JournalMeasured> {
  const folder = join(parent, `journal-${load.batchBytes}-${load.open}`)
  const fail = (error: Error): never => {
    throw error
  }
  const writer = await openServiceThread({
    manifestUrl,
    service: 'journal-writer',
    options: { folder, diskReserveBytes: 0 },
    callsMax: 8,
    onLost: fail,
  })
  const tasks = openWorkerPool({ manifestUrl, threads: 1, queueMax: 16 })
  const arena = new Arena({ capacityBytes: 256 << 20, readerBytes: 8 << 20 })
  const log = await openJournalLog({
    writer,
    tasks,
    arena,
    clock: systemClock,
    folder,
    keepMs: 0,
    keepBytes: 0,
    endAtLeast: 0,
    unflushedBytes: () => 0,
    onFailure: fail,
  })
  const consumption = log.consume({
    name: 'bench',
    from: Positions.NONE,
    receive: entries => {
      const last = entries.at(-1)
      if (last !== undefined) consumption.passed(Positions.NONE.with(last))
    },
  })
  const latencies: number[] = []
  const lanes = Math.min(PRODUCERS, load.open)
  const sendAll = async (given: Load, firstProducer: number): Promise<void> => {
    const lane = (_: unknown, at: number) =>
      send(log, arena, given, { at, lanes, producer: firstProducer + at, latencies })
    await Promise.all(Array.from({ length: lanes }, lane))
  }
  await sendAll({ ...load, batches: Math.ceil(load.batches / 20) }, 100)
  await log.read('benchbench', Positions.at(log.end().at(0) - 1), () => undefined)
  latencies.length = 0
  const groupsBefore = log.observe()['groups'] as number
  const used = process.cpuUsage()
  const startMs = systemClock.monotonicMs()
  await sendAll(load, 1)
  const ms = systemClock.monotonicMs() - startMs
  const cpu = process.cpuUsage(used)
  const syncs = (log.observe()['groups'] as number) - groupsBefore
  await log.close()
  await tasks.close()
  return measured({ name, load, ms, cpu, syncs, latencies })
}

/** One producer: keeps its share of appends on their way. */
async function send(
  log: CommitLog,
  arena: Arena,
  load: Load,
  share: {
    readonly at: number
    readonly lanes: number
    readonly producer: number
    readonly latencies: number[]
  },
): Promise<void> {
  const { at, lanes, producer, latencies } = share
  const waiting: Promise<void>[] = []
  for (let number = at, sequence = 1; number < load.batches; number += lanes, sequence++) {
    if (waiting.length >= load.open / lanes) await waiting.shift()
    waiting.push(appendOne(log, arena, { load, producer, sequence, latencies }))
  }
  await Promise.all(waiting)
}

async function appendOne(
  log: CommitLog,
  arena: Arena,
  given: {
    readonly load: Load
    readonly producer: number
    readonly sequence: number
    readonly latencies: number[]
  },
): Promise<void> {
  const batch = arena.allocate(given.load.batchBytes)
  if (batch === null) throw new Error('the arena is full')
  touch(batch, given.sequence)
  const envelope = create(EnvelopeSchema, {
    version: 1,
    kind: BatchKind.LOGS,
    schema: 1,
    projectId: 'benchbench',
    keyId: 'benchbenchbe',
    producer: BigInt(given.producer),
    sequence: BigInt(given.sequence),
    recordCount: Math.ceil(given.load.batchBytes / ROW_BYTES),
    timeMinUs: 1_790_000_000_000_000n,
    timeMaxUs: 1_790_000_001_000_000n,
  })
  const fromMs = systemClock.monotonicMs()
  const outcome = log.append({ envelope, batch })
  batch.release()
  if ((await outcome).type !== 'durable') throw new Error('the append failed')
  given.latencies.push(systemClock.monotonicMs() - fromMs)
}

/** Makes every page real, else all of them are one page of zeros that is always in the cache. */
function touch({ view }: ArenaBytes, sequence: number): void {
  for (let at = 0; at < view.length; at += PAGE_BYTES) view[at] = sequence & 0xff
}

function measured(raw: {
  readonly name: string
  readonly load: Load
  readonly ms: number
  readonly cpu: NodeJS.CpuUsage
  readonly syncs: number
  readonly latencies: number[]
}): JournalMeasured {
  const { name, load, ms, cpu, syncs, latencies } = raw
  const bytes = load.batches * load.batchBytes
  const rows = bytes / ROW_BYTES
  latencies.sort((a, b) => a - b)
  const quantile = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  return {
    name,
    batches: load.batches,
    megabytesPerSecond: bytes / 1_000 / ms,
    rowsPerCpuSecond: rows / ((cpu.user + cpu.system) / 1_000_000),
    rowsPerSync: rows / syncs,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  }
}

if (import.meta.main) {
  const folder = mkdtempSync('bench-journal-')
  try {
    for (const row of await benchJournal(folder, 1)) {
      const figures = [
        `${row.megabytesPerSecond.toFixed(0)} MB/s`,
        `${(row.rowsPerCpuSecond / 1e6).toFixed(1)} M rows/CPU s`,
        `${row.rowsPerSync.toFixed(0)} rows/sync`,
        `p50 ${row.p50Ms.toFixed(2)} ms`,
        `p99 ${row.p99Ms.toFixed(2)} ms`,
      ]
      process.stdout.write(`${row.name.padEnd(42)}${figures.map(f => f.padStart(20)).join('')}\n`)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
