/** Runs many seeds on several threads, and adds up what happened in them. */
import { Worker } from 'node:worker_threads'
import { systemClock } from '#runtime/clock.ts'
import type { FaultName } from './faults.ts'
import type { RunFacts } from './world.ts'

/** What a thread is handed: it takes the next seed until there is none left. */
export interface SeedsWork {
  /** Two Int32: the next seed and the one behind the last. */
  readonly range: SharedArrayBuffer
}

/** What a thread tells. */
export type SeedNews =
  | { readonly type: 'begun'; readonly seed: number }
  | { readonly type: 'passed'; readonly run: SeedRun }
  | { readonly type: 'failed'; readonly failure: SeedFailure }

export interface SeedRun {
  readonly facts: RunFacts
  readonly events: number
  readonly virtualMs: number
  readonly realMs: number
}

export interface SeedFailure {
  readonly seed: number
  readonly message: string
  /** Where it was noticed. */
  readonly stack: string
}

export type SeedSums = Omit<RunFacts, 'faults'>

export interface SeedsReport {
  readonly seeds: number
  readonly failures: readonly SeedFailure[]
  readonly events: number
  readonly virtualMs: number
  /** Of all threads together. */
  readonly realMs: number
  readonly wallMs: number
  readonly sums: SeedSums
  readonly faults: Readonly<Partial<Record<FaultName, number>>>
}

export interface SeedsOptions {
  readonly from: number
  readonly seeds: number
  readonly threads: number
  readonly onFailure?: (failure: SeedFailure) => void
}

export async function runSeeds(options: SeedsOptions): Promise<SeedsReport> {
  const { from, seeds, threads, onFailure } = options
  const range = new SharedArrayBuffer(8)
  new Int32Array(range).set([from, from + seeds])
  const runs: SeedRun[] = []
  const failures: SeedFailure[] = []
  const beganMs = systemClock.monotonicMs()
  const hear = (news: SeedNews): void => {
    if (news.type === 'passed') runs.push(news.run)
    if (news.type !== 'failed') return
    failures.push(news.failure)
    onFailure?.(news.failure)
  }
  await Promise.all(Array.from({ length: threads }, () => runThread({ range }, hear)))
  return {
    seeds,
    failures,
    events: sum(runs.map(({ events }) => events)),
    virtualMs: sum(runs.map(({ virtualMs }) => virtualMs)),
    realMs: sum(runs.map(({ realMs }) => realMs)),
    wallMs: systemClock.monotonicMs() - beganMs,
    sums: sumsOf(runs),
    faults: faultsOf(runs),
  }
}

/** What nobody caught ends the thread; it failed the seed that was running. */
function runThread(workerData: SeedsWork, hear: (news: SeedNews) => void): Promise<void> {
  const worker = new Worker(new URL('./seeds-thread.ts', import.meta.url), { workerData })
  let seed = -1
  worker.on('message', (news: SeedNews) => {
    if (news.type === 'begun') seed = news.seed
    hear(news)
  })
  return new Promise(resolve => {
    worker.on('error', (error: Error) => {
      const message = `seed ${seed}: nobody caught ${error.message}`
      hear({ type: 'failed', failure: { seed, message, stack: error.stack ?? '' } })
    })
    worker.on('exit', () => resolve())
  })
}

function sumsOf(runs: readonly SeedRun[]): SeedSums {
  const of = (name: keyof SeedSums): number => sum(runs.map(({ facts }) => facts[name]))
  return {
    lives: of('lives'),
    sent: of('sent'),
    stored: of('stored'),
    searches: of('searches'),
    tailRows: of('tailRows'),
    dropped: of('dropped'),
    gaps: of('gaps'),
    deleted: of('deleted'),
  }
}

function faultsOf(runs: readonly SeedRun[]): Partial<Record<FaultName, number>> {
  const faults: Partial<Record<FaultName, number>> = {}
  for (const { facts } of runs) {
    for (const [name, count] of facts.faults) faults[name] = (faults[name] ?? 0) + count
  }
  return faults
}

/** How to see a failure again. */
export function replayOf(seed: number): string {
  return `node bench/simulate.ts --from ${seed} --seeds 1 --trace`
}

/** Virtual time in the time of one thread. */
function timesRealTime({ virtualMs, realMs }: SeedsReport): number {
  return Math.round(virtualMs / realMs)
}

/** One line for people. */
export function summaryOf(report: SeedsReport): string {
  const { seeds, failures, virtualMs, wallMs } = report
  const { lives, sent, stored, searches, tailRows, dropped, gaps, deleted } = report.sums
  const hours = (virtualMs / 3_600_000).toFixed(1)
  const seconds = (wallMs / 1_000).toFixed(1)
  return [
    `${seeds} seeds, ${failures.length} failed: ${hours} h in ${seconds} s`,
    `${timesRealTime(report)} × real time a thread`,
    `${lives} lives of the server, ${sent} logs sent, ${stored} stored, ${searches} searches`,
    `${tailRows} rows followed, ${dropped} told as dropped, ${gaps} gaps told; ${deleted} deleted`,
  ].join('; ')
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
