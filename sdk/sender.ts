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
import { SCHEMA_HIGHEST } from '../proto/limits.ts'
import type { ServerMessage } from '../proto/stream.ts'
import { Backoff } from './backoff.ts'
import { BatchQueue, type QueuedBatch, type SealedBatch } from './batch-queue.ts'
import type { BatchSpool, OldBatches } from './batch-spool.ts'
import type { Cancel, Clock } from './clock.ts'
import { ProducerEpoch } from './producer-epoch.ts'
import type { Random } from './random.ts'
import { newSenderCounts } from './sender-counts.ts'
import type { Connection, ConnectionEnd, Transport } from './transport.ts'
import { TransportChoice } from './transport-choice.ts'

export interface SenderOptions {
  readonly key: string
  /** In order of preference; at least one. */
  readonly transports: readonly Transport[]
  readonly clock: Clock
  readonly random: Random
  readonly spool?: BatchSpool
  /** Beyond so many bytes in memory, batches are left to the spool alone. */
  readonly residentBytesMax?: number
  /** What an earlier process left in the spool: this sender goes on with it, and takes no other. */
  readonly old?: OldBatches
  /** Trouble that a person should know of; the sender goes on by itself. */
  readonly onTrouble: (message: string) => void
  /** A batch may be sent at once where that was not so before. */
  readonly onRoom: () => void
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

export class Sender {
  readonly counts = newSenderCounts()
  private readonly options: SenderOptions
  private readonly queue = new BatchQueue()
  private readonly backoff: Backoff
  private readonly choice: TransportChoice
  private readonly epoch: ProducerEpoch
  private connection: Connection | null = null
  /** Welcomed, and not yet lost. */
  private isOpen = false
  private isClosed = false
  /** Batches after this one wait for the next epoch; null = none do. */
  private epochEndsAfter: number | null = null
  private cancelWait: Cancel | null = null
  private cancelWatch: Cancel | null = null
  private heardMs = 0
  /** The highest number that the present connection may get next. */
  private nextOnLine = 1
  /** New numbers that the spool has not kept yet; the batch that it is asked for. */
  private renumberings = 0
  private loading: QueuedBatch | null = null
  private readonly waiting = new Set<{ readonly target: number; readonly done: () => void }>()

  constructor(options: SenderOptions) {
    this.options = options
    this.backoff = new Backoff(options.random)
    this.epoch = new ProducerEpoch(options.random)
    const { transports, clock, old, spool } = options
    this.choice = new TransportChoice({ transports, clock, onBetter: () => this.changeTransport() })
    if (old === undefined) spool?.renumbered(this.epoch, [], () => {})
    else {
      this.epoch.adopt(old, old.knownUs)
      this.queue.restore(old.batches)
    }
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
    return this.isOpen ? this.choice.current.name : null
  }

  /** Whether a batch pushed now would be sent at once, so that waiting for more gains nothing. */
  get hasRoom(): boolean {
    if (this.connection === null) return this.cancelWait === null
    const isBusy = this.cancelWait !== null || this.renumberings > 0 || this.loading !== null
    return this.isOpen && !isBusy && this.isWindowOpen()
  }

  /** Takes a batch, which from now on is never dropped. */
  push(batch: SealedBatch): void {
    const { spool } = this.options
    const queued = this.queue.push(batch)
    spool?.append(queued, () => this.written(queued))
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

  /** Tries at once, where it would wait for its next attempt or has not begun. */
  hurry(): void {
    if (this.connection !== null) return
    this.wait(null)
    this.connect()
  }

  close(): void {
    this.isClosed = true
    this.wait(null)
    this.choice.close()
    this.disconnect()
  }

  private connect(): void {
    if (this.isClosed || this.queue.length === 0) return
    const { clock, key } = this.options
    if (this.epoch.isStale(clock.nowUs())) this.openEpoch({ isExpired: true })
    const firstUnacked = this.queue.firstUnsettled
    const { producer, epoch } = this.epoch
    this.nextOnLine = firstUnacked
    const hello = {
      type: 'hello',
      key,
      producer,
      epoch,
      firstUnacked,
      schema: SCHEMA_HIGHEST,
    } as const
    this.heardMs = clock.monotonicMs()
    this.choice.connecting()
    this.counts.connections++
    const connection = this.choice.current.connect(hello, {
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
    if (message.type !== 'welcome' || this.choice.current.isGreeted) this.choice.proven()
    switch (message.type) {
      case 'welcome':
        this.isOpen = true
        // What the server has already is settled, though its acknowledgement was lost.
        if (message.lastDurable !== null) this.settleThrough(message.lastDurable)
        this.nextOnLine = Math.max(this.nextOnLine, (message.lastDurable ?? 0) + 1)
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

  private changeTransport(): void {
    if (this.connection === null) return
    this.disconnect()
    this.connect()
  }

  /** The server knows the number now, and with it the producer; answers the batch's records. */
  private settle(sequence: number, rejectedCount: number): number {
    const batch = this.queue.settle(sequence)
    if (batch === null) return 0
    this.backoff.reset()
    this.epoch.acknowledged(this.options.clock.nowUs())
    const rejected = Math.min(batch.records, rejectedCount)
    this.counts.acknowledged += batch.records - rejected
    this.counts.rejected += rejected
    return batch.records
  }

  private settleThrough(sequence: number): void {
    while (this.queue.length > 0 && this.queue.firstUnsettled <= sequence) {
      this.settle(this.queue.firstUnsettled, 0)
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
    this.options.spool?.settled(this.queue.firstOrdinal, this.epoch.knownUs)
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
    if (!this.isOpen || this.cancelWait !== null || this.renumberings > 0) return
    const next = this.queue.peek()
    const isBroken = next !== undefined && next.sequence > this.nextOnLine
    if (this.queue.sent === 0 && (isBroken || this.epoch.isStale(this.options.clock.nowUs()))) {
      this.disconnect()
      this.connect()
      return
    }
    const before = this.queue.sent
    while (this.connection !== null && this.isWindowOpen()) {
      const batch = this.queue.peek()
      if (batch === undefined || this.isBeyondEpoch(batch)) break
      // A number is missing: only a new connection may begin behind it, once this one owes nothing.
      if (batch.sequence > this.nextOnLine) break
      if (batch.bytes === null) {
        this.load(batch)
        break
      }
      this.queue.markSent()
      const { sequence, bytes } = batch
      this.nextOnLine = sequence + 1
      this.connection.send({ type: 'batch', sequence, schema: SCHEMA_HIGHEST, batch: bytes })
    }
    if (before > 0 || this.queue.sent === 0) return
    this.heardMs = this.options.clock.monotonicMs()
    this.watch()
  }

  /** Fetches a batch from the spool. */
  private load(batch: QueuedBatch): void {
    if (this.loading !== null) return
    this.loading = batch
    this.options.spool?.read(batch, bytes => {
      this.loading = null
      if (this.isClosed) return
      if (bytes !== null) this.queue.loaded(batch, bytes)
      else if (!batch.isSettled) {
        this.counts.lost += batch.records
        this.queue.drop(batch)
        this.trouble(`${batch.records} records are damaged in the spool and lost`)
      }
      this.proceed()
    })
  }

  /** The spool has it: memory need not, unless it leaves soon. */
  private written(batch: QueuedBatch): void {
    const { residentBytesMax = Number.POSITIVE_INFINITY } = this.options
    if (this.queue.bytes > residentBytesMax) this.queue.release(batch)
  }

  private isWindowOpen(): boolean {
    return this.queue.sent < WINDOW_BATCHES && this.queue.sentBytes < WINDOW_BYTES
  }

  private isBeyondEpoch({ sequence }: QueuedBatch): boolean {
    return this.epochEndsAfter !== null && sequence > this.epochEndsAfter
  }

  /** Gives new numbers to what is not settled. After an expiry some of it may be there already. */
  private openEpoch({ isExpired }: { isExpired: boolean }): void {
    this.epochEndsAfter = null
    this.epoch.open({ isExpired })
    const sentRecords = this.queue.renumber()
    if (isExpired) this.counts.possiblyRepeated += sentRecords
    const { spool } = this.options
    if (spool === undefined) return
    this.renumberings++
    spool.renumbered(this.epoch, this.queue.all, () => {
      this.renumberings--
      this.sendMore()
    })
  }

  private lost(end: ConnectionEnd): void {
    this.disconnect()
    this.wait(this.delayAfter(end), () => this.connect())
  }

  private delayAfter(end: ConnectionEnd): number {
    if (end.type === 'epoch-expired') {
      const isFirst = this.epoch.isSettled
      this.openEpoch({ isExpired: true })
      return isFirst ? 0 : this.backoff.nextMs()
    }
    this.trouble(
      end.type === 'refused'
        ? `the server refuses the key: ${end.reason}`
        : `no connection: ${end.reason}`,
    )
    if (end.type === 'refused') return Math.max(REFUSED_MS_MIN, this.backoff.nextMs())
    this.choice.lost()
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
