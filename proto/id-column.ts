import { countBits, sliceBits } from './bitmap.ts'
import { IDS } from './log-batch-fields.ts'
import type { WireWriter } from './wire-writer.ts'

const ROWS_AT_FIRST = 64

/** Builds a column of trace or span ids from hexadecimal text. */
export class IdColumn {
  private readonly width: number
  private readonly presence: Uint8Array
  private heap: Uint8Array
  private present = 0

  constructor(width: number, recordsMax: number) {
    this.width = width
    this.presence = new Uint8Array((recordsMax + 7) >> 3)
    this.heap = new Uint8Array(width * ROWS_AT_FIRST)
  }

  /** Takes the id of a row; false (and nothing taken) where the text is no id of this width. */
  set(row: number, text: string): boolean {
    const { width } = this
    if (text.length !== 2 * width) return false
    const at = this.present * width
    if (at + width > this.heap.length) this.grow()
    const { heap } = this
    for (let i = 0; i < width; i++) {
      const high = HEX[text.charCodeAt(2 * i)] ?? NO_DIGIT
      const low = HEX[text.charCodeAt(2 * i + 1)] ?? NO_DIGIT
      if ((high | low) > 15) return false
      heap[at + i] = (high << 4) | low
    }
    this.present++
    this.presence[row >> 3] = (this.presence[row >> 3] as number) | (1 << (row & 7))
    return true
  }

  /** Takes back the id of the last row. */
  clear(row: number): void {
    const bit = 1 << (row & 7)
    const byte = this.presence[row >> 3] as number
    if ((byte & bit) === 0) return
    this.presence[row >> 3] = byte & ~bit
    this.present--
  }

  /** Writes the rows [start, end) as Ids in `field`; nothing where none has one. */
  write(writer: WireWriter, field: number, start: number, end: number): void {
    if (this.present === 0) return
    const presence = sliceBits(this.presence, start, end)
    const present = countBits(presence)
    if (present === 0) return
    const before = countBits(sliceBits(this.presence, 0, start))
    const mark = writer.begin(field)
    if (present < end - start) writer.bytesField(IDS.presence, presence)
    const heap = this.heap.subarray(before * this.width, (before + present) * this.width)
    writer.bytesField(IDS.heap, heap)
    writer.end(mark)
  }

  reset(): void {
    this.present = 0
    this.presence.fill(0)
  }

  private grow(): void {
    const grown = new Uint8Array(2 * this.heap.length)
    grown.set(this.heap)
    this.heap = grown
  }
}

const NO_DIGIT = 0xff
const HEX = new Uint8Array(128).fill(NO_DIGIT)
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit
}
