/**
 * What is committed but in no segment yet: batches in memory, per project gathered into chunks of
 * the size of a row group. A chunk is searched as a unit and becomes one row group at the flush.
 */
import assert from 'node:assert/strict'
import type { BatchBytes, LogEntry } from '#actors/commit-log/commit-log.ts'
import type { Positions } from '#actors/commit-log/positions.ts'
import type { Envelope } from '#proto/gen/logboy/v1/envelope_pb.ts'
import type { UnitRange } from './plan.ts'
import { streamOf } from './streams.ts'
import type { Cells } from './tally.ts'

/** Rows of a row group at most: what encodeRowGroup is made for. */
export const CHUNK_ROWS_MAX = 32_768
/** Many tiny batches cost a task more than their rows do: then a chunk is smaller. */
const CHUNK_ENTRIES_MAX = 1_024

/** A batch as a task gets it. */
export interface RecentPart {
  readonly envelope: Envelope
  readonly memory: SharedArrayBuffer
  readonly offset: number
  readonly length: number
}

/** Batches of one project's logs, or of its metrics (streams.ts), in log order. Grows until it is full or taken by a flush. */
export class RecentChunk implements UnitRange {
  readonly projectId: string
  readonly batches: BatchBytes[] = []
  readonly parts: RecentPart[] = []
  rows = 0
  bytes = 0
  timeMinUs = Number.POSITIVE_INFINITY
  timeMaxUs = Number.NEGATIVE_INFINITY
  receivedMinUs = Number.POSITIVE_INFINITY
  receivedMaxUs = Number.NEGATIVE_INFINITY
  /** Counts of the first parts, one each: as many as searches have asked for. */
  readonly counted: Cells[] = []
  /** Settles when somebody has counted more. */
  counting: Promise<void> | null = null

  constructor(projectId: string) {
    this.projectId = projectId
  }

  hasRoomFor(rows: number): boolean {
    return this.rows + rows <= CHUNK_ROWS_MAX && this.parts.length < CHUNK_ENTRIES_MAX
  }

  add({ envelope, batch }: LogEntry, rows: number): void {
    batch.retain()
    this.batches.push(batch)
    const { memory, offset, length } = batch
    this.parts.push({ envelope, memory, offset, length })
    this.rows += rows
    this.bytes += length
    const receivedUs = Number(envelope.receivedAtUs)
    // Records without a time, or with one too far ahead, have the receive time.
    const timesUs = [receivedUs, Number(envelope.timeMinUs), Number(envelope.timeMaxUs)]
    const known = timesUs.filter(us => us > 0)
    this.timeMinUs = Math.min(this.timeMinUs, ...known)
    this.timeMaxUs = Math.max(this.timeMaxUs, ...known)
    this.receivedMinUs = Math.min(this.receivedMinUs, receivedUs)
    this.receivedMaxUs = Math.max(this.receivedMaxUs, receivedUs)
  }

  release(): void {
    for (const batch of this.batches.splice(0)) batch.release()
  }
}

/** All that a flush takes: everything received before it began. */
export interface FlushBatch {
  readonly chunks: readonly RecentChunk[]
  /** Every entry up to here was taken. */
  readonly positions: Positions
  readonly bytes: number
}

export interface FlushPolicy {
  readonly flushBytes: number
  readonly flushIntervalMs: number
  /** Batches that make a flush due however small they are. */
  readonly flushEntries: number
}

export class Recent {
  readonly #policy: FlushPolicy
  #open = new Map<string, RecentChunk>()
  #gathered: RecentChunk[] = []
  #flushing: FlushBatch | null = null
  #bytes = 0
  #entries = 0
  #oldestMs = Number.POSITIVE_INFINITY
  #positions: Positions
  #flushed: Positions

  constructor(policy: FlushPolicy, positions: Positions) {
    this.#policy = policy
    this.#positions = positions
    this.#flushed = positions
  }

  /** Every entry up to here was received. */
  get positions(): Positions {
    return this.#positions
  }

  /** Everything up to here is in segments. */
  get flushedPositions(): Positions {
    return this.#flushed
  }

  /** Bytes of all batches held, those being flushed included. */
  get bytes(): number {
    return this.#bytes + (this.#flushing?.bytes ?? 0)
  }

  get rows(): number {
    return this.#all().reduce((sum, chunk) => sum + chunk.rows, 0)
  }

  get isFlushing(): boolean {
    return this.#flushing !== null
  }

  /** Takes an entry and keeps its batch, unless there is nothing in it for the store. */
  add(entry: LogEntry, nowMs: number, wanted: boolean): void {
    if (this.#positions.covers(entry)) return
    this.#positions = this.#positions.with(entry)
    const { envelope } = entry
    const rows = envelope.recordCount - envelope.rejected.length
    this.#oldestMs = Math.min(this.#oldestMs, nowMs)
    if (!wanted || rows === 0) return
    this.#chunkFor(streamOf(envelope), rows).add(entry, rows)
    this.#bytes += entry.batch.length
    this.#entries++
  }

  /** Milliseconds until a flush is due; 0 = now, Infinity = nothing to flush. */
  dueInMs(nowMs: number): number {
    const { flushBytes, flushEntries, flushIntervalMs } = this.#policy
    if (this.#bytes >= flushBytes || this.#entries >= flushEntries) return 0
    return Math.max(0, this.#oldestMs + flushIntervalMs - nowMs)
  }

  /**
   * Takes everything for a flush, or again what the last one could not write; searches go on seeing
   * it until `flushed`.
   */
  takeForFlush(): FlushBatch {
    if (this.#flushing !== null) return this.#flushing
    this.#flushing = { chunks: this.#gathered, positions: this.#positions, bytes: this.#bytes }
    this.#open = new Map()
    this.#gathered = []
    this.#bytes = 0
    this.#entries = 0
    this.#oldestMs = Number.POSITIVE_INFINITY
    return this.#flushing
  }

  /** The batches taken are in segments now: forgets them. Searches that pinned them keep them. */
  flushed(): void {
    assert(this.#flushing !== null, 'a flush was under way')
    for (const chunk of this.#flushing.chunks) chunk.release()
    this.#flushed = this.#flushing.positions
    this.#flushing = null
  }

  /** Chunks with rows of a project, oldest first. */
  chunksOf(projectId: string): RecentChunk[] {
    return this.#all().filter(chunk => chunk.projectId === projectId)
  }

  /** When the oldest row of a project was received; Infinity = it has none. */
  oldestReceivedUs(projectId: string): number {
    return Math.min(...this.chunksOf(projectId).map(({ receivedMinUs }) => receivedMinUs))
  }

  /** Rows of a project per receive time: what an expiry hides. */
  countReceived(projectId: string, fromUs: number, beforeUs: number): number {
    let rows = 0
    for (const chunk of this.chunksOf(projectId)) {
      for (const { envelope } of chunk.parts) {
        const receivedUs = Number(envelope.receivedAtUs)
        if (receivedUs < fromUs || receivedUs >= beforeUs) continue
        rows += envelope.recordCount - envelope.rejected.length
      }
    }
    return rows
  }

  release(): void {
    for (const chunk of this.#all()) chunk.release()
    this.#flushing = null
    this.#gathered = []
    this.#open = new Map()
    this.#bytes = 0
    this.#entries = 0
  }

  #all(): readonly RecentChunk[] {
    return [...(this.#flushing?.chunks ?? []), ...this.#gathered]
  }

  #chunkFor(projectId: string, rows: number): RecentChunk {
    const open = this.#open.get(projectId)
    if (open?.hasRoomFor(rows)) return open
    const chunk = new RecentChunk(projectId)
    this.#open.set(projectId, chunk)
    this.#gathered.push(chunk)
    return chunk
  }
}
