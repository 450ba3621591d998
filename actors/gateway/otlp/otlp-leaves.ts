/** Values of one layer of a record: its own, or those of the scope or resource it belongs to. */
import { LEAVES_MAX } from '../json/record-scanner.ts'
import type { FieldSlot } from '../json/scanned-record.ts'

export class OtlpLeaves {
  readonly slots: FieldSlot[] = []
  readonly kinds = new Uint8Array(LEAVES_MAX)
  readonly starts = new Int32Array(LEAVES_MAX)
  readonly ends = new Int32Array(LEAVES_MAX)
  count = 0
  /** Why no record with these values can be taken; null = nothing is wrong. */
  refusal: string | null = null

  clear(): void {
    this.count = 0
    this.refusal = null
  }

  /** False = there are too many. */
  add(slot: FieldSlot, kind: number, start: number, end: number): boolean {
    if (this.count === LEAVES_MAX) return false
    const leaf = this.count++
    this.slots[leaf] = slot
    this.kinds[leaf] = kind
    this.starts[leaf] = start
    this.ends[leaf] = end
    return true
  }
}
