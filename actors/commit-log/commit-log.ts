/**
 * The contract of the durable log that stands between the doors and everything that reads:
 * journal/ (embedded) and, later, kafka/ implement it and pass the same suite.
 */
import type { Envelope } from '#proto/gen/logboy/v1/envelope_pb.ts'

/**
 * Where an entry ends in the log, so that reading from it goes on with the next one. Compare and
 * store it; the number means nothing outside this folder (journal: byte offset; Kafka: one per
 * partition).
 */
export type Position = number

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

/** A committed, admitted batch, as every consumer reads it. */
export interface LogEntry {
  readonly position: Position
  readonly envelope: Envelope
  readonly batch: BatchBytes
}

export type AppendOutcome =
  /** On disk. `repeat`: it was already there (or on its way there); acknowledged all the same. */
  | { readonly type: 'durable'; readonly repeat: boolean }
  /** The producer went on in a newer epoch elsewhere. */
  | { readonly type: 'stale-epoch' }
  /** The same Idempotency-Key with another body. */
  | { readonly type: 'conflict' }
  /** Nothing was kept; the sender's memory is the buffer. */
  | {
      readonly type: 'unavailable'
      readonly reason: UnavailableReason
      readonly retryAfterMs: number
    }

/** 'overloaded': a queue, or the table of producers or Idempotency-Keys of the project, is full. */
export type UnavailableReason = 'disk-full' | 'disk-failed' | 'overloaded' | 'log-away' | 'stopping'

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
  /** Everything after this position is delivered, stored entries first, then live ones. */
  readonly from: Position
  /** Entries in log order. A returned promise holds the next delivery back. */
  receive(entries: readonly LogEntry[]): void | Promise<void>
}

export interface Consumption {
  /** This consumer will never need entries up to `position` again. */
  passed(position: Position): void
  stop(): void
}

export interface CommitLog {
  /** Settles once durable, or with the reason why not. Order per producer is the order of calls. */
  append(offer: Offer): Promise<AppendOutcome>
  /** undefined = unknown here (never seen, or forgotten after seven idle days). */
  producer(projectId: string, producer: bigint): ProducerState | undefined
  /**
   * The stored part of a keyed request (its producer is the hash of project and key), so that a
   * repeat gets the same answer. undefined = never seen, or more than 24 hours ago.
   */
  answered(projectId: string, producer: bigint): KeyedAnswer | undefined
  consume(consumer: Consumer): Consumption
  /**
   * Reads stored entries of one project after `from` up to the present end, for a resumed tail or a
   * replay; 'gone' when the log no longer reaches back that far.
   */
  read(
    projectId: string,
    from: Position,
    receive: (entries: readonly LogEntry[]) => void | Promise<void>,
  ): Promise<'end' | 'gone'>
  /** Oldest position that can be read from, with its receive time. */
  start(): { readonly position: Position; readonly receivedAtUs: number }
  /** Position after the last durable entry. */
  end(): Position
  observe(): Record<string, unknown>
  close(): Promise<void>
}
