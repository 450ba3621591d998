/** Quantiles of the numbers of each group, exactly. */
import { joined, type NumbersPart } from './numbers.ts'
import { countedQuantile, quantile } from './quantile.ts'

export class PartQuantiles {
  readonly #part: NumbersPart
  /** Where the numbers of each group begin. */
  readonly #singlesFrom: Float64Array
  readonly #countedFrom: Float64Array

  /** Reorders the single numbers within each group. */
  constructor(part: NumbersPart) {
    this.#part = part
    this.#singlesFrom = sumsBefore(part.singles)
    this.#countedFrom = sumsBefore(part.counted.sizes)
  }

  /** null = the group has no number. */
  of(group: number, share: number): number | null {
    const { counts, counted } = this.#part
    const count = counts[group] as number
    if (count === 0) return null
    if (counted.sizes[group] === 0) return quantile(this.#singles(group), share)
    const from = this.#countedFrom[group] as number
    const end = from + (counted.sizes[group] as number)
    const singles = this.#singles(group)
    const once = new Float64Array(singles.length).fill(1)
    const values = joined([counted.values.subarray(from, end), singles])
    const times = joined([counted.times.subarray(from, end), once])
    return countedQuantile(values, times, count, share)
  }

  #singles(group: number): Float64Array {
    const from = this.#singlesFrom[group] as number
    return this.#part.values.subarray(from, from + (this.#part.singles[group] as number))
  }
}

function sumsBefore(sizes: Float64Array): Float64Array {
  const sums = new Float64Array(sizes.length)
  for (let i = 1; i < sizes.length; i++) {
    sums[i] = (sums[i - 1] as number) + (sizes[i - 1] as number)
  }
  return sums
}
