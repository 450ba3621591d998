/**
 * The contract of the durable log that stands between the doors and everything that reads:
 * journal/ (embedded) and, later, kafka/ implement it and pass the same suite.
 */
import type { Envelope } from '#proto/gen/logboy/v1/envelope_pb.ts'
import type { EntryPlace, Position, Positions } from './positions.ts'

/**
 * Bytes of one batch in memory shared by all threads. Counted: whoever keeps it beyond the call it
 * came with retains it, and releases it once. Freed memory is reused, so a view dies with the last
 * release.
 */
export interface BatchBytes {
  readonly memory: SharedArrayBuffer
  readonly offset: number
  readonly length: number
  retain(): void
  release(): void
}

/**
 * In place of a batch, where only its number is to be taken: a batch that was rejected as a whole,
 * or a keyed request of which every record was refused. Its envelope counts no records.
 */
export const NO_BATCH: BatchBytes = {
  memory: new SharedArrayBuffer(0),
  offset: 0,
  length: 0,
  retain() {},
  release() {},
}

/**
 * A proven batch with its envelope, as a gateway hands it over. `received_at` is stamped by
 * `append`.
 */
export interface Offer {
  readonly envelope: Envelope
  readonly batch: BatchBytes
  /**
   * This number will not come again if it fails (HTTP without a key). Otherwise the sender repeats
   * it, and until then later batches of the producer are refused: were they stored first, the
   * repeat would pass for stored as well.
   */
  readonly neverResent?: boolean
}

/** A committed, admitted batch, as every consumer reads it; of no records where it was refused. */
export interface LogEntry extends EntryPlace {
  readonly envelope: Envelope
  readonly batch: BatchBytes
}

export type AppendOutcome =
  /**
   * On disk. `repeat`: this process knows that it was already there (or on its way there), and did
   * not write it again; acknowledged all the same.
   */
  | { readonly type: 'durable'; readonly repeat: boolean }
  /** The producer went on in a newer epoch elsewhere. */
  | { readonly type: 'stale-epoch' }
  /** The same Idempotency-Key with another body. */
  | { readonly type: 'conflict' }
  /** Not taken; the sender's memory is the buffer. */
  | {
      readonly type: 'unavailable'
      readonly reason: UnavailableReason
      readonly retryAfterMs: number
      /** It failed so late that a restart may find it stored after all; false = it is not there. */
      readonly mayBeStored: boolean
    }

export type UnavailableReason =
  | 'disk-full'
  | 'disk-failed'
  /** A queue, or the table of producers of the project, is full. */
  | 'overloaded'
  /** So many Idempotency-Keys of the project are remembered. */
  | 'too-many-keys'
  | 'log-away'
  | 'stopping'

/** What admission knows of a producer. */
export interface ProducerState {
  readonly epoch: number
  readonly lastSequence: number
}

/** What is durable of a request with an Idempotency-Key: its first chunks and their answer. */
export interface KeyedAnswer {
  readonly bodySha256: Uint8Array
  /** Chunks 1 to this one are on disk, of so many. */
  readonly lastChunk: number
  readonly of: number
  readonly accepted: number
  readonly rejected: readonly { readonly index: number; readonly reason: string }[]
}

export interface Consumer {
  /** Stable over restarts; the log keeps what a registered consumer has not passed. */
  readonly name: string
  /** Everything after these positions is delivered, stored entries first, then live ones. */
  readonly from: Positions
  /** Entries in the order of their partition. A returned promise holds the next delivery back. */
  receive(entries: readonly LogEntry[]): void | Promise<void>
  /** false = no entry of the project need be delivered; asked again and again. */
  wants?(projectId: string): boolean
  /**
   * The partition is this process's from now on, and is delivered after `from`: what was delivered
   * of it before and not passed is void, and may come again. Never called by a journal.
   */
  assigned?(partition: number, from: Position): void
  /** The partition is another process's: nothing more of it may be written. */
  revoked?(partition: number): void
  /**
   * Sets of partitions of which one process is to have all or none; asked whenever partitions are
   * shared out. Sets that have one in common are one.
   */
  together?(): readonly (readonly number[])[]
  /** Where a consumer begins that is new; a journal's always says where by `from`. */
  readonly begins?: 'start' | 'end'
}

export interface Consumption {
  /** This consumer will never need entries up to `positions` again. */
  passed(positions: Positions): void
  /** Up to here nothing is still to be delivered, in the partitions that this process has. */
  delivered(): Positions
  /** All that was not passed is delivered once more; of what is being delivered the rest is not. */
  rewind(): void
  /** What `together` answers is another thing now. */
  shareAgain(): void
  stop(): void | Promise<void>
}

/** What was committed since the last delivery. */
export interface LiveDelivery {
  /** Entries of watched projects, in the order of their partition. */
  readonly entries: readonly LogEntry[]
  /** Nothing of a watched project up to here is still to come. */
  readonly covered: LogPlace
}

export interface LogPlace {
  readonly positions: Positions
  /** No entry behind `positions` was received before this (µs). */
  readonly receivedAtUs: number
}

export interface LogEnd {
  /** One that was made anew under its name has another; '' = nobody tells. */
  readonly identity: string
  readonly positions: Positions
  /** By the clock of this process (µs). */
  readonly atUs: number
}

/** Whoever wants new entries of some projects, as a live tail does. */
export interface Follower {
  /** A returned promise holds the next delivery back. */
  receive(delivery: LiveDelivery): void | Promise<void>
}

export interface Following {
  /** What `read` does not give of the project, if it is called after this, is delivered live. */
  watch(projectId: string): void
  unwatch(projectId: string): void
  stop(): void
}

export interface CommitLog {
  /** Settles once durable, or with the reason why not. Order per producer is the order of calls. */
  append(offer: Offer): Promise<AppendOutcome>
  /**
   * undefined = unknown (never seen, or forgotten after seven idle days); 'not-kept' = this process
   * does not decide what is new, its consumers do.
   */
  producer(projectId: string, producer: bigint): ProducerState | 'not-kept' | undefined
  /**
   * The stored part of a keyed request (its producer is the hash of project and key), so that a
   * repeat gets the same answer. undefined = never seen, or more than 24 hours ago.
   */
  answered(projectId: string, producer: bigint): Promise<KeyedAnswer | undefined>
  consume(consumer: Consumer): Consumption
  follow(follower: Follower): Following
  /**
   * Reads stored entries of one project after `from` up to the present end, for a resumed tail or a
   * replay. 'gone': the log no longer reaches back that far; 'foreign': it never reached that far.
   */
  read(
    projectId: string,
    from: Positions,
    receive: (entries: readonly LogEntry[]) => void | Promise<void>,
  ): Promise<ReadOutcome>
  /** The oldest place of a project that can be read from. */
  start(projectId: string): LogPlace
  /** After the last durable entry; where the log lies elsewhere it may be half a second old. */
  end(projectId: string): Positions
  /** The same of all partitions, and as of when: what was durable before lies before them. */
  ends(): LogEnd
  /** Where batches of the project go at present. Throws while that cannot be known. */
  partitionsOf(projectId: string): Promise<readonly number[]>
  /** Why new batches are refused now; null = they are taken. */
  refusal(): string | null
  /** What others commit cannot be read at present. Never so where the log lies in this process. */
  readonly isAway: boolean
  observe(): Record<string, unknown>
  close(): Promise<void>
}

export type ReadOutcome = 'end' | 'gone' | 'foreign'
