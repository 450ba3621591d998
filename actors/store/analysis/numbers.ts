/** Numbers of groups as they are added up: how many, their sum and ends, and each where wanted. */
import type { NumberCodes } from '#actors/processing/row-values.ts'
import { CountedValues } from './counted-values.ts'

/** Parallel arrays over groups, as they cross threads. */
export interface NumbersPart {
  readonly counts: Float64Array
  readonly sums: Float64Array
  readonly mins: Float64Array
  readonly maxs: Float64Array
  /** Each number, unless it is counted, group by group: of each group `singles`. Empty unless wanted. */
  readonly values: Float64Array
  readonly singles: Float64Array
  /** Those that came by a dictionary. */
  readonly counted: CountedPart
}

/** Group by group: of each group `sizes` numbers and how often each comes; some may be equal. */
export interface CountedPart {
  readonly sizes: Float64Array
  readonly values: Float64Array
  readonly times: Float64Array
}

/** What of it is moved from thread to thread. */
export function buffersOf(parts: readonly NumbersPart[]): ArrayBuffer[] {
  return parts.flatMap(({ values, counted }) =>
    [values, counted.values, counted.times].map(({ buffer }) => buffer as ArrayBuffer),
  )
}

/** Four numbers and room for the first values. */
const GROUP_BYTES = 128
const COUNTED_BYTES = 2 * Float64Array.BYTES_PER_ELEMENT
/** Groups times different numbers that are counted in one table of places. */
const PLACES_MAX = 1 << 18

export class Numbers {
  readonly #isEach: boolean
  readonly #counts: number[] = []
  readonly #sums: number[] = []
  readonly #mins: number[] = []
  readonly #maxs: number[] = []
  readonly #values: GrowingValues[] = []
  readonly #counted: CountedValues[] = []
  #held = 0
  #countedHeld = 0

  constructor(isEach: boolean) {
    this.#isEach = isEach
  }

  /** About what is held; each number twice, as it is once more put in order. */
  get bytes(): number {
    const singles = this.#held * Float64Array.BYTES_PER_ELEMENT
    const counted = this.#countedHeld * COUNTED_BYTES
    return this.#counts.length * GROUP_BYTES + (singles + counted) * 2
  }

  /** Makes room for one group more. */
  open(): void {
    this.#counts.push(0)
    this.#sums.push(0)
    this.#mins.push(Number.POSITIVE_INFINITY)
    this.#maxs.push(Number.NEGATIVE_INFINITY)
    if (!this.#isEach) return
    this.#values.push(new GrowingValues())
    this.#counted.push(new CountedValues())
  }

  add(group: number, number: number): void {
    this.#sum(group, 1, number, number, number)
    if (!this.#isEach) return
    this.#values[group]?.push(number)
    this.#held++
  }

  /** Adds numbers by their codes, `groupOf` says whose: counted before they are touched one by one. */
  addCodes(groupOf: Int32Array, { codes, entries }: NumberCodes): void {
    const size = entries.length
    if (this.#counts.length * size > PLACES_MAX) {
      for (let row = 0; row < codes.length; row++) {
        const number = entries[codes[row] as number] as number
        if (Number.isFinite(number)) this.add(groupOf[row] as number, number)
      }
      return
    }
    const times = new Uint32Array(this.#counts.length * size)
    for (let row = 0; row < codes.length; row++) {
      const place = (groupOf[row] as number) * size + (codes[row] as number)
      times[place] = (times[place] as number) + 1
    }
    const [values, often] = [new Float64Array(size), new Float64Array(size)]
    for (let group = 0; group < this.#counts.length; group++) {
      let different = 0
      for (let code = 0; code < size; code++) {
        const count = times[group * size + code] as number
        if (count === 0 || !Number.isFinite(entries[code])) continue
        values[different] = entries[code] as number
        often[different++] = count
      }
      this.addDifferent(group, values.subarray(0, different), often.subarray(0, different))
    }
  }

  /** Adds finite numbers to a group, each with how often it comes. */
  addDifferent(group: number, values: Float64Array, times: Float64Array): void {
    let [count, sum, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number
      count += times[i] as number
      sum += value * (times[i] as number)
      if (value < min) min = value
      if (value > max) max = value
    }
    this.#sum(group, count, sum, min, max)
    this.#keep(group, values, times)
  }

  /** Adds groups of another; `groupOf` says which are theirs here. */
  merge(
    { counts, sums, mins, maxs, values, singles, counted }: NumbersPart,
    groupOf: Int32Array,
  ): void {
    let [at, countedAt] = [0, 0]
    for (let i = 0; i < groupOf.length; i++) {
      const group = groupOf[i] as number
      const [count, sum] = [counts[i] as number, sums[i] as number]
      this.#sum(group, count, sum, mins[i] as number, maxs[i] as number)
      if (!this.#isEach) continue
      const end = at + (singles[i] as number)
      this.#values[group]?.append(values.subarray(at, end))
      at = end
      const countedEnd = countedAt + (counted.sizes[i] as number)
      this.#keep(
        group,
        counted.values.subarray(countedAt, countedEnd),
        counted.times.subarray(countedAt, countedEnd),
      )
      countedAt = countedEnd
    }
    this.#held += values.length
  }

  part(): NumbersPart {
    return {
      counts: Float64Array.from(this.#counts),
      sums: Float64Array.from(this.#sums),
      mins: Float64Array.from(this.#mins),
      maxs: Float64Array.from(this.#maxs),
      values: joined(this.#values.map(({ values }) => values)),
      singles: Float64Array.from(this.#values, ({ count }) => count),
      counted: this.#countedPart(),
    }
  }

  #keep(group: number, values: Float64Array, times: Float64Array): void {
    const counted = this.#counted[group]
    if (counted === undefined) return
    const before = counted.size
    counted.add(values, times)
    this.#countedHeld += counted.size - before
  }

  #countedPart(): CountedPart {
    const counted = this.#counted
    return {
      sizes: Float64Array.from(counted, ({ size }) => size),
      values: joined(counted.map(({ values }) => values)),
      times: joined(counted.map(({ times }) => times)),
    }
  }

  #sum(group: number, count: number, sum: number, min: number, max: number): void {
    this.#counts[group] = (this.#counts[group] as number) + count
    this.#sums[group] = (this.#sums[group] as number) + sum
    if (min < (this.#mins[group] as number)) this.#mins[group] = min
    if (max > (this.#maxs[group] as number)) this.#maxs[group] = max
  }
}

export function joined(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const NONE = new Float64Array(0)
const VALUES_MIN = 4

class GrowingValues {
  count = 0
  #values = NONE

  get values(): Float64Array {
    return this.#values.subarray(0, this.count)
  }

  push(value: number): void {
    if (this.count === this.#values.length) this.#grow(Math.max(VALUES_MIN, this.count * 2))
    this.#values[this.count++] = value
  }

  append(values: Float64Array): void {
    const count = this.count + values.length
    if (count > this.#values.length) this.#grow(Math.max(count, this.count * 2))
    this.#values.set(values, this.count)
    this.count = count
  }

  #grow(capacity: number): void {
    const values = new Float64Array(capacity)
    values.set(this.values)
    this.#values = values
  }
}
