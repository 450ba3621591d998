import { TIME_DELTA_NS_MAX } from './limits.ts'
import { BATCH } from './log-batch-fields.ts'
import { type WireWriter, writeZigZag } from './wire-writer.ts'

const ZIGZAG_BYTES_MAX = 10
const US_PER_MS = 1_000

/**
 * Builds the time column: exact microseconds and nanoseconds in the coarsest unit that loses
 * nothing.
 */
export class TimeColumn {
  /** NaN = the record came without a time. */
  private readonly timeUs: Float64Array
  private readonly subNs: Uint16Array

  constructor(recordsMax: number) {
    this.timeUs = new Float64Array(recordsMax)
    this.subNs = new Uint16Array(recordsMax)
  }

  set(row: number, timeUs: number, subNs: number): void {
    this.timeUs[row] = timeUs
    this.subNs[row] = subNs
  }

  /** The last row, from `start` on, that still fits one batch with it: deltas have a limit. */
  cut(start: number, end: number): number {
    let min = Number.POSITIVE_INFINITY
    let max = Number.NEGATIVE_INFINITY
    let hasNs = false
    for (let row = start; row < end; row++) {
      const time = this.timeUs[row] as number
      if (Number.isNaN(time)) continue
      min = Math.min(min, time)
      max = Math.max(max, time)
      hasNs ||= this.subNs[row] !== 0
      if (hasNs && (max - min + 1) * 1_000 > TIME_DELTA_NS_MAX) return row
    }
    return end
  }

  /** Writes base, unit, deltas and missing bits of the rows [start, end). */
  write(writer: WireWriter, start: number, end: number): void {
    const { baseRow, unitNs, missing } = this.survey(start, end)
    if (baseRow < 0) {
      this.writeDeltas(writer, { start, end, unitNs: 1, baseRow })
    } else {
      const baseNs = BigInt(this.timeUs[baseRow] as number) * 1_000n
      writer.fixed64Field(BATCH.timeBase, baseNs + BigInt(this.subNs[baseRow] as number))
      if (unitNs > 1) writer.varintField(BATCH.timeUnit, unitNs)
      this.writeDeltas(writer, { start, end, unitNs, baseRow })
    }
    if (missing > 0) this.writeMissing(writer, start, end)
  }

  private survey(start: number, end: number): { baseRow: number; unitNs: number; missing: number } {
    let baseRow = -1
    let missing = 0
    let hasNs = false
    let hasUs = false
    for (let row = start; row < end; row++) {
      const time = this.timeUs[row] as number
      if (Number.isNaN(time)) {
        missing++
        continue
      }
      if (baseRow < 0) baseRow = row
      hasNs ||= this.subNs[row] !== 0
      hasUs ||= time % US_PER_MS !== 0
    }
    return { baseRow, unitNs: hasNs ? 1 : hasUs ? 1_000 : 1_000_000, missing }
  }

  private writeDeltas(
    writer: WireWriter,
    range: Range & { unitNs: number; baseRow: number },
  ): void {
    const { start, end, unitNs, baseRow } = range
    const mark = writer.begin(BATCH.timeDeltas)
    writer.reserve((end - start) * ZIGZAG_BYTES_MAX)
    const { bytes } = writer
    let at = writer.position
    let lastUs = this.timeUs[baseRow] ?? 0
    let lastNs = this.subNs[baseRow] ?? 0
    for (let row = start; row < end; row++) {
      const timeUs = this.timeUs[row] as number
      if (Number.isNaN(timeUs)) {
        bytes[at++] = 0
        continue
      }
      const ns = this.subNs[row] as number
      const us = timeUs - lastUs
      const delta = unitNs === 1 ? us * 1_000 + ns - lastNs : unitNs === 1_000 ? us : us / US_PER_MS
      at = writeZigZag(bytes, at, delta)
      lastUs = timeUs
      lastNs = ns
    }
    writer.position = at
    writer.end(mark)
  }

  private writeMissing(writer: WireWriter, start: number, end: number): void {
    const bits = new Uint8Array((end - start + 7) >> 3)
    for (let row = start; row < end; row++) {
      if (!Number.isNaN(this.timeUs[row])) continue
      const index = row - start
      bits[index >> 3] = (bits[index >> 3] as number) | (1 << (index & 7))
    }
    writer.bytesField(BATCH.timeMissing, bits)
  }
}

interface Range {
  readonly start: number
  readonly end: number
}
