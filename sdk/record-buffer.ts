/**
 * Holds records until they make a batch worth sending: when it is large enough, or when its oldest
 * record has waited long enough and the batch can leave at once. While the server is busy or away
 * the batches grow instead, up to a bound of memory.
 */
import type { BatchBuilder } from '../proto/batch-builder.ts'
import type { SealedBatch } from './batch-queue.ts'
import type { Cancel, Clock } from './clock.ts'

export interface BatchSink {
  readonly hasRoom: boolean
  readonly bytes: number
  push(batch: SealedBatch): void
}

export interface RecordBufferOptions {
  readonly builder: BatchBuilder
  readonly sink: BatchSink
  readonly clock: Clock
  /** How long a record waits for others. */
  readonly flushIntervalMs: number
  /** How long it waits where a batch cannot leave at once; null = until the batch is large. */
  readonly sealAfterMs: number | null
  /** Records at which a batch is sealed: larger ones stop the application for longer. */
  readonly batchRecordsMax: number
  /** Sealed and unsealed bytes together. */
  readonly memoryBytesMax: number
}

export class RecordBuffer {
  private readonly options: RecordBufferOptions
  private cancelFlush: Cancel | null = null
  /** The oldest record has waited long enough. */
  private isDue = false

  constructor(options: RecordBufferOptions) {
    this.options = options
  }

  /** Whether one more record may be added. */
  get hasRoom(): boolean {
    const { builder, sink, memoryBytesMax } = this.options
    return sink.bytes + builder.bytesEstimate < memoryBytesMax
  }

  get bytes(): number {
    return this.options.sink.bytes + this.options.builder.bytesEstimate
  }

  /** A record was added to the builder. */
  added(): void {
    const { builder, batchRecordsMax, clock, flushIntervalMs } = this.options
    if (builder.count >= batchRecordsMax || builder.isFull) this.seal()
    else this.cancelFlush ??= clock.after(flushIntervalMs, () => this.aged())
  }

  /** The sink can take a batch at once. */
  roomCame(): void {
    if (this.isDue) this.seal()
  }

  /** Hands over everything that is there. */
  seal(): void {
    const { builder, sink } = this.options
    this.cancelFlush?.()
    this.cancelFlush = null
    this.isDue = false
    while (builder.count > 0) {
      const before = builder.count
      const bytes = builder.seal()
      sink.push({ bytes, records: before - builder.count })
    }
  }

  private aged(): void {
    this.cancelFlush = null
    const { sink, clock, sealAfterMs } = this.options
    if (sink.hasRoom || (this.isDue && sealAfterMs !== null)) return this.seal()
    this.isDue = true
    if (sealAfterMs !== null) this.cancelFlush = clock.after(sealAfterMs, () => this.aged())
  }
}
