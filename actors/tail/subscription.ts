/**
 * One socket of the live tail, without its clock and its log: which batches it still waits for, in
 * which order their matches leave, and from where it would go on.
 *
 *   reading:  stored batches ──→ lane ─┐
 *             live batches ──→ ahead   ├─→ outbox ──→ socket
 *   live:     live batches ──→ lane ───┘
 *
 * While stored batches are read, live ones wait in `ahead`; when the reading has reached the end of
 * the log, those of them that it has not seen follow in the lane, and nothing is missed or
 * repeated.
 */
import assert from 'node:assert/strict'
import type { LogPlace } from '#actors/commit-log/commit-log.ts'
import type { Positions } from '#actors/commit-log/positions.ts'
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { BatchMatches } from '#actors/processing/process-batch.ts'
import { BatchKind } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { TAIL_SOCKET_BYTES_MAX } from '#proto/limits.ts'
import type { Trouble } from '#proto/trouble.ts'
import { frameText, OUTBOX_BYTES_MAX, Outbox } from './outbox.ts'
import type { SharedFrames } from './shared-frames.ts'
import type { Subscriber } from './subscriber.ts'
import {
  behindEntry,
  behindPlace,
  insideEntry,
  type TailEntry,
  type TailPlace,
} from './tail-place.ts'
import { encodeTailToken } from './tail-token.ts'

/** A batch that is being looked at for one subscription. */
export interface Ticket extends TailEntry {
  /** null = not known yet. */
  matches: BatchMatches | null
}

export interface SubscriptionOptions {
  readonly id: string
  readonly projectId: string
  /** Logs unless given. */
  readonly kind?: BatchKind
  readonly filter: RowFilter
  readonly subscriber: Subscriber
  readonly frames: SharedFrames
}

/** 'paused' looks at nothing: when resumed it reads on from where it stopped. */
export type TailMode = 'live' | 'reading' | 'paused'

/** The socket gets no more while this much waits in it: what is late shall still be droppable. */
export const SEND_WINDOW_BYTES = TAIL_SOCKET_BYTES_MAX / 4
/**
 * Live batches that may wait behind a reading; beyond it the reading has to go on to them itself.
 */
export const AHEAD_MAX = 64
/** Stored batches looked at in advance. */
const READING_LANE_MAX = 2
/** Longer than this an old row does not hold up newer ones. */
const PATIENCE_MS = 10_000
/** A patient subscription keeps its outbox half empty, so that nothing in it need be dropped. */
const PATIENT_BYTES_MAX = OUTBOX_BYTES_MAX / 2

export class Subscription {
  readonly id: string
  readonly projectId: string
  readonly kind: BatchKind
  readonly subscriber: Subscriber
  #filter: RowFilter
  #filterKey: string
  readonly #frames: SharedFrames
  #mode: TailMode = 'paused'
  #outbox: Outbox
  #lane: Ticket[] = []
  #ahead: Ticket[] = []
  #aheadOverflowed = false
  /** Covered once the lane is empty: the end of the log that a reading has reached. */
  #reached: LogPlace | null = null
  /** Batches up to here are in the lane, or past it. */
  #expected: Positions
  /** Pieces of the lane's first ticket that are in the outbox. */
  #piecesTaken = 0
  #isPatient = false
  #patientSinceMs = 0
  #failuresInARow = 0
  #generation = 0
  #droppedBefore = 0
  #sentAtMs = 0
  #toldToken = ''
  /** The token of that place: the same one is told and compared several times. */
  #tokenOf: { readonly place: TailPlace; readonly token: string } | null = null

  constructor(options: SubscriptionOptions, place: TailPlace) {
    this.id = options.id
    this.projectId = options.projectId
    this.kind = options.kind ?? BatchKind.LOGS
    this.#filter = options.filter
    this.#filterKey = JSON.stringify(options.filter)
    this.subscriber = options.subscriber
    this.#frames = options.frames
    this.#outbox = new Outbox(place, options.frames)
    this.#expected = place.positions
  }

  get mode(): TailMode {
    return this.#mode
  }

  get filter(): RowFilter {
    return this.#filter
  }

  /** The same for equal filters. */
  get filterKey(): string {
    return this.#filterKey
  }

  /** Rises with every restart: what was begun for an older one is void. */
  get generation(): number {
    return this.#generation
  }

  /** Where looking goes on: everything before is on its way. */
  get next(): TailPlace {
    const { covered } = this.#outbox
    return behindPlace(covered, { ...covered, positions: this.#expected })
  }

  /** No batch is being looked at. */
  get isSettled(): boolean {
    return this.#lane.length === 0
  }

  get hasFrames(): boolean {
    return !this.#outbox.isEmpty
  }

  /** Everything stored that was read is on its way to the socket: more may come. */
  get hasRoom(): boolean {
    return this.#lane.length < READING_LANE_MAX
  }

  /**
   * Starts over from what the socket has received; all that waits is void. A reading one is
   * patient: its rows leave no faster than the socket takes them.
   */
  restart(mode: TailMode, nowMs: number, filter: RowFilter = this.#filter): void {
    this.#generation++
    this.#filter = filter
    this.#filterKey = JSON.stringify(filter)
    this.#mode = mode
    this.#isPatient = mode === 'reading'
    this.#patientSinceMs = nowMs
    this.#droppedBefore += this.#outbox.droppedTotal
    this.#outbox = new Outbox(this.#outbox.place, this.#frames)
    this.#expected = this.#outbox.place.positions
    this.#lane = []
    this.#ahead = []
    this.#aheadOverflowed = false
    this.#reached = null
    this.#piecesTaken = 0
  }

  /** Counts failures of looking; answers how many there were without a success between. */
  failed(): number {
    return ++this.#failuresInARow
  }

  /** The next stored batch. */
  expectStored(ticket: Ticket): void {
    assert.equal(this.#mode, 'reading')
    this.#expect(ticket)
  }

  /** The next batch that was just committed; false = it need not be looked at now. */
  expectLive(ticket: Ticket): boolean {
    if (this.#mode === 'live') return this.#expect(ticket)
    if (this.#mode === 'paused') return false
    this.#aheadOverflowed ||= this.#ahead.length >= AHEAD_MAX
    if (!this.#aheadOverflowed) this.#ahead.push(ticket)
    return !this.#aheadOverflowed
  }

  /** One that was just committed is not looked at; false = it has to be read from here on. */
  missLive(): boolean {
    if (this.#mode === 'reading') this.#aheadOverflowed = true
    return this.#mode !== 'live'
  }

  #expect(ticket: Ticket): boolean {
    if (this.#expected.covers(ticket)) return false
    this.#expected = this.#expected.with(ticket)
    this.#lane.push(ticket)
    if (this.#lane.length > AHEAD_MAX) this.#isPatient = false
    return true
  }

  /** A round of reading begins: what was committed before it will be read. */
  roundBegins(): void {
    this.#ahead = []
    this.#aheadOverflowed = false
  }

  /** A round has reached this end of the log; false = live batches were lost meanwhile, read on. */
  goLive(end: LogPlace): boolean {
    assert.equal(this.#mode, 'reading')
    if (this.#aheadOverflowed) return false
    this.#mode = 'live'
    this.#reached = end
    for (const ticket of this.#ahead.splice(0)) this.#expect(ticket)
    return true
  }

  /** The log cannot be read from where this would go on, but from `place`. */
  skipTo(place: TailPlace): void {
    assert.equal(this.#lane.length, 0, 'a gap is told after everything before it')
    this.#outbox.gap(this.#outbox.covered.receivedAtUs, place.receivedAtUs, place)
    this.#expected = place.positions
  }

  /** Everything up to `place` was offered. */
  cover(place: LogPlace): void {
    if (this.#mode !== 'live' || this.#lane.length > 0) return
    if (this.#expected.coversAll(place.positions)) return
    const { covered } = this.#outbox
    const receivedAtUs = Math.max(covered.receivedAtUs, place.receivedAtUs)
    this.#outbox.cover(behindPlace(covered, { positions: place.positions, receivedAtUs }))
    this.#expected = this.#expected.union(place.positions)
  }

  /** Hands on to the outbox what is known, in order. */
  settle(nowMs: number): void {
    if (nowMs - this.#patientSinceMs > PATIENCE_MS) this.#isPatient = false
    for (let first = this.#lane[0]; first?.matches; first = this.#lane[0]) {
      if (!this.#settleTicket(first, first.matches)) return
      this.#lane.shift()
      this.#failuresInARow = 0
      this.#piecesTaken = 0
    }
    if (this.#mode !== 'live' || this.#lane.length > 0) return
    this.#isPatient = false
    if (this.#reached !== null) this.cover(this.#reached)
    this.#reached = null
  }

  #settleTicket(ticket: Ticket, matches: BatchMatches): boolean {
    const { receivedAtUs } = ticket
    const before = this.#outbox.covered
    if (matches.leftOut > 0) {
      const place = insideEntry(before, ticket, matches.leftOutEnd)
      this.#outbox.dropped(matches.leftOut, receivedAtUs, place)
      ticket.matches = { ...matches, leftOut: 0 }
    }
    for (const { text, rows, end } of matches.pieces.slice(this.#piecesTaken)) {
      const hasRoom = this.#outbox.isEmpty || this.#outbox.bytes + text.length < PATIENT_BYTES_MAX
      if (this.#isPatient && !hasRoom) return false
      const place = insideEntry(before, ticket, end)
      this.#outbox.rows({ text, rows, receivedAtUs, place })
      this.#piecesTaken++
    }
    this.#outbox.cover(behindEntry(this.#outbox.covered, ticket))
    return true
  }

  /** Sends what waits, as far as the socket takes it. */
  pump(nowMs: number): void {
    if (this.#outbox.isEmpty) return
    let waiting = this.subscriber.waitingBytes()
    while (waiting < SEND_WINDOW_BYTES) {
      const frame = this.#outbox.takeFrame()
      if (frame === null) return
      waiting = this.#send(frame, nowMs, this.#frames.utf8(frame))
      this.settle(nowMs)
    }
  }

  /** Milliseconds since the last frame. */
  silenceMs(nowMs: number): number {
    return nowMs - this.#sentAtMs
  }

  /** Tells from where this tail starts. */
  hello(nowMs: number): void {
    this.#send(frameText({ type: 'hello', token: this.#token() }), nowMs)
  }

  /**
   * Tells how far everything was looked at, if that is news or there was silence for
   * `silenceMaxMs`.
   */
  idle(nowMs: number, silenceMaxMs: number): void {
    if (!this.#outbox.isEmpty || this.subscriber.waitingBytes() >= SEND_WINDOW_BYTES) return
    const token = this.#token()
    if (token === this.#toldToken && this.silenceMs(nowMs) < silenceMaxMs) return
    this.#send(frameText({ type: 'idle', token }), nowMs)
  }

  /** Tells what the tail does without from now on. */
  degraded(troubles: readonly Trouble[], nowMs: number): void {
    this.#send(frameText({ type: 'degraded', troubles, token: this.#token() }), nowMs)
  }

  /** Says what is wrong and ends the socket. */
  fail(code: string, detail: string, nowMs: number): void {
    this.#send(frameText({ type: 'error', code, detail }), nowMs)
    this.subscriber.close(detail)
  }

  /** Matches that were left out, since the beginning. */
  get dropped(): number {
    return this.#droppedBefore + this.#outbox.droppedTotal
  }

  observe(): Record<string, unknown> {
    return {
      mode: this.#mode,
      waitingBytes: this.#outbox.bytes,
      socketBytes: this.subscriber.waitingBytes(),
      batches: this.#lane.length + this.#ahead.length,
      dropped: this.dropped,
    }
  }

  #token(): string {
    const { place } = this.#outbox
    if (this.#tokenOf?.place !== place) this.#tokenOf = { place, token: encodeTailToken(place) }
    return this.#tokenOf.token
  }

  #send(frame: string, nowMs: number, utf8?: Uint8Array): number {
    this.#sentAtMs = nowMs
    this.#toldToken = this.#token()
    return this.subscriber.send(frame, utf8)
  }
}
