/**
 * What waits for one slow or fast socket: pieces of matched rows in order, bounded in bytes. When
 * full, the oldest rows go, and a `dropped` frame with their number and receive times takes their
 * place, so that matched = delivered + dropped always adds up.
 *
 *   oldest → [dropped 312] [rows 500] [rows 80] ← newest      covered: looked at, nothing matched
 */
import { TAIL_FRAME_ROWS_MAX, TAIL_SOCKET_BYTES_MAX } from '#proto/limits.ts'
import type { TailFrame } from '#proto/tail.ts'
import { formatTime } from '#proto/time.ts'
import type { SharedFrames } from './shared-frames.ts'
import type { TailPlace } from './tail-place.ts'
import { encodeTailToken } from './tail-token.ts'

/** Matched rows of one batch, or a part of them. */
export interface RowPiece {
  /** JSON objects joined by commas. */
  readonly text: string
  readonly rows: number
  readonly receivedAtUs: number
  /** What is covered once these rows are delivered. */
  readonly place: TailPlace
}

type Item =
  | (RowPiece & { readonly type: 'rows' })
  | {
      readonly type: 'dropped'
      readonly count: number
      readonly fromUs: number
      readonly toUs: number
      readonly place: TailPlace
    }
  | {
      readonly type: 'gap'
      readonly fromUs: number
      readonly toUs: number
      readonly place: TailPlace
    }

/** The other half is for what the socket holds: a window, and the frame that overshoots it. */
export const OUTBOX_BYTES_MAX = TAIL_SOCKET_BYTES_MAX / 2
/** What a told item weighs, so that no number of them grows without bound either. */
const TOLD_BYTES = 200

export class Outbox {
  readonly #frames: SharedFrames
  readonly #bytesMax: number
  readonly #items: Item[] = []
  #bytes = 0
  #place: TailPlace
  #droppedTotal = 0

  constructor(place: TailPlace, frames: SharedFrames, bytesMax = OUTBOX_BYTES_MAX) {
    this.#place = place
    this.#frames = frames
    this.#bytesMax = bytesMax
  }

  /** Where a reader goes on that has received everything taken so far. */
  get place(): TailPlace {
    return this.#place
  }

  /** Where a reader goes on once everything waiting is delivered. */
  get covered(): TailPlace {
    return this.#items.at(-1)?.place ?? this.#place
  }

  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#items.length === 0
  }

  /** Rows left out since the start. */
  get droppedTotal(): number {
    return this.#droppedTotal
  }

  /** Matches; when there is no room the oldest waiting ones make it. */
  rows(piece: RowPiece): void {
    this.#add({ type: 'rows', ...piece })
    this.#shrink()
  }

  /** Matches that were left out before they came here. */
  dropped(count: number, receivedAtUs: number, place: TailPlace): void {
    this.#droppedTotal += count
    this.#tell({ type: 'dropped', count, fromUs: receivedAtUs, toUs: receivedAtUs, place })
    this.#shrink()
  }

  /** The log does not reach back to what was asked for. */
  gap(fromUs: number, toUs: number, place: TailPlace): void {
    this.#add({ type: 'gap', fromUs, toUs, place })
  }

  /** Everything up to `place` was looked at; what matched is already here. */
  cover(place: TailPlace): void {
    const last = this.#items.pop()
    if (last === undefined) this.#place = place
    else this.#items.push({ ...last, place })
  }

  /** The next frame as JSON text; null = nothing waits. */
  takeFrame(): string | null {
    const first = this.#items[0]
    if (first === undefined) return null
    if (first.type === 'rows') return this.#takeRows()
    this.#remove(1)
    const { type } = first
    const token = encodeTailToken(first.place)
    const [from, to] = [formatTime(first.fromUs, 0), formatTime(first.toUs, 0)]
    return frameText(
      type === 'gap' ? { type, from, to, token } : { type, count: first.count, from, to, token },
    )
  }

  /** As many waiting pieces as one frame may hold, at least one. */
  #takeRows(): string {
    let rows = 0
    let taken = 0
    const texts: string[] = []
    for (const item of this.#items) {
      if (item.type !== 'rows') break
      if (taken > 0 && rows + item.rows > TAIL_FRAME_ROWS_MAX) break
      texts.push(item.text)
      rows += item.rows
      taken++
    }
    this.#remove(taken)
    return this.#frames.rows(texts, encodeTailToken(this.#place))
  }

  #add(item: Item): void {
    this.#items.push(item)
    this.#bytes += bytesOf(item)
  }

  /** Joins what follows upon an earlier loss to it. */
  #tell(item: Extract<Item, { type: 'dropped' }>): void {
    const last = this.#items.at(-1)
    if (last?.type !== 'dropped') return this.#add(item)
    this.#items[this.#items.length - 1] = joinDropped(last, item)
  }

  #remove(count: number): void {
    const removed = this.#items.splice(0, count)
    for (const item of removed) this.#bytes -= bytesOf(item)
    this.#place = removed.at(-1)?.place ?? this.#place
  }

  /** Only rows make room: what is told instead of them stays, and is joined. */
  #shrink(): void {
    for (let at = 0; this.#bytes > this.#bytesMax; ) {
      at = this.#items.findIndex(item => item.type === 'rows')
      if (at < 0) return
      this.#drop(at)
    }
  }

  #drop(at: number): void {
    const oldest = this.#items[at]
    if (oldest?.type !== 'rows') return
    this.#droppedTotal += oldest.rows
    const { receivedAtUs, place } = oldest
    const gone: Item = {
      type: 'dropped',
      count: oldest.rows,
      fromUs: receivedAtUs,
      toUs: receivedAtUs,
      place,
    }
    this.#bytes += TOLD_BYTES - bytesOf(oldest)
    this.#items[at] = gone
    this.#joinNeighbours(at)
    this.#joinNeighbours(at - 1)
  }

  /** Joins the losses at `at` and `at + 1`, if both are. */
  #joinNeighbours(at: number): void {
    const [first, second] = [this.#items[at], this.#items[at + 1]]
    if (first?.type !== 'dropped' || second?.type !== 'dropped') return
    this.#items.splice(at, 2, joinDropped(first, second))
    this.#bytes -= TOLD_BYTES
  }
}

function joinDropped(
  first: Extract<Item, { type: 'dropped' }>,
  second: Extract<Item, { type: 'dropped' }>,
): Extract<Item, { type: 'dropped' }> {
  return {
    type: 'dropped',
    count: first.count + second.count,
    fromUs: Math.min(first.fromUs, second.fromUs),
    toUs: Math.max(first.toUs, second.toUs),
    place: second.place,
  }
}

function bytesOf(item: Item): number {
  return item.type === 'rows' ? item.text.length + TOLD_BYTES : TOLD_BYTES
}

/** A frame that carries no rows. */
export function frameText(frame: Exclude<TailFrame, { type: 'rows' }>): string {
  return JSON.stringify(frame)
}
