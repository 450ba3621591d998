/**
 * The embedded store: recent batches in memory, Parquet segments on disk, one manifest over both.
 * Lives on the main thread and touches bytes only; rows are looked at by tasks, files are written
 * by the segment writer's thread.
 */
import type { LogEntry } from '#actors/commit-log/commit-log.ts'
import type { Positions } from '#actors/commit-log/positions.ts'
import type { PatternGroups } from '#actors/processing/patterns/pattern-groups.ts'
import type { Clock } from '#runtime/clock.ts'
import type { ServiceThread, TaskPool } from '#runtime/threads.ts'
import { analyse } from './analysis/analyse.ts'
import { Compactions } from './compactions.ts'
import { countPatterns } from './count-patterns.ts'
import { countReceived } from './count-received.ts'
import { findDeleted } from './deletion.ts'
import { Flusher } from './flusher.ts'
import { Turnstile } from './lanes.ts'
import { type ManifestRecord, ManifestState, segmentName } from './manifest.ts'
import { searchById } from './own-searches.ts'
import { PatternLearner } from './pattern-learner.ts'
import { projectSize, projectSizes, segmentSums } from './project-sizes.ts'
import type { HeldMemory, QueryMemory } from './query-memory.ts'
import { Recent, type RecentChunk } from './recent.ts'
import { type SearchTools, search } from './search.ts'
import type { Damage } from './search-explain.ts'
import type { WriterMessage, WriterState } from './segment-writer.ts'
import { pinSnapshot, SegmentPins, type Snapshot } from './snapshot.ts'
import type {
  AnalysisInput,
  AnalysisResult,
  LogStore,
  PatternsInput,
  PatternsResult,
  RowsAsked,
  SearchPlanInput,
  SearchResult,
  StoredSize,
  Watch,
} from './store.ts'
import { StoreError } from './store-error.ts'
import { streamOf } from './streams.ts'
import type { UnitDamage } from './walk.ts'
import { WIDE_ROWS_MIN, WideAggregates } from './wide-aggregate.ts'
import { WriterClient } from './writer-client.ts'

export interface ParquetStoreOptions {
  readonly folder: string
  readonly clock: Clock
  readonly pool: TaskPool
  /** The service 'segment-writer', started with the same folder. */
  readonly writer: ServiceThread
  /**
   * Starts the service 'duckdb', once aggregates over very many rows are asked for; the store
   * closes it. null = they are scanned, however many rows there are.
   */
  readonly openDuckdb: (() => Promise<ServiceThread>) | null
  /** How many rows are very many. */
  readonly wideRowsMin?: number
  readonly queryMemory: QueryMemory
  /** Compaction starts only when its output fits above it. */
  readonly diskReserveBytes: number
  readonly flushBytes: number
  readonly flushIntervalMs: number
  /** True when the memory of the batches runs out: then a flush is due at once. */
  readonly isMemoryShort: () => boolean
  /** Told of what cannot go on by itself: a bug, or a thread that is gone. */
  readonly onFault: (error: Error) => void
}

/** Batches however small that make a flush due. */
const FLUSH_ENTRIES = 1_024
const RETRY_MS = 1_000
const SEARCHES_RUNNING_MAX = 4
const SEARCHES_WAITING_MAX = 64
/** Tasks of one search at once: as many as there are threads by default. */
const LANES = 2

/** Opens the store with what is in its folder. */
export async function openParquetStore(options: ParquetStoreOptions): Promise<ParquetStore> {
  const found = await options.writer.call<WriterState>({ type: 'state' } satisfies WriterMessage)
  return new ParquetStore(options, found)
}

export class ParquetStore implements LogStore {
  readonly #options: ParquetStoreOptions
  readonly #state = new ManifestState()
  readonly #writer: WriterClient
  readonly #pins: SegmentPins
  readonly #recent: Recent
  readonly #flusher: Flusher
  readonly #compactions: Compactions
  readonly #wide: WideAggregates | null
  readonly #patterns: PatternLearner
  readonly #searches = new Turnstile({
    running: SEARCHES_RUNNING_MAX,
    waiting: SEARCHES_WAITING_MAX,
  })
  readonly #damage = new Map<string, Damage>()
  readonly #repaired: number
  #closed = false

  constructor(options: ParquetStoreOptions, found: WriterState) {
    this.#options = options
    this.#state.apply(found.base)
    this.#repaired = found.repaired
    this.#pins = new SegmentPins(segmentIds => this.#remove(segmentIds))
    const { clock, pool, onFault, flushBytes, flushIntervalMs, isMemoryShort } = options
    const writer = new WriterClient({
      thread: options.writer,
      onDurable: records => this.#follow(records),
      pause: () => this.#pause(),
    })
    this.#writer = writer
    const policy = { flushBytes, flushIntervalMs, flushEntries: FLUSH_ENTRIES }
    this.#recent = new Recent(policy, this.#state.positions)
    this.#compactions = new Compactions({
      clock,
      pool,
      writer,
      onFault,
      state: this.#state,
      pathOf: id => this.#pathOf(id),
      damage: () => [...this.#damage.values()],
      onDamaged: damage => this.#noteDamage(damage),
      reservedBytes: () => options.diskReserveBytes + this.#recent.bytes,
    })
    this.#flusher = new Flusher({
      clock,
      pool,
      writer,
      onFault,
      flushBytes,
      isMemoryShort,
      recent: this.#recent,
      isGone: chunk => this.#isGone(chunk),
      onFlushed: () => this.#compactions.soon(),
    })
    const pathOf = (id: number): string => this.#pathOf(id)
    const { openDuckdb: open, wideRowsMin: rowsMin = WIDE_ROWS_MIN } = options
    this.#patterns = new PatternLearner({
      pool,
      pathOf,
      lanes: LANES,
      pin: projectId => this.#pin(projectId),
      onFault,
    })
    this.#wide = open && new WideAggregates({ open, pool, pathOf, rowsMin })
    this.#noteMissing(found.missing)
    this.#compactions.soon()
  }

  receive(entries: readonly LogEntry[]): void | Promise<void> {
    const nowMs = this.#options.clock.monotonicMs()
    for (const entry of entries) {
      this.#recent.add(entry, nowMs, !this.#state.dropped.has(streamOf(entry.envelope)))
    }
    return this.#flusher.received()
  }

  published(): Positions {
    return this.#state.positions
  }

  /** Everything up to here is found by searches. */
  received(): Positions {
    return this.#recent.positions
  }

  /** Bytes of batches that no segment holds yet: what the disk must still have room for. */
  recentBytes(): number {
    return this.#recent.bytes
  }

  async search(input: SearchPlanInput, signal: AbortSignal, watch?: Watch): Promise<SearchResult> {
    return await this.#pinned(input.projectId, signal, (snapshot, memory) =>
      search(snapshot, input, { ...this.#searchTools(), memory, watch, signal }),
    )
  }

  async analyse(input: AnalysisInput, signal: AbortSignal, watch?: Watch): Promise<AnalysisResult> {
    const tools = { ...this.#searchTools(), wide: this.#wide, watch, signal }
    return await this.#pinned(input.projectId, signal, (snapshot, memory) =>
      analyse(snapshot, input, { ...tools, memory }),
    )
  }

  async patterns(input: PatternsInput, signal: AbortSignal): Promise<PatternsResult> {
    const groups = await this.patternGroups(input.projectId, true)
    return await this.#pinned(input.projectId, signal, async (snapshot, memory) => {
      return await countPatterns(snapshot, input, {
        pool: this.#options.pool,
        lanes: LANES,
        signal,
        groups,
        memory,
        pathOf: id => this.#pathOf(id),
        onDamaged: damage => this.#noteUnitDamage(damage),
      })
    })
  }

  async patternGroups(projectId: string, whole: boolean): Promise<PatternGroups> {
    this.#demandOpen()
    return await this.#patterns.groups(projectId, whole)
  }

  async row(projectId: string, id: string, signal: AbortSignal): Promise<string | null> {
    const input = searchById(projectId, id)
    if (input === null) return null
    const { logs } = await this.search(input, signal)
    return logs[0] ?? null
  }

  async expire(projectId: string, receivedBeforeUs: number): Promise<number> {
    const fromUs = this.#state.receivedFromUs(projectId)
    if (receivedBeforeUs <= fromUs || this.#state.dropped.has(projectId)) return 0
    // Else every idle project would stay in the manifest, and in memory, for having nothing.
    const recentUs = this.#recent.oldestReceivedUs(projectId)
    if (receivedBeforeUs <= Math.min(recentUs, this.#state.oldestReceivedUs(projectId))) return 0
    const snapshot = this.#pin(projectId)
    const recentRows = this.#recent.countReceived(projectId, fromUs, receivedBeforeUs)
    try {
      await this.#writer.record({ type: 'expire', projectId, receivedBeforeUs })
      const range = { fromUs, beforeUs: receivedBeforeUs }
      const pathOf = (id: number): string => this.#pathOf(id)
      const stored = await countReceived(snapshot, range, { pool: this.#options.pool, pathOf })
      this.#compactions.soon()
      return stored + recentRows
    } finally {
      snapshot.release()
    }
  }

  async delete(filter: RowsAsked): Promise<number> {
    this.#demandOpen()
    const { projectId } = filter
    // Then all that was received by now lies in segments, and what comes later does not.
    await this.#flusher.flush()
    const rows = await this.#compactions.exclude(async () => {
      const snapshot = this.#pin(projectId)
      try {
        const { pool } = this.#options
        const pathOf = (id: number): string => this.#pathOf(id)
        const onDamaged = (damage: Damage): void => this.#noteDamage(damage)
        const tools = { pool, lanes: LANES, pathOf, onDamaged }
        const found = await findDeleted(snapshot, filter, tools)
        if (found.rows === 0) return 0
        await this.#writer.recordSurely({ type: 'delete', projectId, groups: found.groups })
        return found.rows
      } finally {
        snapshot.release()
      }
    })
    this.#compactions.soon()
    return rows
  }

  async drop(projectId: string): Promise<void> {
    await this.#writer.record({ type: 'drop', projectId })
    this.#compactions.soon()
  }

  async flush(): Promise<void> {
    await this.#flusher.flush()
    await this.#compactions.all()
  }

  sizeOf(projectId: string): StoredSize {
    return projectSize(this.#state, projectId)
  }

  observe(): Record<string, unknown> {
    return {
      ...segmentSums(this.#state),
      projects: projectSizes(this.#state),
      recentRows: this.#recent.rows,
      recentBytes: this.#recent.bytes,
      positions: this.#state.positions,
      receivedPositions: this.#recent.positions,
      ...this.#flusher.observe(),
      ...this.#compactions.observe(),
      manifestRepaired: this.#repaired,
      damaged: [...this.#damage.values()].map(damage => ({
        file: segmentName(damage.segmentId),
        rowGroup: damage.group,
        reason: damage.reason,
      })),
      searches: this.#searches.observe(),
      queryMemory: this.#options.queryMemory.observe(),
      duckdb: this.#wide === null ? null : this.#wide.observe(),
      pins: this.#pins.observe(),
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.all([
      this.#flusher.close(),
      this.#compactions.close(),
      this.#wide?.close(),
      this.#patterns.close(),
    ])
    this.#recent.release()
  }

  /** Follows the manifest: called by the writer for every record that became durable. */
  #follow(records: readonly ManifestRecord[]): void {
    for (const record of records) {
      this.#patterns.follow(record, this.#state.segments)
      this.#state.apply(record)
      if (record.type !== 'publish') continue
      // A segment and the batches in it change places in one step: no search sees both or neither.
      if (record.positions !== null) this.#recent.flushed()
      this.#pins.doom(record.removed)
      for (const [key, { segmentId }] of this.#damage) {
        if (record.removed.includes(segmentId)) this.#damage.delete(key)
      }
    }
  }

  /** Throws once the store is closed: then nobody waits for the disk any more. */
  async #pause(): Promise<void> {
    await new Promise<void>(resolve => this.#options.clock.after(RETRY_MS, resolve))
    this.#demandOpen()
  }

  #demandOpen(): void {
    if (this.#closed) throw new StoreError('LOGBOY_STORE_CLOSED', 'the store is closed')
  }

  #searchTools(): Omit<SearchTools, 'memory'> {
    return {
      pool: this.#options.pool,
      lanes: LANES,
      pathOf: id => this.#pathOf(id),
      onDamaged: damage => this.#noteDamage(damage),
    }
  }

  #pathOf(segmentId: number): string {
    return `${this.#options.folder}/${segmentName(segmentId)}`
  }

  #pin(projectId: string): Snapshot {
    return pinSnapshot(projectId, { state: this.#state, recent: this.#recent, pins: this.#pins })
  }

  async #pinned<Result>(
    projectId: string,
    signal: AbortSignal,
    run: (snapshot: Snapshot, memory: HeldMemory) => Promise<Result>,
  ): Promise<Result> {
    this.#demandOpen()
    const entered = await this.#searches.enter(async () => {
      const snapshot = this.#pin(projectId)
      const memory = this.#options.queryMemory.open(projectId)
      try {
        return await run(snapshot, memory)
      } finally {
        memory.release()
        snapshot.release()
      }
    }, signal)
    if (entered === false) throw new StoreError('LOGBOY_SEARCH_BUSY', 'too many searches wait')
    return entered.result
  }

  #isGone({ projectId, receivedMaxUs }: RecentChunk): boolean {
    const { dropped } = this.#state
    return dropped.has(projectId) || receivedMaxUs < this.#state.receivedFromUs(projectId)
  }

  #noteUnitDamage({ unit, reason }: UnitDamage): void {
    if (unit.type !== 'stored') return
    this.#noteDamage({ segmentId: unit.segmentId, group: unit.group, reason })
  }

  #noteDamage(damage: Damage): void {
    this.#damage.set(`${damage.segmentId} ${damage.group}`, damage)
  }

  #noteMissing(segmentIds: readonly number[]): void {
    for (const segmentId of segmentIds) {
      for (const [group] of this.#state.segments.get(segmentId)?.groups.entries() ?? []) {
        this.#noteDamage({ segmentId, group, reason: 'missing' })
      }
    }
  }

  #remove(segmentIds: readonly number[]): void {
    this.#writer.remove(segmentIds).catch((error: Error) => {
      if (!this.#closed) this.#options.onFault(error)
    })
  }
}
