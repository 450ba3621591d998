/** What a rule would have said of the logs that are stored: read in slices of their receipt. */
import type { WarmUp } from '#actors/catalog/alert-rules.ts'
import type { AlertRule } from '#proto/alert-rule.ts'
import type { TaskPool } from '#runtime/index.ts'
import type { AlertChange, StoredRule } from './alert-engine.ts'
import type { Replay, Replayed, ReplayPoint } from './replay.ts'

export interface BacktestInput {
  readonly rule: AlertRule
  readonly isMetrics: boolean
  /** In time of receipt, [start, end). */
  readonly startUs: number
  readonly endUs: number
  /** Width of what one value is told of; null = none. */
  readonly pointUs: number | null
}

export interface BacktestDeps {
  readonly pool: Pick<TaskPool, 'run'>
  /** Rows of the rule's query received in [from, to) as JSON, page by page. */
  readonly rowsOf: (fromUs: number, toUs: number) => AsyncIterable<readonly string[]>
}

export interface BacktestResult {
  readonly changes: readonly AlertChange[]
  readonly points: readonly ReplayPoint[]
  readonly rows: number
  readonly late: number
  readonly leftOut: number
  /** Of an anomaly, at the end. */
  readonly warmUp: WarmUp | null
  /** It ends here, because there were too many rows. */
  readonly endUs: number
}

/** Rows that one backtest looks at. */
export const BACKTEST_ROWS_MAX = 1_000_000
/** Rows of one slice, which are in memory together. */
const SLICE_ROWS_MAX = 100_000
const SLICES = 100
const SLICE_US_MIN = 10_000_000

export async function backtest(
  { rule, isMetrics, startUs, endUs, pointUs }: BacktestInput,
  { pool, rowsOf }: BacktestDeps,
): Promise<BacktestResult> {
  const rules: readonly StoredRule[] = [
    { id: 'backtest', version: 1, updatedAtUs: startUs, rule: { ...rule, enabled: true } },
  ]
  const sliceUs = Math.max(SLICE_US_MIN, Math.ceil((endUs - startUs) / SLICES))
  const changes: AlertChange[] = []
  const points: ReplayPoint[] = []
  let last: Replayed | null = null
  let [read, seen] = [0, 0]
  let fromUs = startUs
  while (fromUs < endUs && read < BACKTEST_ROWS_MAX) {
    const untilUs = Math.min(endUs, fromUs + sliceUs)
    const rows = await sliceOf(rowsOf(fromUs, untilUs))
    if (rows === null) break
    read += rows.length
    const state: Uint8Array | null = last?.state ?? null
    const input: Replay = { rules, state, rows, isMetrics, untilUs, pointUs }
    last = await pool.run<Replayed>('alert-replay', input)
    seen += last.rows
    changes.push(...last.changes)
    points.push(...last.points)
    fromUs = untilUs
  }
  const { late = 0, leftOut = 0, warmUp = null } = last ?? {}
  return { changes, points, rows: seen, late, leftOut, warmUp, endUs: fromUs }
}

/** null = there are more than may be. */
async function sliceOf(pages: AsyncIterable<readonly string[]>): Promise<string[] | null> {
  const rows: string[] = []
  for await (const page of pages) {
    rows.push(...page)
    if (rows.length > SLICE_ROWS_MAX) return null
  }
  return rows
}
