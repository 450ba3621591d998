/**
 * The line of numbers in cells. How many numbers lie in each tells in which of them a quantile is,
 * so that only the numbers of that one have to be read.
 */
import { quantileOf } from '../analysis/quantile.ts'

/** A number and how many rows have it. */
export interface Counted {
  readonly number: number
  readonly rows: number
}

/**
 * Bounds of cells with about as many rows each, ascending: cell `i` begins at bound `i - 1` and
 * ends before bound `i`. A number that fills a cell gets one of its own, so there may be twice as
 * many as asked for. `sample`: ascending.
 */
export function boundsOf(sample: readonly Counted[], cells: number): number[] {
  const share = sample.reduce((sum, { rows }) => sum + rows, 0) / cells
  const bounds: number[] = []
  const begin = (number: number): void => {
    // Behind a number that stands alone a cell has begun.
    if (bounds.at(-1) !== number && Number.isFinite(number)) bounds.push(number)
    rowsOfCell = 0
  }
  let rowsOfCell = 0
  for (const { number, rows } of sample) {
    const isAlone = rows >= share
    if (isAlone || rowsOfCell >= share) begin(number)
    rowsOfCell += rows
    if (isAlone) begin(nextUp(number))
  }
  return bounds
}

/** Numbers of one group. */
export class NumberCells {
  readonly #bounds: readonly number[]
  readonly #counts: readonly number[]
  readonly #count: number
  readonly #read = new Map<number, readonly Counted[]>()

  /** `counts`: rows in each cell, of which there is one more than bounds. */
  constructor(bounds: readonly number[], counts: readonly number[]) {
    this.#bounds = bounds
    this.#counts = counts
    this.#count = counts.reduce((sum, count) => sum + count, 0)
  }

  /** Cells whose numbers have to be read for these quantiles. */
  toRead(shares: readonly number[]): Set<number> {
    const cells = new Set<number>()
    for (const share of this.#count === 0 ? [] : shares) {
      quantileOf(this.#count, share, place => cells.add(this.#cellAt(place).cell).size)
    }
    return new Set([...cells].filter(cell => pointOf(this.#bounds, cell) === null))
  }

  /** `numbers` of a cell: ascending. False = these are not the ones that were counted. */
  read(cell: number, numbers: readonly Counted[]): boolean {
    this.#read.set(cell, numbers)
    return numbers.reduce((sum, { rows }) => sum + rows, 0) === this.#counts[cell]
  }

  /** null = there is no number. */
  quantile(share: number): number | null {
    return this.#count === 0 ? null : quantileOf(this.#count, share, place => this.#numberAt(place))
  }

  #numberAt(place: number): number {
    const { cell, before } = this.#cellAt(place)
    const point = pointOf(this.#bounds, cell)
    if (point !== null) return point
    let seen = before
    for (const { number, rows } of this.#read.get(cell) ?? []) {
      seen += rows
      if (place < seen) return number
    }
    throw new RangeError(`nobody read the numbers of cell ${cell}`)
  }

  #cellAt(place: number): { readonly cell: number; readonly before: number } {
    let before = 0
    for (const [cell, count] of this.#counts.entries()) {
      if (place < before + count) return { cell, before }
      before += count
    }
    throw new RangeError(`of ${this.#count} numbers none has the place ${place}`)
  }
}

/** Where a number lies. */
export function cellOf(bounds: readonly number[], number: number): number {
  let [low, high] = [0, bounds.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((bounds[middle] as number) <= number) low = middle + 1
    else high = middle
  }
  return low
}

/** The only number that can lie in a cell; null = there are more. */
function pointOf(bounds: readonly number[], cell: number): number | null {
  const [first, end] = [bounds[cell - 1], bounds[cell]]
  return first !== undefined && end !== undefined && nextUp(first) === end ? first : null
}

/** The smallest double above one. */
export function nextUp(number: number): number {
  const doubles = new Float64Array([number])
  const bits = new BigInt64Array(doubles.buffer)
  if (number === 0) return Number.MIN_VALUE
  bits[0] = (bits[0] as bigint) + (number > 0 ? 1n : -1n)
  return doubles[0] as number
}
