/**
 * One subscription's way through the stored log: CommitLog.read pushes chunks of entries, the tail
 * takes them one by one as the socket has room, and the log waits meanwhile.
 */
import type { CommitLog, LogEntry, LogPlace, ReadOutcome } from '#actors/commit-log/commit-log.ts'
import type { Positions } from '#actors/commit-log/positions.ts'
import type { BatchKind } from '#proto/gen/logboy/v1/envelope_pb.ts'

/** A chunk of stored entries, each retained for whoever handles it. */
export interface StoredChunk {
  readonly entries: readonly LogEntry[]
  /** True = go on reading, false = nobody wants more. */
  readonly taken: (goOn: boolean) => void
}

/** Entries that were read and not looked at yet. */
export class Reading {
  /** The end of the log before it began: what 'end' as its outcome reaches at least. */
  readonly end: LogPlace
  #chunk: StoredChunk | undefined
  #next = 0
  /** By partition, the record to begin with in its first entry; 0 in all others. */
  readonly #fromRows: Map<number, number>
  #outcome: ReadOutcome | undefined

  constructor(fromRows: ReadonlyMap<number, number>, end: LogPlace) {
    this.end = end
    this.#fromRows = new Map(fromRows)
  }

  /** How it ended; undefined = there may be more. */
  get outcome(): ReadOutcome | undefined {
    return this.#outcome
  }

  /** The log answers only after every chunk was taken. */
  ended(outcome: ReadOutcome): void {
    this.#outcome = outcome
  }

  add(chunk: StoredChunk): void {
    this.#chunk = chunk
    this.#next = 0
    this.#letGoOn()
  }

  /** The next entry with the record to begin with; whoever takes it releases it. */
  take(): { readonly entry: LogEntry; readonly fromRow: number } | undefined {
    const entry = this.#chunk?.entries[this.#next]
    if (entry === undefined) return undefined
    const fromRow = this.#fromRows.get(entry.partition) ?? 0
    this.#fromRows.delete(entry.partition)
    this.#next++
    this.#letGoOn()
    return { entry, fromRow }
  }

  /** Releases what was not looked at and ends the reading. */
  cancel(): void {
    if (this.#chunk === undefined) return
    discard(this.#chunk, this.#next)
    this.#chunk = undefined
  }

  #letGoOn(): void {
    if (this.#chunk === undefined || this.#next < this.#chunk.entries.length) return
    const { taken } = this.#chunk
    this.#chunk = undefined
    taken(true)
  }
}

/** Releases the entries of a chunk from number `first` on and ends its reading. */
export function discard(chunk: StoredChunk, first = 0): void {
  for (const entry of chunk.entries.slice(first)) entry.batch.release()
  chunk.taken(false)
}

export interface ReadingSource {
  readonly log: CommitLog
  readonly projectId: string
  readonly kind: BatchKind
  readonly from: Positions
  /** Aborted when nobody is left to take a chunk. */
  readonly signal: AbortSignal
  /** Takes each chunk; a promise only when the mailbox is full. */
  receive(chunk: StoredChunk): void | Promise<void>
}

/** Reads batches of the kind to the present end of the log; 'void' = it was ended from our side. */
export async function readStored(source: ReadingSource): Promise<ReadOutcome | 'void'> {
  const { log, projectId, kind, from } = source
  try {
    return await log.read(projectId, from, async entries => {
      const wanted = entries.filter(({ envelope }) => envelope.kind === kind)
      if (wanted.length > 0 && !(await offerChunk(source, wanted))) throw new ReadingOver()
    })
  } catch (error) {
    if (error instanceof ReadingOver) return 'void'
    throw error
  }
}

/** Settles when the chunk was taken: true = go on. */
async function offerChunk(source: ReadingSource, entries: readonly LogEntry[]): Promise<boolean> {
  const { signal } = source
  if (signal.aborted) return false
  for (const entry of entries) entry.batch.retain()
  let taken: (goOn: boolean) => void = () => undefined
  const answer = new Promise<boolean>(resolve => {
    taken = resolve
  })
  const onAbort = (): void => taken(false)
  signal.addEventListener('abort', onAbort)
  try {
    await source.receive({ entries, taken })
    return await answer
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Stops CommitLog.read from inside; never seen outside this file. */
class ReadingOver extends Error {
  readonly code = 'LOGBOY_TAIL_READING_OVER'
}
