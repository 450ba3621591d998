/** Numbers of groups as they are added up: how many, their sum and ends, and each where wanted. */

/** Parallel arrays over groups, as they cross threads. */
export interface NumbersPart {
  readonly counts: Float64Array
  readonly sums: Float64Array
  readonly mins: Float64Array
  readonly maxs: Float64Array
  /** Group by group; empty unless each is wanted. */
  readonly values: Float64Array
}

/** Four numbers and room for the first values. */
const GROUP_BYTES = 128

export class Numbers {
  readonly #isEach: boolean
  readonly #counts: number[] = []
  readonly #sums: number[] = []
  readonly #mins: number[] = []
  readonly #maxs: number[] = []
  readonly #values: GrowingValues[] = []
  #held = 0

  constructor(isEach: boolean) {
    this.#isEach = isEach
  }

  /** About what is held; each number twice, as it is once more put in order. */
  get bytes(): number {
    return this.#counts.length * GROUP_BYTES + this.#held * 2 * Float64Array.BYTES_PER_ELEMENT
  }

  /** Makes room for one group more. */
  open(): void {
    this.#counts.push(0)
    this.#sums.push(0)
    this.#mins.push(Number.POSITIVE_INFINITY)
    this.#maxs.push(Number.NEGATIVE_INFINITY)
    if (this.#isEach) this.#values.push(new GrowingValues())
  }

  add(group: number, number: number): void {
    this.#counts[group] = (this.#counts[group] as number) + 1
    this.#sums[group] = (this.#sums[group] as number) + number
    if (number < (this.#mins[group] as number)) this.#mins[group] = number
    if (number > (this.#maxs[group] as number)) this.#maxs[group] = number
    if (!this.#isEach) return
    this.#values[group]?.push(number)
    this.#held++
  }

  /** Adds groups of another; `groupOf` says which are theirs here. */
  merge({ counts, sums, mins, maxs, values }: NumbersPart, groupOf: Int32Array): void {
    let at = 0
    for (let i = 0; i < groupOf.length; i++) {
      const group = groupOf[i] as number
      const count = counts[i] as number
      this.#counts[group] = (this.#counts[group] as number) + count
      this.#sums[group] = (this.#sums[group] as number) + (sums[i] as number)
      this.#mins[group] = Math.min(this.#mins[group] as number, mins[i] as number)
      this.#maxs[group] = Math.max(this.#maxs[group] as number, maxs[i] as number)
      if (this.#isEach) this.#values[group]?.append(values.subarray(at, at + count))
      at += count
    }
    this.#held += values.length
  }

  part(): NumbersPart {
    const size = this.#values.reduce((sum, { count }) => sum + count, 0)
    const values = new Float64Array(size)
    let at = 0
    for (const group of this.#values) {
      values.set(group.values, at)
      at += group.count
    }
    return {
      counts: Float64Array.from(this.#counts),
      sums: Float64Array.from(this.#sums),
      mins: Float64Array.from(this.#mins),
      maxs: Float64Array.from(this.#maxs),
      values,
    }
  }
}

class GrowingValues {
  count = 0
  #values = new Float64Array(4)

  get values(): Float64Array {
    return this.#values.subarray(0, this.count)
  }

  push(value: number): void {
    if (this.count === this.#values.length) this.#grow(this.count * 2)
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
