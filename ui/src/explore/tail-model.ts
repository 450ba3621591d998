/**
 * What the page knows of a live tail: rows shown, rows that wait while the reader looks elsewhere,
 * and the holes that were told. Pure bookkeeping: no socket, no DOM, no clock.
 *
 *   frames ──▶ following? ──yes──▶ shown (RowBook, newest first)
 *                  └──────no─────▶ waiting (RowBook) ──catchUp()──▶ shown
 */
import type { Row } from '#proto/api.ts'
import type { TailFrame } from '#proto/tail.ts'
import type { Trouble } from '#proto/trouble.ts'
import { RowBook } from './row-book.ts'

/** While rows stream in, this many newest ones are kept: about 20 MB. */
export const ROWS_KEPT_MAX = 20_000

/** Rows that whoever scrolls down has in memory; those below come and go (DeepRows). */
export const ROWS_HEAD_MAX = 50_000
/** Whoever scrolls down may go this far before the page asks for a narrower search. */
export const ROWS_SCROLLED_MAX = 1_000_000

/** A stretch of receive time of which matches are missing. */
export interface Hole {
  readonly number: number
  readonly kind: 'dropped' | 'gap'
  /** Told for dropped rows; nobody knows it of a gap. */
  readonly count: number | null
  /** Receive time, start included. */
  readonly from: string
  readonly to: string
  /** Whether a row received at exactly `to` belongs to the hole. */
  readonly toIncluded: boolean
  /** `partly`: more rows than a page can hold; the rest is for a search. */
  readonly state: 'open' | 'filling' | 'failed' | 'partly'
}

export class TailModel {
  readonly shown: RowBook
  readonly #waiting: RowBook
  #waitingCount = 0
  #away = false
  #paused = false
  #token: string | null = null
  #holes: readonly Hole[] = []
  #holeNumber = 0
  #troubles: readonly Trouble[] = []
  #receivedCount = 0
  #repeatedCount = 0

  readonly #headMax: number

  constructor(rowsMax = ROWS_KEPT_MAX, headMax = ROWS_HEAD_MAX) {
    this.#headMax = headMax
    this.shown = new RowBook(rowsMax)
    this.#waiting = new RowBook(rowsMax)
  }

  /** Where to go on after a reconnect. */
  get token(): string | null {
    return this.#token
  }

  /** New matches that are not shown yet. */
  get waitingCount(): number {
    return this.#waitingCount
  }

  get paused(): boolean {
    return this.#paused
  }

  get following(): boolean {
    return !this.#paused && !this.#away
  }

  get holes(): readonly Hole[] {
    return this.#holes
  }

  /** What the server does without at present; told anew after every `hello`. */
  get troubles(): readonly Trouble[] {
    return this.#troubles
  }

  get receivedCount(): number {
    return this.#receivedCount
  }

  /** Rows that came although they were known: the server promises none. */
  get repeatedCount(): number {
    return this.#repeatedCount
  }

  /** Starts over from a search: its rows and the token of its snapshot. */
  restart(rows: readonly Row[], token: string): void {
    this.shown.clear()
    this.shown.add(rows)
    this.#waiting.clear()
    this.#waitingCount = 0
    this.#holes = []
    this.#token = token
  }

  /** Takes a frame; answers the rows in it that are new. */
  receive(frame: TailFrame): readonly Row[] {
    if (frame.type === 'error') return []
    this.#token = frame.token
    switch (frame.type) {
      case 'rows':
        return this.#receiveRows(frame.rows)
      case 'dropped':
        this.#addDropped(frame)
        return []
      case 'gap':
        this.#addHole({
          kind: 'gap',
          count: null,
          from: frame.from,
          to: frame.to,
          toIncluded: false,
        })
        return []
      case 'degraded':
        this.#troubles = frame.troubles
        return []
      case 'hello':
        this.#troubles = []
        return []
      case 'idle':
        return []
    }
  }

  /** The reader scrolled down to read (`true`) or is back at the top. */
  lookAway(away: boolean): void {
    this.#away = away
    if (this.following) this.catchUp()
  }

  pause(paused: boolean): void {
    this.#paused = paused
    if (this.following) this.catchUp()
  }

  /** Shows what waited. */
  catchUp(): void {
    // With a hole between them, old and new rows must not look like neighbours.
    if (this.#waiting.cut) this.shown.takeOver(this.#waiting)
    else this.shown.add(this.#waiting.rows)
    this.#waiting.clear()
    this.#waitingCount = 0
  }

  /** Rows older than all shown ones, or found for a hole; answers those that were unknown. */
  addFound(rows: readonly Row[]): readonly Row[] {
    const unknown = rows.filter(({ id }) => !this.#waiting.has(id))
    return this.shown.add(unknown, this.#headMax)
  }

  setHole(number: number, state: Hole['state'] | 'filled'): void {
    this.#holes =
      state === 'filled'
        ? this.#holes.filter(hole => hole.number !== number)
        : this.#holes.map(hole => (hole.number === number ? { ...hole, state } : hole))
  }

  #receiveRows(rows: readonly Row[]): readonly Row[] {
    const unknown = rows.filter(({ id }) => !this.shown.has(id) && !this.#waiting.has(id))
    const fresh = (this.following ? this.shown : this.#waiting).add(unknown)
    if (!this.following) this.#waitingCount += fresh.length
    this.#receivedCount += rows.length
    this.#repeatedCount += rows.length - fresh.length
    return fresh
  }

  /** A slow reader is told in many frames; neighbours become one hole. */
  #addDropped({ count, from, to }: { count: number; from: string; to: string }): void {
    const last = this.#holes.at(-1)
    if (last?.kind !== 'dropped' || last.state === 'filling' || last.state === 'partly') {
      this.#addHole({ kind: 'dropped', count, from, to, toIncluded: true })
      return
    }
    const joined = {
      ...last,
      state: 'open' as const,
      count: (last.count ?? 0) + count,
      from: from < last.from ? from : last.from,
      to: to > last.to ? to : last.to,
    }
    this.#holes = [...this.#holes.slice(0, -1), joined]
  }

  #addHole(hole: Omit<Hole, 'number' | 'state'>): void {
    this.#holes = [...this.#holes, { ...hole, number: ++this.#holeNumber, state: 'open' }]
  }
}
