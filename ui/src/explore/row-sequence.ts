/**
 * The rows of a list of up to a million, as of now: the newest ones lie in memory, of those further
 * down only the pages around the reader do.
 *
 *   head (RowBook) │ page 0: 2,000 rows │ page 1: only counted │ page 2: 2,000 rows │ …
 */
import type { Row } from '#proto/api.ts'
import type { RowPlace } from './row-order.ts'

export interface DeepPage {
  /** The same however often its rows come and go. */
  readonly key: object
  /** Fetches it. */
  readonly cursor: string
  readonly count: number
  readonly last: RowPlace
  /** null = far from the reader: only counted. */
  readonly rows: readonly Row[] | null
}

export class RowSequence {
  /** Of all rows, whether they are here or not. */
  readonly count: number
  readonly head: readonly Row[]
  readonly pages: readonly DeepPage[]
  /** Index of the first row of each page, and behind the last one. */
  readonly starts: readonly number[]

  constructor(head: readonly Row[], pages: readonly DeepPage[] = []) {
    this.head = head
    this.pages = pages
    const starts = [head.length]
    for (const { count } of pages) starts.push((starts.at(-1) ?? 0) + count)
    this.starts = starts
    this.count = starts.at(-1) ?? 0
  }

  get last(): RowPlace | undefined {
    return this.pages.at(-1)?.last ?? this.head.at(-1)
  }

  /** undefined = it is not here, or there is none. */
  at(index: number): Row | undefined {
    if (index < this.head.length) return this.head[index]
    const page = this.pageAt(index)
    return this.pages[page]?.rows?.[index - (this.starts[page] ?? 0)]
  }

  /** Of those that are here; -1 = it is not among them. */
  indexOf(id: string | null): number {
    const inHead = this.head.findIndex(row => row.id === id)
    if (inHead >= 0) return inHead
    for (const [number, { rows }] of this.pages.entries()) {
      const at = rows?.findIndex(row => row.id === id) ?? -1
      if (at >= 0) return (this.starts[number] ?? 0) + at
    }
    return -1
  }

  /** The rows that are here from `first` on, without a gap, and the index of the first of them. */
  run(first: number, end: number): { readonly first: number; readonly rows: readonly Row[] } {
    let from = first
    while (from < end && this.at(from) === undefined) from++
    const rows: Row[] = []
    for (let index = from; index < end; index++) {
      const row = this.at(index)
      if (row === undefined) break
      rows.push(row)
    }
    return { first: from, rows }
  }

  /** Number of the page with this row; -1 = it is in the head. */
  pageAt(index: number): number {
    let low = 0
    let high = this.starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.starts[middle] ?? 0) <= index) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
