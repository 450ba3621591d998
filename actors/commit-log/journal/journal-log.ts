import assert from 'node:assert/strict'
import type { Cancel, Clock } from '#runtime/clock.ts'
import type { ServiceThread, TaskPool } from '#runtime/threads.ts'
import { Admission } from '../admission.ts'
import type { Arena } from '../arena.ts'
import type {
  AppendOutcome,
  CommitLog,
  Consumer,
  Consumption,
  Follower,
  Following,
  KeyedAnswer,
  LogEnd,
  LogEntry,
  LogPlace,
  Offer,
  ProducerState,
  ReadOutcome,
} from '../commit-log.ts'
import { type Position, Positions } from '../positions.ts'
import { JournalAppender } from './journal-appender.ts'
import { JournalConsumer } from './journal-consumer.ts'
import { JournalFollowing } from './journal-following.ts'
import { JOURNAL_PARTITION } from './journal-format.ts'
import { JournalReader } from './journal-reader.ts'
import type { NewerJournal, RecoveredJournal, RecoveryOutcome } from './journal-recovery.ts'
import type { JournalWriterMessage, ProbeReply, TrimReply } from './journal-writer.ts'

/** Large enough that its snapshot and its folder sync cost nothing, small enough to trim by. */
export const JOURNAL_FILE_BYTES = 64 * 1024 * 1024

const TIDY_INTERVAL_MS = 5_000
const PROBE_INTERVAL_MS = 500

export interface JournalLogOptions {
  /** The service 'journal-writer', which nobody else uses. Closed by the log. */
  readonly writer: ServiceThread
  /** Runs 'journal-read'. */
  readonly tasks: TaskPool
  /** Where entries are read back to; shrunk by the log's timer. */
  readonly arena: Arena
  readonly clock: Clock
  /** The same that the writer has. */
  readonly folder: string
  /** Entries are kept so long for tails and replays, though no consumer needs them … */
  readonly keepMs: number
  /** … but not more than this. */
  readonly keepBytes: number
  readonly fileBytes?: number
  /** The furthest that any consumer has come: positions before it are never given again. */
  readonly endAtLeast: Position
  /** Bytes of acknowledged batches that are not in a segment yet. */
  unflushedBytes(): number
  /** The journal's thread is lost; only a restart of the process helps. */
  onFailure(error: Error): void
}

/** Throws LOGBOY_JOURNAL_NEWER, before anybody has written anything. */
export async function refuseNewerJournal(writer: ServiceThread): Promise<void> {
  const newer = await writer.call<NewerJournal | undefined>({ type: 'find-newer' })
  if (newer !== undefined) throw newerError(newer)
}

/**
 * Recovers the journal in the folder and opens it. One of a newer version is left as it is: throws
 * LOGBOY_JOURNAL_NEWER.
 */
export async function openJournalLog(options: JournalLogOptions): Promise<JournalLog> {
  const message: JournalWriterMessage = { type: 'recover', endAtLeast: options.endAtLeast }
  const outcome = await options.writer.call<RecoveryOutcome>(message)
  if (outcome.type === 'newer') throw newerError(outcome)
  return new JournalLog(options, outcome)
}

function newerError({ path, version }: NewerJournal): Error {
  const what = `${path} was written by a newer Logboy (journal version ${version})`
  const error = new Error(`${what}; nothing was changed`)
  return Object.assign(error, { code: 'LOGBOY_JOURNAL_NEWER', path, version })
}

/** The embedded commit log: journal files on a thread of their own, everything else here. */
export class JournalLog implements CommitLog {
  readonly isAway = false
  readonly #options: JournalLogOptions
  readonly #admission: Admission
  readonly #appender: JournalAppender
  readonly #reader: JournalReader
  readonly #consumers = new Map<string, JournalConsumer>()
  readonly #recovered: RecoveredJournal
  #followers = 0
  #cancelTidy: Cancel
  #cancelProbe: Cancel = () => undefined
  #probing = false
  #closed = false

  constructor(options: JournalLogOptions, recovered: RecoveredJournal) {
    this.#options = options
    this.#recovered = recovered
    this.#admission = new Admission(recovered.admission)
    const { writer, clock, folder, arena, tasks } = options
    this.#appender = new JournalAppender({
      writer,
      clock,
      admission: this.#admission,
      fileBytes: options.fileBytes ?? JOURNAL_FILE_BYTES,
      files: recovered.files,
      end: recovered.end,
      lastEntryEnd: Math.max(recovered.lastEntryEnd, options.endAtLeast),
      lastReceivedAtUs: recovered.lastReceivedAtUs,
      unflushedBytes: () => options.unflushedBytes(),
      neededFrom: () => this.#neededFrom(),
      onCommitted: entries => this.#offer(entries),
      onFailure: error => options.onFailure(error),
    })
    this.#reader = new JournalReader({
      folder,
      tasks,
      arena,
      clock,
      files: () => this.#appender.files,
    })
    this.#cancelTidy = clock.after(TIDY_INTERVAL_MS, this.#tidy)
  }

  /** What the start found: torn bytes, quarantined parts. */
  get recovered(): RecoveredJournal {
    return this.#recovered
  }

  append(offer: Offer): Promise<AppendOutcome> {
    const outcome = this.#appender.append(offer)
    return outcome.then(settled => {
      if (settled.type === 'unavailable') this.#startProbing()
      return settled
    })
  }

  producer(projectId: string, producer: bigint): ProducerState | undefined {
    return this.#admission.producer(projectId, producer, this.#options.clock.nowUs())
  }

  async answered(projectId: string, producer: bigint): Promise<KeyedAnswer | undefined> {
    return this.#admission.answered(projectId, producer, this.#options.clock.nowUs())
  }

  consume(consumer: Consumer): Consumption {
    assert(!this.#consumers.has(consumer.name), 'a consumer registers once')
    const from = consumer.from.at(JOURNAL_PARTITION)
    assert(from <= this.#appender.end, 'a consumer starts inside the log')
    assert(!this.#closed)
    const registered = new JournalConsumer({
      consumer,
      reader: this.#reader,
      start: () => this.#start().position,
      end: () => this.#appender.lastEntryEnd,
      onStopped: () => {
        this.#consumers.delete(consumer.name)
      },
    })
    this.#consumers.set(consumer.name, registered)
    return registered
  }

  follow(follower: Follower): Following {
    const name = `follower-${++this.#followers}`
    return new JournalFollowing(follower, this.end(), consumer =>
      this.consume({ ...consumer, name }),
    )
  }

  async read(
    projectId: string,
    from: Positions,
    receive: (entries: readonly LogEntry[]) => void | Promise<void>,
  ): Promise<ReadOutcome> {
    let position = from.at(JOURNAL_PARTITION)
    if (position < this.#start().position) return 'gone'
    if (position > this.#appender.lastEntryEnd) return 'foreign'
    for (;;) {
      const step = await this.#reader.step(position, this.#appender.lastEntryEnd)
      if (step.type !== 'entries') return step.type
      try {
        const own = step.entries.filter(({ envelope }) => envelope.projectId === projectId)
        if (own.length > 0) await receive(own)
      } finally {
        step.release()
      }
      position = step.next
    }
  }

  start(): LogPlace {
    const { position, receivedAtUs } = this.#start()
    return { positions: Positions.at(position), receivedAtUs }
  }

  end(): Positions {
    return Positions.at(this.#appender.lastEntryEnd)
  }

  ends(): LogEnd {
    return { identity: '', positions: this.end(), atUs: this.#options.clock.nowUs() }
  }

  partitionsOf(): Promise<readonly number[]> {
    return Promise.resolve([JOURNAL_PARTITION])
  }

  #start(): { readonly position: Position; readonly receivedAtUs: number } {
    const first = this.#appender.files[0]
    if (first !== undefined) {
      return { position: first.start, receivedAtUs: first.firstReceivedAtUs }
    }
    return { position: this.#appender.end, receivedAtUs: this.#options.clock.nowUs() }
  }

  /** Why new batches are refused now; null = they are taken. */
  refusal(): string | null {
    return this.#appender.refusal
  }

  observe(): Record<string, unknown> {
    const { files } = this.#appender
    const { tornBytes, quarantined, admissionWhole } = this.#recovered
    const consumers = [...this.#consumers].map(([name, consumer]) => [name, consumer.observe()])
    return {
      ...this.#appender.observe(),
      files: files.length,
      fileBytes: files.reduce((sum, { start, end }) => sum + end - start, 0),
      start: this.#start().position,
      end: this.#appender.lastEntryEnd,
      consumers: Object.fromEntries(consumers),
      reader: this.#reader.observe(),
      recovery: { tornBytes, quarantined: quarantined.length, admissionWhole },
    }
  }

  /** Refuses new batches, settles the waiting ones, and lets the writer's thread end. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#cancelTidy()
    this.#cancelProbe()
    await this.#appender.drain()
    for (const consumer of this.#consumers.values()) consumer.stop()
    await this.#options.writer.close()
  }

  #offer(entries: readonly LogEntry[]): void {
    for (const consumer of this.#consumers.values()) consumer.offer(entries)
  }

  #neededFrom(): Position {
    const positions = [...this.#consumers.values()].map(({ passedPosition }) => passedPosition)
    return positions.length === 0 ? 0 : Math.min(...positions)
  }

  readonly #tidy = (): void => {
    const { keepMs, keepBytes, clock, writer, arena } = this.#options
    arena.shrink()
    const again = (): void => {
      if (!this.#closed) this.#cancelTidy = clock.after(TIDY_INTERVAL_MS, this.#tidy)
    }
    if (this.#appender.files.length < 2 || this.#consumers.size === 0) return again()
    const message: JournalWriterMessage = {
      type: 'trim',
      neededFrom: this.#neededFrom(),
      keepAfterUs: clock.nowUs() - keepMs * 1_000,
      keepBytes,
    }
    const adopt = ({ files }: TrimReply): void => this.#adoptFiles(files)
    writer.call<TrimReply>(message).then(adopt).catch(this.#onTrouble).finally(again)
  }

  /** While appends fail: is there room again? So that readiness shows it before anyone tries. */
  #startProbing(): void {
    if (this.#probing || this.#closed || !this.#appender.waitsForDisk) return
    this.#probing = true
    this.#cancelProbe = this.#options.clock.after(PROBE_INTERVAL_MS, this.#probe)
  }

  readonly #probe = (): void => {
    const message: JournalWriterMessage = {
      type: 'probe',
      unflushedBytes: this.#options.unflushedBytes(),
      neededFrom: this.#neededFrom(),
    }
    const learn = ({ room, files }: ProbeReply): void => {
      this.#adoptFiles(files)
      if (room) this.#appender.resume()
    }
    const again = (): void => {
      this.#probing = false
      this.#startProbing()
    }
    this.#options.writer.call<ProbeReply>(message).then(learn).catch(this.#onTrouble).finally(again)
  }

  /** Files trimmed by the writer; what was appended since it answered is known here better. */
  #adoptFiles(files: readonly { readonly start: Position }[]): void {
    const first = files[0]
    if (first === undefined) return
    this.#appender.files = this.#appender.files.filter(({ start }) => start >= first.start)
  }

  readonly #onTrouble = (error: unknown): void => {
    if (!this.#closed) this.#options.onFailure(error as Error)
  }
}
