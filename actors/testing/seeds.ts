/** Runs many seeds one after the other and adds up what happened in them. */
import { systemClock } from '#runtime/clock.ts'
import type { SimulateOptions } from '#runtime/testing/simulation.ts'
import type { FaultName } from './faults.ts'
import { simulatePipeline } from './world.ts'

export interface SeedsReport {
  seeds: number
  /** First lines of what failed, each with its seed. */
  readonly failures: { readonly seed: number; readonly error: Error }[]
  events: number
  virtualMs: number
  realMs: number
  /** Sums over all runs. */
  lives: number
  sent: number
  stored: number
  searches: number
  tailRows: number
  dropped: number
  gaps: number
  readonly faults: Partial<Record<FaultName, number>>
}

const SUMS = ['lives', 'sent', 'stored', 'searches', 'tailRows', 'dropped', 'gaps'] as const

export interface SeedsOptions extends Pick<SimulateOptions, 'onEvent'> {
  readonly from: number
  readonly seeds: number
  readonly onFailure?: (seed: number, error: Error) => void
}

export async function runSeeds(options: SeedsOptions): Promise<SeedsReport> {
  const { from, seeds, onFailure, ...others } = options
  const report: SeedsReport = {
    seeds,
    failures: [],
    events: 0,
    virtualMs: 0,
    realMs: 0,
    lives: 0,
    sent: 0,
    stored: 0,
    searches: 0,
    tailRows: 0,
    dropped: 0,
    gaps: 0,
    faults: {},
  }
  const beganMs = systemClock.monotonicMs()
  for (let seed = from; seed < from + seeds; seed++) {
    try {
      add(report, await simulatePipeline(seed, others))
    } catch (error) {
      report.failures.push({ seed, error: error as Error })
      onFailure?.(seed, error as Error)
    }
  }
  report.realMs = systemClock.monotonicMs() - beganMs
  return report
}

function add(
  report: SeedsReport,
  { events, virtualMs, result }: Awaited<ReturnType<typeof simulatePipeline>>,
): void {
  report.events += events
  report.virtualMs += virtualMs
  for (const sum of SUMS) report[sum] += result[sum]
  for (const [name, count] of Object.entries(result.faults)) {
    const fault = name as FaultName
    report.faults[fault] = (report.faults[fault] ?? 0) + count
  }
}

/** How to see a failure again. */
export function replayOf(seed: number): string {
  return `node bench/simulate.ts --from ${seed} --seeds 1 --trace`
}

/** One line for people. */
export function summaryOf(report: SeedsReport): string {
  const { seeds, failures, virtualMs, realMs, lives, sent, stored, searches, tailRows } = report
  const { dropped, gaps } = report
  const hours = (virtualMs / 3_600_000).toFixed(1)
  const seconds = (realMs / 1_000).toFixed(1)
  const times = Math.round(virtualMs / realMs)
  return [
    `${seeds} seeds, ${failures.length} failed: ${hours} h in ${seconds} s, ${times} × real time`,
    `${lives} lives of the server, ${sent} logs sent, ${stored} stored, ${searches} searches`,
    `${tailRows} rows followed, ${dropped} told as dropped, ${gaps} gaps told`,
  ].join('; ')
}
