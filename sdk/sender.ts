/**
 * Brings sealed batches to the server, each exactly once and in order, whatever happens on the way:
 * the protocol of proto/logboy/v1/ingest.proto seen from the sender. Pure but for its clock, its
 * randomness and its transports.
 *
 *   resting ──push──▶ connecting ──welcome──▶ open ◀──▶ throttled
 *      ▲                  ▲ └───────── closed ──┴────────────┘
 *      └── all settled    └── back-off
 *
 * A batch keeps its number until it is settled, so that the server can tell a repeat. Only when the
 * server no longer knows this producer are numbers given anew, in a new epoch.
 */
import { EPOCH_MAX, PRODUCER_FRESH_MS, SCHEMA_HIGHEST } from '../proto/limits.ts'
import type { ServerMessage } from '../proto/stream.ts'
import { Backoff } from './backoff.ts'
import { BatchQueue, type QueuedBatch, type SealedBatch } from './batch-queue.ts'
import type { Cancel, Clock } from './clock.ts'
import type { Random } from './random.ts'
import type { Connection, ConnectionEnd, Transport } from './transport.ts'

export interface SenderOptions {
  readonly key: string
  /** In order of preference; at least one. */
  readonly transports: readonly Transport[]
  readonly clock: Clock
  readonly random: Random
  /** Trouble that a person should know of; the sender goes on by itself. */
  readonly onTrouble: (message: string) => void
  /** A batch may be sent at once where that was not so before. */
  readonly onRoom: () => void
}

export interface SenderCounts {
  /** Records acknowledged as durable. */
  acknowledged: number
  /** Records that the server refused, alone or with their batch. */
  rejected: number
  /** Records sent again under another number, because the server had forgotten the first. */
  possiblyRepeated: number
  connections: number
  throttles: number
}

/** On their way at once: enough to fill the line, less than the server reads without answering. */
const WINDOW_BATCHES = 12
const WINDOW_BYTES = 4 * 1024 * 1024
/**
 * A server that says nothing for so long is taken for gone: while connecting, and while it owes.
 */
const WELCOME_MS_MAX = 5_000
const ANSWER_MS_MAX = 20_000
/** A bad key gets better only when a person acts. */
const REFUSED_MS_MIN = 5_000
const THROTTLE_MS_MIN = 20
/**
 * After so long on the fallback the better transport is tried again; in vain: after twice as long.
 */
const FALLBACK_MS_MIN = 30_000
const FALLBACK_MS_MAX = 3_600_000
const US_PER_MS = 1_000

export class Sender {
  readonly counts: SenderCounts = {
    acknowledged: 0,
    rejected: 0,
    possiblyRepeated: 0,
    connections: 0,
    throttles: 0,
  }
  private readonly options: SenderOptions
  private readonly queue = new BatchQueue()
  private readonly backoff: Backoff
  private producer: bigint
  private epoch = 1
  private connection: Connection | null = null
  private transportIndex = 0
  /** Welcomed, and not yet lost. */
  private isOpen = false
  /** The server answered on this connection. */
  private isProven = false
  private isClosed = false
  /** Epochs opened since the last acknowledgement. */
  private newEpochs = 0
  /** Batches after this one wait for the next epoch; null = none do. */
  private epochEndsAfter: number | null = null
  private cancelWait: Cancel | null = null
  private cancelWatch: Cancel | null = null
  private cancelFallback: Cancel | null = null
  private fallbackMs = FALLBACK_MS_MIN
  private heardMs = 0
  private acknowledgedUs: number | null = null
  private readonly waiting = new Set<{ readonly target: number; readonly done: () => void }>()

  constructor(options: SenderOptions) {
    this.options = options
    this.backoff = new Backoff(options.random)
    this.producer = options.random.producer()
  }

  /** Bytes of the batches that are not settled yet. */
  get bytes(): number {
    return this.queue.bytes
  }

  /** Batches not settled yet. */
  get pending(): number {
    return this.queue.length
  }

  /** The transport that works; null = none does at present. */
  get transport(): Transport['name'] | null {
    return this.isOpen ? this.currentTransport.name : null
  }

  /** Whether a batch pushed now would be sent at once, so that waiting for more gains nothing. */
  get hasRoom(): boolean {
    if (this.connection === null) return this.cancelWait === null
    return this.isOpen && this.cancelWait === null && this.isWindowOpen()
  }

  /** Takes a batch, which from now on is never dropped. */
  push(batch: SealedBatch): void {
    this.queue.push(batch)
    if (this.connection === null && this.cancelWait === null) this.connect()
    else this.sendMore()
  }

  /** Calls `done` once everything pushed so far is settled; the answer stops the waiting. */
  whenSettled(done: () => void): Cancel {
    const waiter = { target: this.queue.pushed, done }
    if (this.queue.left >= waiter.target) done()
    else this.waiting.add(waiter)
    return () => this.waiting.delete(waiter)
  }

  /** Tries at once, where it would wait for its next attempt: someone is about to leave. */
  hurry(): void {
    if (this.connection !== null || this.cancelWait === null || this.queue.length === 0) return
    this.wait(null)
    this.connect()
  }

  close(): void {
    this.isClosed = true
    this.wait(null)
    this.cancelFallback?.()
    this.disconnect()
  }

  private get currentTransport(): Transport {
    return this.options.transports[this.transportIndex] as Transport
  }

  private connect(): void {
    if (this.isClosed || this.queue.length === 0) return
    if (this.isStale()) this.openEpoch({ isExpired: true })
    const { clock, key } = this.options
    const firstUnacked = this.queue.firstUnsettled
    const { producer, epoch } = this
    const hello = {
      type: 'hello',
      key,
      producer,
      epoch,
      firstUnacked,
      schema: SCHEMA_HIGHEST,
    } as const
    this.heardMs = clock.monotonicMs()
    this.isProven = false
    this.counts.connections++
    const connection = this.currentTransport.connect(hello, {
      received: message => {
        if (this.connection === connection) this.received(message)
      },
      closed: end => {
        if (this.connection === connection) this.lost(end)
      },
    })
    this.connection = connection
    this.watch()
  }

  private received(message: ServerMessage): void {
    this.heardMs = this.options.clock.monotonicMs()
    if (message.type !== 'welcome' || this.currentTransport.isGreeted) this.proven()
    switch (message.type) {
      case 'welcome':
        this.isOpen = true
        // What the server has already is settled, though its acknowledgement was lost.
        if (message.lastDurable !== null) this.settleThrough(message.lastDurable)
        break
      case 'ack':
        this.settle(message.sequence, message.rejectedCount)
        if (message.rejectedCount > 0) {
          const reason = message.rejected[0]?.reason ?? 'no reason given'
          this.trouble(`the server refused ${message.rejectedCount} records: ${reason}`)
        }
        break
      case 'reject':
        this.reject(message.sequence, message.reason)
        break
      case 'throttle':
        this.throttle(message.fromSequence, message.retryAfterMs, message.reason)
        break
      case 'new_epoch':
        this.epochEndsAfter = message.after
        this.queue.rewind(message.after + 1)
        break
    }
    this.proceed()
  }

  /** The server can be reached this way. */
  private proven(): void {
    if (this.isProven) return
    this.isProven = true
    this.cancelFallback?.()
    this.cancelFallback = null
    if (this.transportIndex === 0) this.fallbackMs = FALLBACK_MS_MIN
    else {
      this.cancelFallback = this.options.clock.after(this.fallbackMs, () => this.leaveFallback())
      this.fallbackMs = Math.min(FALLBACK_MS_MAX, 2 * this.fallbackMs)
    }
  }

  private leaveFallback(): void {
    this.cancelFallback = null
    this.transportIndex = 0
    if (this.connection === null) return
    this.disconnect()
    this.connect()
  }

  /** The server knows the number now, and with it the producer; answers the batch's records. */
  private settle(sequence: number, rejectedCount: number): number {
    const batch = this.queue.settle(sequence)
    if (batch === null) return 0
    this.backoff.reset()
    this.newEpochs = 0
    this.acknowledgedUs = this.options.clock.nowUs()
    const rejected = Math.min(batch.records, rejectedCount)
    this.counts.acknowledged += batch.records - rejected
    this.counts.rejected += rejected
    return batch.records
  }

  private settleThrough(sequence: number): void {
    for (let next = this.queue.firstUnsettled; next <= sequence; next++) {
      if (this.queue.length === 0) return
      this.settle(next, 0)
    }
  }

  private reject(sequence: number, reason: string): void {
    const records = this.settle(sequence, Number.POSITIVE_INFINITY)
    if (records > 0) this.trouble(`the server refused a batch of ${records} records: ${reason}`)
  }

  /** Go-back-N: everything from there on is sent again, after a while. */
  private throttle(sequence: number, retryAfterMs: number, reason: string): void {
    if (!this.queue.rewind(sequence)) return
    this.counts.throttles++
    this.trouble(`the server asks to wait: ${reason}`)
    const jitter = 1 + this.options.random.unit() / 4
    this.wait(Math.max(retryAfterMs, THROTTLE_MS_MIN) * jitter, () => this.proceed())
  }

  /** After every change: a new epoch that is due, batches that may go, people who wait. */
  private proceed(): void {
    const after = this.epochEndsAfter
    if (after !== null && this.queue.firstUnsettled > after) {
      this.disconnect()
      this.openEpoch({ isExpired: false })
      this.connect()
    }
    this.sendMore()
    for (const waiter of this.waiting) {
      if (this.queue.left < waiter.target) continue
      this.waiting.delete(waiter)
      waiter.done()
    }
    if (this.hasRoom) this.options.onRoom()
  }

  private sendMore(): void {
    if (!this.isOpen || this.cancelWait !== null) return
    if (this.queue.sent === 0 && this.isStale()) {
      this.disconnect()
      this.connect()
      return
    }
    const before = this.queue.sent
    while (this.connection !== null && this.isWindowOpen()) {
      const batch = this.queue.peek()
      if (batch === undefined || this.isBeyondEpoch(batch)) break
      this.queue.markSent()
      const { sequence, bytes } = batch
      this.connection.send({ type: 'batch', sequence, schema: SCHEMA_HIGHEST, batch: bytes })
    }
    if (before > 0 || this.queue.sent === 0) return
    this.heardMs = this.options.clock.monotonicMs()
    this.watch()
  }

  private isWindowOpen(): boolean {
    return this.queue.sent < WINDOW_BATCHES && this.queue.sentBytes < WINDOW_BYTES
  }

  private isBeyondEpoch({ sequence }: QueuedBatch): boolean {
    return this.epochEndsAfter !== null && sequence > this.epochEndsAfter
  }

  /** The server forgets a producer that was silent for long: a day before that we begin anew. */
  private isStale(): boolean {
    if (this.acknowledgedUs === null) return false
    return this.options.clock.nowUs() - this.acknowledgedUs > PRODUCER_FRESH_MS * US_PER_MS
  }

  /** Gives new numbers to what is not settled. After an expiry some of it may be there already. */
  private openEpoch({ isExpired }: { isExpired: boolean }): void {
    this.epochEndsAfter = null
    this.acknowledgedUs = null
    this.newEpochs++
    // A second one without an acknowledgement: someone else may use our number.
    if (this.epoch >= EPOCH_MAX || this.newEpochs > 1) {
      this.producer = this.options.random.producer()
      this.epoch = 1
    } else this.epoch++
    const sentRecords = this.queue.renumber()
    if (isExpired) this.counts.possiblyRepeated += sentRecords
  }

  private lost(end: ConnectionEnd): void {
    const wasProven = this.isProven
    this.disconnect()
    const delayMs = this.delayAfter(end, wasProven)
    this.wait(delayMs, () => this.connect())
  }

  private delayAfter(end: ConnectionEnd, wasProven: boolean): number {
    if (end.type === 'epoch-expired') {
      const isFirst = this.newEpochs === 0
      this.openEpoch({ isExpired: true })
      return isFirst ? 0 : this.backoff.nextMs()
    }
    this.trouble(
      end.type === 'refused'
        ? `the server refuses the key: ${end.reason}`
        : `no connection: ${end.reason}`,
    )
    if (end.type === 'refused') return Math.max(REFUSED_MS_MIN, this.backoff.nextMs())
    if (!wasProven) {
      this.transportIndex = (this.transportIndex + 1) % this.options.transports.length
    }
    return Math.max(end.retryAfterMs, this.backoff.nextMs())
  }

  private disconnect(): void {
    const { connection } = this
    this.connection = null
    this.isOpen = false
    this.queue.rewindAll()
    this.wait(null)
    this.cancelWatch?.()
    this.cancelWatch = null
    connection?.close()
  }

  /** Does nothing for `ms`, then `run`; null = does not wait any more. */
  private wait(ms: number | null, run: () => void = () => {}): void {
    this.cancelWait?.()
    this.cancelWait = null
    if (ms === null || this.isClosed) return
    this.cancelWait = this.options.clock.after(ms, () => {
      this.cancelWait = null
      run()
    })
  }

  /** Sees to it that a server which owes an answer does not owe it for ever. */
  private watch(): void {
    if (this.cancelWatch !== null) return
    const isOwed = this.connection !== null && (!this.isOpen || this.queue.sent > 0)
    if (!isOwed) return
    const limitMs = this.isOpen ? ANSWER_MS_MAX : WELCOME_MS_MAX
    const leftMs = this.heardMs + limitMs - this.options.clock.monotonicMs()
    if (leftMs <= 0) {
      this.lost({ type: 'unavailable', reason: `no answer for ${limitMs} ms`, retryAfterMs: 0 })
      return
    }
    this.cancelWatch = this.options.clock.after(leftMs, () => {
      this.cancelWatch = null
      this.watch()
    })
  }

  private trouble(message: string): void {
    this.options.onTrouble(message)
  }
}
