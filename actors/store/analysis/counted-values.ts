/** Numbers that come several times, with how often: what many rows come down to. */
import { NumberInterner } from '../parquet/interner.ts'

const CAPACITY_MIN = 4
/** Fewer are kept as they come. */
const FOLD_MIN = 65_536
const NONE = new Float64Array(0)

export class CountedValues {
  #values = NONE
  #times = NONE
  #size = 0
  /** Entries that were left when equal ones were last brought together. */
  #folded = 0

  /** Entries that are held. */
  get size(): number {
    return this.#size
  }

  /** Finite numbers; the same may stand there more than once. */
  get values(): Float64Array {
    return this.#values.subarray(0, this.#size)
  }

  /** How often each comes. */
  get times(): Float64Array {
    return this.#times.subarray(0, this.#size)
  }

  add(values: Float64Array, times: Float64Array): void {
    const needed = this.#size + values.length
    if (needed > this.#values.length) {
      if (this.#size >= Math.max(FOLD_MIN, this.#folded * 2)) this.#fold()
      this.#room(this.#size + values.length)
    }
    this.#values.set(values, this.#size)
    this.#times.set(times, this.#size)
    this.#size += values.length
  }

  #room(needed: number): void {
    if (needed <= this.#values.length) return
    const capacity = Math.max(CAPACITY_MIN, needed, this.#size * 2)
    const [values, times] = [new Float64Array(capacity), new Float64Array(capacity)]
    values.set(this.values)
    times.set(this.times)
    this.#values = values
    this.#times = times
  }

  /** Brings equal numbers together. */
  #fold(): void {
    const different = new NumberInterner()
    const { values, times } = this
    for (let i = 0; i < values.length; i++) {
      const before = different.size
      const entry = different.intern(values[i] as number)
      // An entry never stands behind the number that it was made of.
      times[entry] = (entry < before ? (times[entry] as number) : 0) + (times[i] as number)
    }
    values.set(different.numbers)
    this.#size = different.size
    this.#folded = different.size
  }
}
