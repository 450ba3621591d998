/**
 * The embedded store: recent batches in memory, Parquet segments on disk, one manifest over both.
 * Lives on the main thread and touches bytes only; rows are looked at by tasks, files are written by
 * the segment writer's thread.
 */
import assert from 'node:assert/strict'
import type { LogEntry, Position } from '#actors/commit-log/commit-log.ts'
import { ANY_TIME } from '#actors/processing/matcher.ts'
import { parseRowId } from '#proto/row-id.ts'
import type { Cancel, Clock } from '#runtime/clock.ts'
import type { ServiceThread, TaskPool } from '#runtime/threads.ts'
import { planCompaction } from './compaction.ts'
import { compact } from './compactor.ts'
import { flushBatch } from './flush.ts'
import { Turnstile } from './lanes.ts'
import { type ManifestRecord, ManifestState, segmentName } from './manifest.ts'
import { Recent } from './recent.ts'
import { type Damage, search } from './search.ts'
import { pinSnapshot, SegmentPins, type Snapshot } from './snapshot.ts'
import type { LogStore, SearchPlanInput, SearchResult } from './store.ts'
import { StoreError } from './store-error.ts'
import type { CountReceivedInput } from './tasks/count-received.ts'
import { WriteRefused, WriterClient } from './writer-client.ts'

export interface ParquetStoreOptions {
  readonly folder: string
  readonly clock: Clock
  readonly pool: TaskPool
  /** The service 'segment-writer', started with the same folder. */
  readonly writer: ServiceThread
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
const FLUSH_ENTRIES = 8_192
/** Received but unflushed bytes, in flushes, from which on no more is taken. */
const BACKLOG_FLUSHES_MAX = 3
const RETRY_MS = 1_000
/** Quiet time after which the store tidies up as far as it can. */
const REST_MS = 15_000
const SEARCHES_RUNNING_MAX = 4
const SEARCHES_WAITING_MAX = 64
const LANES = 2

/** Opens the store with what is in its folder. */
export async function openParquetStore(options: ParquetStoreOptions): Promise<ParquetStore> {
  const store = new ParquetStore(options)
  await store.open()
  return store
}

export class ParquetStore implements LogStore {
  readonly #options: ParquetStoreOptions
  readonly #state = new ManifestState()
  readonly #writer: WriterClient
  readonly #pins: SegmentPins
  readonly #searches = new Turnstile({
    running: SEARCHES_RUNNING_MAX,
    waiting: SEARCHES_WAITING_MAX,
  })
  readonly #damage = new Map<string, Damage>()
  readonly #counters = { flushes: 0, flushesRefused: 0, compactions: 0, compactionsRefused: 0 }
  #recent: Recent
  #repaired = 0
  #lastRefusal = ''
  #flushing: Promise<void> | null = null
  #compacting: Promise<boolean> | null = null
  #flushTimer: Cancel = () => undefined
  #isFlushTimed = false
  #restTimer: Cancel = () => undefined
  #resume: (() => void) | null = null
  #closed = false

  constructor(options: ParquetStoreOptions) {
    this.#options = options
    this.#recent = this.#newRecent(0)
    this.#pins = new SegmentPins(segmentIds => this.#background(this.#writer.remove(segmentIds)))
    this.#writer = new WriterClient({
      thread: options.writer,
      onDurable: records => this.#apply(records),
      pause: () => this.#pause(),
    })
  }

  /** To be called once, before anything else. */
  async open(): Promise<void> {
    const { base, repaired, missing } = await this.#writer.state()
    this.#state.apply(base)
    this.#repaired = repaired
    this.#recent = this.#newRecent(this.#state.position)
    for (const id of missing) {
      for (const [group] of this.#state.segments.get(id)?.groups.entries() ?? []) {
        this.#noteDamage({ segmentId: id, group, reason: 'missing' })
      }
    }
    this.#rest()
  }

  receive(entries: readonly LogEntry[]): void | Promise<void> {
    const { clock, flushBytes } = this.#options
    const nowMs = clock.monotonicMs()
    for (const entry of entries) {
      this.#recent.add(entry, nowMs, !this.#state.dropped.has(entry.envelope.projectId))
    }
    this.#scheduleFlush()
    if (this.#recent.bytes < flushBytes * BACKLOG_FLUSHES_MAX || this.#closed) return
    return new Promise(resolve => {
      assert(this.#resume === null, 'entries come one delivery after the other')
      this.#resume = resolve
    })
  }

  published(): Position {
    return this.#state.position
  }

  /** Bytes of batches that no segment holds yet: what the disk must still have room for. */
  recentBytes(): number {
    return this.#recent.bytes
  }

  async search(input: SearchPlanInput, signal: AbortSignal): Promise<SearchResult> {
    return await this.#pinned(input.projectId, signal, async snapshot => {
      const { pool } = this.#options
      return await search(snapshot, input, {
        pool,
        lanes: LANES,
        signal,
        pathOf: id => this.#pathOf(id),
        onDamaged: damage => this.#noteDamage(damage),
      })
    })
  }

  async row(projectId: string, id: string, signal: AbortSignal): Promise<string | null> {
    if (parseRowId(id) === null) return null
    const input: SearchPlanInput = {
      ...ANY_TIME,
      projectId,
      query: { terms: [{ type: 'field', field: 'id', value: id }] },
      services: [],
      levels: [],
      limit: 1,
      offset: 0,
      cursor: null,
      order: 'desc',
      include: new Set(['logs']),
      intervalUs: 60_000_000,
      aggregate: null,
    }
    const { logs } = await this.search(input, signal)
    return logs[0] ?? null
  }

  async expire(projectId: string, receivedBeforeUs: number): Promise<number> {
    const fromUs = this.#state.receivedFromUs(projectId)
    if (receivedBeforeUs <= fromUs || this.#state.dropped.has(projectId)) return 0
    const snapshot = this.#pin(projectId)
    const recentRows = this.#recent.countReceived(projectId, fromUs, receivedBeforeUs)
    try {
      await this.#writer.record({ type: 'expire', projectId, receivedBeforeUs })
      const stored = await this.#countStored(snapshot, { fromUs, beforeUs: receivedBeforeUs })
      this.#compactSoon(false)
      return stored + recentRows
    } finally {
      snapshot.release()
    }
  }

  async drop(projectId: string): Promise<void> {
    await this.#writer.record({ type: 'drop', projectId })
    this.#compactSoon(false)
  }

  async flush(): Promise<void> {
    while (this.#recent.position > this.#state.position || this.#recent.isFlushing) {
      if (this.#flushing === null) this.#startFlush()
      const refused = this.#counters.flushesRefused
      await this.#flushing
      if (this.#counters.flushesRefused === refused) continue
      throw new StoreError('LOGBOY_STORE_DISK', `segments cannot be written: ${this.#lastRefusal}`)
    }
    while (await this.#compactOnce(true)) if (this.#closed) return
  }

  observe(): Record<string, unknown> {
    const segments = [...this.#state.segments.values()]
    const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
    return {
      segments: segments.length,
      segmentsLevel0: segments.filter(({ level }) => level === 0).length,
      rows: sum(segments.flatMap(({ groups }) => groups.map(({ rows }) => rows))),
      segmentBytes: sum(segments.map(({ bytes }) => bytes)),
      indexBytes: sum(segments.map(({ indexBytes }) => indexBytes)),
      projects: this.#projects(),
      recentRows: this.#recent.rows,
      recentBytes: this.#recent.bytes,
      position: this.#state.position,
      receivedPosition: this.#recent.position,
      ...this.#counters,
      lastRefusal: this.#lastRefusal,
      manifestRepaired: this.#repaired,
      damaged: [...this.#damage.values()].map(damage => ({
        file: segmentName(damage.segmentId),
        rowGroup: damage.group,
        reason: damage.reason,
      })),
      searches: this.#searches.observe(),
      pins: this.#pins.observe(),
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#flushTimer()
    this.#restTimer()
    this.#resume?.()
    await Promise.allSettled([this.#flushing, this.#compacting])
    this.#recent.release()
  }

  #newRecent(position: Position): Recent {
    const { flushBytes, flushIntervalMs } = this.#options
    return new Recent({ flushBytes, flushIntervalMs, flushEntries: FLUSH_ENTRIES }, position)
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
    run: (snapshot: Snapshot) => Promise<Result>,
  ): Promise<Result> {
    if (this.#closed) throw new StoreError('LOGBOY_STORE_CLOSED', 'the store is closed')
    const entered = await this.#searches.enter(async () => {
      const snapshot = this.#pin(projectId)
      try {
        return await run(snapshot)
      } finally {
        snapshot.release()
      }
    }, signal)
    if (entered === false) throw new StoreError('LOGBOY_SEARCH_BUSY', 'too many searches wait')
    return entered.result
  }

  /**
   * Follows the manifest. A flush and the batches that it took change places in one step: no search
   * ever sees both or neither.
   */
  #apply(records: readonly ManifestRecord[]): void {
    for (const record of records) {
      this.#state.apply(record)
      if (record.type !== 'publish') continue
      if (record.position !== null) this.#recent.flushed()
      this.#pins.doom(record.removed)
      for (const [key, { segmentId }] of this.#damage) {
        if (record.removed.includes(segmentId)) this.#damage.delete(key)
      }
    }
  }

  // ---- flush ----

  #scheduleFlush(): void {
    if (this.#closed || this.#flushing !== null || this.#recent.isFlushing) return
    const { clock, isMemoryShort } = this.#options
    const dueInMs = this.#recent.dueInMs(clock.monotonicMs())
    if (dueInMs === Number.POSITIVE_INFINITY) return
    if (dueInMs === 0 || isMemoryShort()) this.#startFlush()
    else if (!this.#isFlushTimed) this.#timeFlush(dueInMs)
  }

  #timeFlush(ms: number): void {
    this.#flushTimer()
    this.#isFlushTimed = true
    this.#flushTimer = this.#options.clock.after(ms, () => {
      this.#isFlushTimed = false
      if (this.#flushing === null && !this.#closed) this.#startFlush()
    })
  }

  #startFlush(): void {
    this.#flushTimer()
    this.#isFlushTimed = false
    this.#flushing = this.#flushOnce().finally(() => {
      this.#flushing = null
      this.#scheduleFlush()
    })
    this.#background(this.#flushing)
  }

  /** A disk that does not take it is no fault: everything stays in memory and in the log. */
  async #flushOnce(): Promise<void> {
    const { pool, flushBytes } = this.#options
    const batch = this.#recent.takeForFlush()
    const chunks = batch.chunks.filter(chunk => !this.#isGone(chunk.projectId, chunk.receivedMaxUs))
    const lanes = this.#recent.bytes > flushBytes * 1.5 ? LANES : 1
    try {
      await flushBatch({ ...batch, chunks }, { pool, writer: this.#writer, lanes })
    } catch (error) {
      if (this.#closed) return
      if (!(error instanceof WriteRefused) && !isThreadLost(error)) throw error
      this.#counters.flushesRefused++
      this.#lastRefusal = error.message
      this.#timeFlush(RETRY_MS)
      return
    }
    this.#counters.flushes++
    if (this.#recent.bytes < flushBytes * BACKLOG_FLUSHES_MAX) {
      this.#resume?.()
      this.#resume = null
    }
    this.#compactSoon(false)
    this.#rest()
  }

  #isGone(projectId: string, receivedMaxUs: number): boolean {
    const { dropped } = this.#state
    return dropped.has(projectId) || receivedMaxUs < this.#state.receivedFromUs(projectId)
  }

  /** Throws once the store is closed: nobody waits for a disk any more. */
  async #pause(): Promise<void> {
    await new Promise<void>(resolve => this.#options.clock.after(RETRY_MS, resolve))
    if (this.#closed) throw new StoreError('LOGBOY_STORE_CLOSED', 'the store is closed')
  }

  // ---- compaction ----

  #compactSoon(atRest: boolean): void {
    if (this.#compacting !== null || this.#closed) return
    this.#background(this.#compactAll(atRest))
  }

  async #compactAll(atRest: boolean): Promise<void> {
    while (!this.#closed && (await this.#compactOnce(atRest)));
  }

  /** When nothing was flushed for a while, there is time for what does not pay under load. */
  #rest(): void {
    this.#restTimer()
    if (this.#closed) return
    this.#restTimer = this.#options.clock.after(REST_MS, () => this.#compactSoon(true))
  }

  /** One at a time; false = there was nothing to do, or no room to do it. */
  async #compactOnce(atRest: boolean): Promise<boolean> {
    while (this.#compacting !== null) await this.#compacting
    this.#compacting = this.#runCompaction(atRest)
    try {
      return await this.#compacting
    } finally {
      this.#compacting = null
    }
  }

  async #runCompaction(atRest: boolean): Promise<boolean> {
    const { pool, diskReserveBytes } = this.#options
    const damage = [...this.#damage.values()]
    const idsOf = (each: readonly Damage[]): Set<number> =>
      new Set(each.map(({ segmentId }) => segmentId))
    const plan = planCompaction({
      segments: [...this.#state.segments.values()],
      damaged: idsOf(damage.filter(({ group }) => group !== null)),
      damagedIndexes: idsOf(damage.filter(({ group }) => group === null)),
      receivedFromUs: projectId =>
        this.#state.dropped.has(projectId)
          ? Number.POSITIVE_INFINITY
          : this.#state.receivedFromUs(projectId),
      atRest,
    })
    if (plan === null || this.#closed) return false
    if (plan.outputs.length > 0) {
      const freeBytes = await this.#writer.freeBytes()
      if (freeBytes - plan.bytes < diskReserveBytes + this.#recent.bytes) return false
    }
    const pathOf = (id: number): string => this.#pathOf(id)
    const outcome = await compact(plan, { pool, writer: this.#writer, pathOf })
    if (outcome.type === 'done') {
      this.#counters.compactions++
      return true
    }
    this.#counters.compactionsRefused++
    if (outcome.type === 'refused') return false
    for (const segmentId of outcome.segmentIds) {
      this.#noteDamage({ segmentId, group: -1, reason: 'compaction could not read it' })
    }
    return true
  }

  // ---- the rest ----

  async #countStored(
    { units }: Snapshot,
    { fromUs, beforeUs }: { readonly fromUs: number; readonly beforeUs: number },
  ): Promise<number> {
    let rows = 0
    const mixed: { path: string; group: number }[] = []
    for (const unit of units) {
      if (unit.type !== 'stored') continue
      if (unit.receivedMaxUs < fromUs || unit.receivedMinUs >= beforeUs) continue
      const isWhole = unit.receivedMinUs >= fromUs && unit.receivedMaxUs < beforeUs
      if (isWhole) rows += unit.rows
      else mixed.push({ path: this.#pathOf(unit.segmentId), group: unit.group })
    }
    if (mixed.length === 0) return rows
    const input: CountReceivedInput = { groups: mixed, fromUs, beforeUs }
    return rows + (await this.#options.pool.run<number>('store-count-received', input))
  }

  #noteDamage(damage: Damage): void {
    this.#damage.set(`${damage.segmentId} ${damage.group}`, damage)
  }

  #projects(): Record<string, { readonly rows: number; readonly bytes: number }> {
    const projects: Record<string, { rows: number; bytes: number }> = {}
    for (const { groups } of this.#state.segments.values()) {
      for (const { projectId, rows, bytes } of groups) {
        const known = projects[projectId] ?? { rows: 0, bytes: 0 }
        projects[projectId] = { rows: known.rows + rows, bytes: known.bytes + bytes }
      }
    }
    return projects
  }

  #background(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.#closed) this.#options.onFault(error as Error)
    })
  }
}

function isThreadLost(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'LOGBOY_THREAD_LOST'
}
