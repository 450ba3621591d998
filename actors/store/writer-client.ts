/** The segment writer's thread as the store's main thread speaks to it. */

import type { ServiceThread } from '#runtime/threads.ts'
import type { ManifestPositions, ManifestRecord } from './manifest.ts'
import type { EncodedRowGroup } from './parquet/row-group.ts'
import type { SegmentSchema } from './parquet/schema.ts'
import type { WriterMessage, WriterOutcome } from './segment-writer.ts'
import { StoreError } from './store-error.ts'

/** The disk did not take it; nothing of it counts. */
export class WriteRefused extends Error {
  /** As the disk gave it (ENOSPC, EIO …), or LOGBOY_SEGMENT_CORRUPT. */
  readonly code: string

  constructor({ code, message }: { readonly code: string; readonly message: string }) {
    super(message)
    this.name = 'WriteRefused'
    this.code = code
  }
}

export interface Publication {
  readonly jobs: readonly number[]
  readonly positions: ManifestPositions | null
  readonly removed: readonly number[]
}

export interface WriterClientOptions {
  readonly thread: ServiceThread
  /** Called for records in the order in which they became durable. */
  readonly onDurable: (records: readonly ManifestRecord[]) => void
  /** Waits before a record in doubt is tried again. */
  readonly pause: () => Promise<void>
}

export class WriterClient {
  readonly #options: WriterClientOptions
  #jobs = 0

  constructor(options: WriterClientOptions) {
    this.#options = options
  }

  freeBytes(): Promise<number> {
    return this.#options.thread.call<number>({ type: 'free-bytes' } satisfies WriterMessage)
  }

  /** Opens a segment file; answers its job number. */
  async begin(place: {
    readonly level: 0 | 1
    readonly day: number
    readonly schema: SegmentSchema
  }): Promise<number> {
    const job = ++this.#jobs
    await this.#demand({ type: 'begin', job, ...place })
    return job
  }

  async add(job: number, projectId: string, encoded: EncodedRowGroup): Promise<void> {
    const { bytes, index, summary, ...layout } = encoded
    const { rowCount: rows, timeMinUs, timeMaxUs, receivedMinUs, receivedMaxUs } = summary
    const facts = { projectId, rows, timeMinUs, timeMaxUs, receivedMinUs, receivedMaxUs }
    await this.#demand({ type: 'add', job, facts, layout, bytes, index }, buffersOf(bytes, index))
  }

  async copy(job: number, segmentId: number, group: number): Promise<void> {
    await this.#demand({ type: 'copy', job, segmentId, group })
  }

  /**
   * Lets the files count. Returns once that is durable, however long a record stays in doubt;
   * throws WriteRefused where it will never be.
   */
  async publish(publication: Publication): Promise<void> {
    await this.#settled(await this.#call({ type: 'publish', ...publication }))
  }

  async abort(jobs: readonly number[]): Promise<void> {
    await this.#call({ type: 'abort', jobs })
  }

  /**
   * Makes a deletion durable; throws StoreError if it is in doubt, and goes on trying meanwhile.
   */
  async record(record: ManifestRecord): Promise<void> {
    const outcome = await this.#call({ type: 'record', record })
    if (outcome.type === 'done') return
    throw new StoreError('LOGBOY_STORE_DISK', `the manifest cannot be written: ${outcome.message}`)
  }

  /** The same, however long it stays in doubt. */
  async recordSurely(record: ManifestRecord): Promise<void> {
    await this.#settled(await this.#call({ type: 'record', record }))
  }

  /**
   * Removes the files of segments that nobody reads any more; what fails goes at the next start.
   */
  async remove(segmentIds: readonly number[]): Promise<void> {
    await this.#call({ type: 'remove', segmentIds })
  }

  async #settled(first: WriterOutcome): Promise<void> {
    let outcome = first
    while (outcome.type === 'in-doubt') {
      await this.#options.pause()
      outcome = await this.#call({ type: 'settle' })
    }
    if (outcome.type === 'refused') throw new WriteRefused(outcome)
  }

  async #demand(message: WriterMessage, transfer: readonly ArrayBuffer[] = []): Promise<void> {
    const outcome = await this.#call(message, transfer)
    if (outcome.type !== 'done') throw new WriteRefused(outcome)
  }

  async #call(
    message: WriterMessage,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<WriterOutcome> {
    const outcome = await this.#options.thread.call<WriterOutcome>(message, transfer)
    if (outcome.type === 'done' && outcome.records.length > 0) {
      this.#options.onDurable(outcome.records)
    }
    return outcome
  }
}

function buffersOf(...views: readonly Uint8Array[]): ArrayBuffer[] {
  const buffers = new Set(views.map(({ buffer }) => buffer))
  return [...buffers].filter(buffer => buffer instanceof ArrayBuffer)
}
