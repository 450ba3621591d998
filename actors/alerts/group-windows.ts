/**
 * What one group of a rule had in each pane, as far back as windows reach that are still open.
 * Most rules count: a ring of numbers. All others hold a part a pane.
 */
import type { ByteReader, ByteWriter } from '#actors/processing/windows/byte-stream.ts'
import { type PartKind, WindowPart } from '#actors/processing/windows/window-part.ts'

export interface GroupWindows {
  /** Rows in all panes that are held: no window has more. */
  readonly total: number
  add(pane: number, part: WindowPart): void
  forgetBefore(pane: number): void
  /** What panes from `first` to `last` have together; read it before the next call. */
  over(first: number, last: number): WindowPart
  write(writer: ByteWriter): void
}

export function emptyWindows(kind: PartKind): GroupWindows {
  return kind === 'rows' ? new CountWindows() : new PartWindows(kind)
}

export function readWindows(kind: PartKind, reader: ByteReader): GroupWindows {
  const windows = emptyWindows(kind)
  const panes = reader.u32()
  for (let i = 0; i < panes; i++) windows.add(reader.f64(), WindowPart.read(kind, reader))
  return windows
}

const RING_MIN = 16
/** Answers of all rings; each is read before the next question. */
const answer = new WindowPart()

class CountWindows implements GroupWindows {
  total = 0
  /** Pane p is at p modulo the length, a power of two, for p in [first, last]. */
  #counts = new Float64Array(RING_MIN)
  #first = 0
  #last = -1

  add(pane: number, { count }: WindowPart): void {
    if (this.#last < this.#first) {
      this.#first = pane
      this.#last = pane
    }
    const [first, last] = [Math.min(pane, this.#first), Math.max(pane, this.#last)]
    if (last - first >= this.#counts.length) this.#grow(last - first + 1)
    this.#first = first
    this.#last = last
    this.#counts[this.#at(pane)] = (this.#counts[this.#at(pane)] as number) + count
    this.total += count
  }

  forgetBefore(pane: number): void {
    const end = Math.min(pane, this.#last + 1)
    for (; this.#first < end; this.#first++) {
      const at = this.#at(this.#first)
      this.total -= this.#counts[at] as number
      this.#counts[at] = 0
    }
  }

  over(first: number, last: number): WindowPart {
    answer.count = 0
    const end = Math.min(last, this.#last)
    for (let pane = Math.max(first, this.#first); pane <= end; pane++) {
      answer.count += this.#counts[this.#at(pane)] as number
    }
    return answer
  }

  write(writer: ByteWriter): void {
    const held = []
    for (let pane = this.#first; pane <= this.#last; pane++) {
      const count = this.#counts[this.#at(pane)] as number
      if (count > 0) held.push({ pane, count })
    }
    writer.u32(held.length)
    for (const { pane, count } of held) {
      writer.f64(pane)
      writer.f64(count)
    }
  }

  #at(pane: number): number {
    const size = this.#counts.length
    return pane % size
  }

  #grow(panes: number): void {
    const larger = new Float64Array(2 ** Math.ceil(Math.log2(panes)))
    for (let pane = this.#first; pane <= this.#last; pane++) {
      larger[pane % larger.length] = this.#counts[this.#at(pane)] as number
    }
    this.#counts = larger
  }
}

class PartWindows implements GroupWindows {
  total = 0
  readonly #kind: PartKind
  readonly #panes = new Map<number, WindowPart>()

  constructor(kind: PartKind) {
    this.#kind = kind
  }

  add(pane: number, part: WindowPart): void {
    this.total += part.count
    const known = this.#panes.get(pane)
    if (known === undefined) this.#panes.set(pane, part)
    else known.merge(part)
  }

  forgetBefore(before: number): void {
    for (const [pane, { count }] of this.#panes) {
      if (pane >= before) continue
      this.total -= count
      this.#panes.delete(pane)
    }
  }

  over(first: number, last: number): WindowPart {
    const together = new WindowPart()
    for (const [pane, part] of this.#panes) {
      if (pane >= first && pane <= last) together.merge(part)
    }
    return together
  }

  write(writer: ByteWriter): void {
    writer.u32(this.#panes.size)
    for (const [pane, part] of this.#panes) {
      writer.f64(pane)
      part.write(this.#kind, writer)
    }
  }
}
