import { fromBinary } from '@bufbuild/protobuf'
import { EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import type { Clock } from '#runtime/clock.ts'
import type { TaskPool } from '#runtime/threads.ts'
import { type Arena, type ArenaBytes, partOf } from '../arena.ts'
import type { LogEntry } from '../commit-log.ts'
import type { Position } from '../positions.ts'
import { diskFailure, type JournalFile } from './journal-files.ts'
import { FILE_HEADER_BYTES, JOURNAL_PARTITION } from './journal-format.ts'
import { type JournalReadInput, type JournalReadResult, READ_COLUMNS } from './journal-read.ts'

/** One step of a reader: large enough to be cheap, small enough to keep nobody waiting. */
const STEP_BYTES = 1024 * 1024
const RETRY_MS = 50

export interface JournalReaderOptions {
  readonly folder: string
  readonly tasks: TaskPool
  readonly arena: Arena
  readonly clock: Clock
  /** The files as of now, in order. */
  files(): readonly JournalFile[]
}

export type ReadStep =
  /** `release` once they are done with; what was retained lives on. */
  | {
      readonly type: 'entries'
      readonly entries: readonly LogEntry[]
      readonly next: Position
      release(): void
    }
  | { readonly type: 'end' }
  /** The log no longer reaches back that far. */
  | { readonly type: 'gone' }

/** Brings stored entries back into arena memory, in bounded steps, through the worker threads. */
export class JournalReader {
  readonly #options: JournalReaderOptions
  #damagedBytes = 0
  #retries = 0

  constructor(options: JournalReaderOptions) {
    this.#options = options
  }

  /** Entries that end after `from` and not after `to`. */
  async step(from: Position, to: Position): Promise<ReadStep> {
    let bytes = STEP_BYTES
    for (let position = from; ; ) {
      const files = this.#options.files()
      if (position < (files[0]?.start ?? 0)) return { type: 'gone' }
      const file = files.find(({ start, end }) => position < end && start < to)
      if (file === undefined || position >= to) return { type: 'end' }
      position = Math.max(position, file.start + FILE_HEADER_BYTES)
      const end = Math.min(file.end, to)
      if (position >= end) return { type: 'end' }
      const memory = await this.#allocate(Math.min(bytes, end - position))
      const result = await this.#readInto(memory, { fileStart: file.start, position, end })
      if (result.type === 'gone') {
        memory.release()
        return result
      }
      this.#damagedBytes += result.damagedBytes
      const entries = entriesIn(memory, result.table)
      if (entries.length > 0) {
        return { type: 'entries', entries, next: result.next, release: () => memory.release() }
      }
      memory.release()
      bytes = Math.max(STEP_BYTES, result.needed)
      position = result.next
    }
  }

  observe(): { readonly damagedBytes: number; readonly retries: number } {
    return { damagedBytes: this.#damagedBytes, retries: this.#retries }
  }

  async #allocate(length: number): Promise<ArenaBytes> {
    for (;;) {
      const memory = this.#options.arena.allocate(length, 'reader')
      if (memory !== null) return memory
      await this.#options.arena.freed()
    }
  }

  async #readInto(
    memory: ArenaBytes,
    range: Pick<JournalReadInput, 'fileStart' | 'position' | 'end'>,
  ): Promise<JournalReadResult> {
    const { offset, length } = memory
    const place = { memory: memory.memory, offset, length }
    try {
      return await this.#read({ folder: this.#options.folder, ...range, ...place })
    } catch (error) {
      memory.release()
      throw error
    }
  }

  /** A busy or lost thread, or a disk that fails for a moment, costs time and nothing else. */
  async #read(input: JournalReadInput): Promise<JournalReadResult> {
    for (;;) {
      try {
        return await this.#options.tasks.run<JournalReadResult>('journal-read', input)
      } catch (error) {
        if (!isPassing(error)) throw error
        this.#retries++
        await new Promise<void>(resolve => void this.#options.clock.after(RETRY_MS, resolve))
      }
    }
  }
}

function isPassing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'LOGBOY_THREAD_BUSY' || code === 'LOGBOY_THREAD_LOST') return true
  return diskFailure(error) !== undefined
}

function entriesIn(memory: ArenaBytes, table: Float64Array): LogEntry[] {
  const entries: LogEntry[] = []
  for (let row = 0; row < table.length; row += READ_COLUMNS) {
    const column = (index: number): number => table[row + index] as number
    const [envelopeAt, batchAt] = [column(1), column(3)]
    // Copied: an envelope lives longer than the arena's memory.
    const envelope = Uint8Array.from(memory.view.subarray(envelopeAt, envelopeAt + column(2)))
    const batch = partOf(memory, batchAt, column(4))
    entries.push({
      partition: JOURNAL_PARTITION,
      position: column(0),
      envelope: fromBinary(EnvelopeSchema, envelope),
      batch,
    })
  }
  return entries
}
