/**
 * Aggregates of numbers over very many rows: whole segments are left to DuckDB, which is handed the
 * values of all other rows, so that percentiles are exact. Nothing here is needed for a right
 * answer: what DuckDB cannot take, the scan does.
 */
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { Measure } from '#proto/query/analysis.ts'
import { fieldKind } from '#proto/query/field-kind.ts'
import type { ServiceThread, TaskPool } from '#runtime/threads.ts'
import type { GroupsPart } from './analysis/groups.ts'
import type { GroupsWanted } from './analysis/groups-wanted.ts'
import type { MeasuredGroup } from './analysis/measured.ts'
import { tooManyGroups } from './analysis/too-many.ts'
import type { DuckdbMessage, DuckdbOutcome } from './duckdb-thread.ts'
import { inLanes, Turnstile } from './lanes.ts'
import type { SegmentMeta } from './manifest.ts'
import { columnName } from './parquet/schema.ts'
import { filterFor } from './plan.ts'
import type { StoredUnit, Unit } from './snapshot.ts'
import { compileAggregate, isSqlFilter, type WideFile, type WideTold } from './sql.ts'
import type { Examined, ExamineInput } from './tasks/examine.ts'

/** Fewer rows are scanned in the time that DuckDB takes to begin. */
export const WIDE_ROWS_MIN = 250_000
/** More at once would keep libuv's threads from everybody else. */
const QUERIES_MAX = 2
const QUERIES_WAITING_MAX = 16

/** Columns that can be grouped by and that every segment has. */
const FIXED_KEYS: Readonly<Record<string, string>> = {
  level: 'severity',
  service: 'service',
  host: 'host',
  file: 'file',
  severity_text: 'severity_text',
  message: 'message',
}

export interface WideOptions {
  /** Starts the service 'duckdb': only when it is needed, as it takes memory even when idle. */
  readonly open: () => Promise<ServiceThread>
  readonly pool: TaskPool
  readonly pathOf: (segmentId: number) => string
  /** Fewer rows in segments are scanned. */
  readonly rowsMin: number
}

/** What DuckDB will read, and the units that it leaves to the scan. */
export interface WidePlan {
  readonly files: readonly WideFile[]
  readonly covered: ReadonlySet<Unit>
}

export interface WideQuestion {
  readonly wanted: GroupsWanted
  readonly measures: readonly Measure[]
  readonly told: WideTold
  readonly filter: RowFilter
  readonly units: readonly Unit[]
  readonly segments: readonly SegmentMeta[]
  readonly signal: AbortSignal
}

export class WideAggregates {
  readonly #options: WideOptions
  readonly #turnstile = new Turnstile({ running: QUERIES_MAX, waiting: QUERIES_WAITING_MAX })
  /** Segments whose bytes were proven since the start. */
  readonly #proven = new Set<number>()
  #thread: Promise<ServiceThread> | null = null
  #lastId = 0
  #queries = 0
  #failed = 0
  #lastFailure = ''

  constructor(options: WideOptions) {
    this.#options = options
  }

  /** Whether so many rows take a scan longer than DuckDB takes to begin. */
  isWorth(rows: number): boolean {
    return rows >= this.#options.rowsMin
  }

  /** null = nothing for DuckDB in this question. */
  async plan(question: WideQuestion): Promise<WidePlan | null> {
    const { wanted, filter, units, segments, signal } = question
    // Its files know nothing of deleted rows.
    const stored = units
      .filter(unit => unit.type === 'stored')
      .filter(({ deleted }) => deleted === null)
    const rows = stored.reduce((sum, unit) => sum + unit.rows, 0)
    // The other rows are handed in number by number: those of several fields would not go together.
    if (wanted.numbers.length > 1 || !this.isWorth(rows) || !isSqlFilter(filter)) return null
    const files: WideFile[] = []
    const covered = new Set<Unit>()
    await inLanes(segments, QUERIES_MAX, async segment => {
      const own = stored.filter(unit => unit.segmentId === segment.id)
      if (own.length === 0) return
      signal.throwIfAborted()
      const pieces = await this.#examine(segment, own, wanted)
      if (pieces === null) return
      files.push(...pieces)
      for (const unit of own) covered.add(unit)
    })
    return files.length === 0 && covered.size === 0 ? null : { files, covered }
  }

  /** null = DuckDB could not; `extra` are all other rows, with each of their numbers. */
  async run(
    plan: WidePlan,
    extra: GroupsPart,
    { wanted, measures, told, filter, signal }: WideQuestion,
  ): Promise<readonly MeasuredGroup[] | null> {
    const { barUs, by } = wanted
    const functions = measures.map(({ fn }) => fn)
    const hasExtra = extra.rows.length > 0
    const select = { keys: by.length, barUs, functions, told, hasExtra }
    const sql = compileAggregate(plan.files, filterFor([...plan.covered], filter), select)
    const { bytesMax } = wanted
    const query = { sql, extra, bytesMax }
    const entered = await this.#turnstile.enter(() => this.#query(query, signal), signal)
    if (entered === false) return null
    const outcome = entered.result
    signal.throwIfAborted()
    if (outcome.type === 'groups') return outcome.groups
    if (outcome.type === 'too-large') throw tooManyGroups('bytes', wanted)
    this.#failed++
    this.#lastFailure = outcome.message
    return null
  }

  async close(): Promise<void> {
    const thread = await this.#thread?.catch(() => null)
    await thread?.close()
  }

  observe(): Record<string, unknown> {
    const { running, waiting } = this.#turnstile.observe()
    return {
      queries: this.#queries,
      failed: this.#failed,
      lastFailure: this.#lastFailure,
      running,
      waiting,
    }
  }

  async #query(
    query: { readonly sql: string; readonly extra: GroupsPart; readonly bytesMax: number },
    signal: AbortSignal,
  ): Promise<DuckdbOutcome> {
    const thread = await this.#opened()
    if (thread === null) return { type: 'failed', message: 'DuckDB does not start' }
    const id = ++this.#lastId
    this.#queries++
    const cancel = (): void => {
      // The query itself tells how it ended.
      thread.call({ type: 'cancel', id } satisfies DuckdbMessage).catch(() => undefined)
    }
    signal.addEventListener('abort', cancel, { once: true })
    try {
      const message: DuckdbMessage = { type: 'aggregate', id, ...query }
      return await thread.call<DuckdbOutcome>(message)
    } catch (error) {
      this.#thread = null
      return { type: 'failed', message: (error as Error).message }
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  /** null = it does not start; the next question tries again. */
  async #opened(): Promise<ServiceThread | null> {
    this.#thread ??= this.#options.open()
    try {
      return await this.#thread
    } catch {
      this.#thread = null
      return null
    }
  }

  /** What to read of a segment; null = it does not fit. */
  async #examine(
    segment: SegmentMeta,
    units: readonly StoredUnit[],
    { numbers, by }: GroupsWanted,
  ): Promise<readonly WideFile[] | null> {
    const { pool, pathOf } = this.#options
    const attributes = by.filter(key => !Object.hasOwn(FIXED_KEYS, key))
    const path = pathOf(segment.id)
    const input: ExamineInput = {
      path,
      groups: units.map(({ group }) => {
        const meta = segment.groups[group]
        if (meta === undefined) throw new RangeError(`segment ${segment.id} has no group ${group}`)
        return { group, meta }
      }),
      keys: [...numbers.map(({ field }) => field), ...attributes],
      numbers: numbers.map(({ field }) => field),
      isUnproven: !this.#proven.has(segment.id),
    }
    const examined = await pool.run<Examined | null>('store-examine', input)
    if (examined === null || examined.hasRest) return null
    if (units.length === segment.groups.length) this.#proven.add(segment.id)
    const { columns } = examined
    const numberColumns = numbers
      .flatMap(({ field }) => (['d', 'i'] as const).map(type => columnName({ type, key: field })))
      .filter(name => columns.includes(name))
    const keys = by.map(key => FIXED_KEYS[key] ?? keyColumn(columns, key))
    // Only texts look the same in SQL and here.
    if (!keys.every(key => key !== undefined)) return null
    return piecesOf(units, examined).map(rows => ({
      path,
      rows,
      numbers: numberColumns,
      isRepeated: examined.isRepeated,
      by: keys,
    }))
  }
}

/** The column of ids, unless some row has an attribute of that name instead. */
function keyColumn(columns: readonly string[], key: string): string | null | undefined {
  const column = textColumn(columns, key)
  if (fieldKind(key) !== 'trace') return column
  return column === null ? key : undefined
}

/** The column of a key that has texts only; null = it has none. */
function textColumn(columns: readonly string[], key: string): string | null | undefined {
  const own = columns.filter(name => name.slice('attr.s.'.length) === key)
  const [only] = own
  if (only === undefined) return null
  return own.length === 1 && only === columnName({ type: 's', key }) ? only : undefined
}

/** Ranges of rows of neighbouring row groups; one null if they are the whole file. */
function piecesOf(
  units: readonly StoredUnit[],
  { firstRows, rowCount }: Examined,
): WideFile['rows'][] {
  const pieces: { first: number; end: number }[] = []
  for (const [i, unit] of units.entries()) {
    const first = firstRows[i] as number
    const last = pieces.at(-1)
    if (last !== undefined && last.end === first) last.end = first + unit.rows
    else pieces.push({ first, end: first + unit.rows })
  }
  const [whole] = pieces
  const isWhole = pieces.length === 1 && whole?.first === 0 && whole.end === rowCount
  return isWhole ? [null] : pieces
}
