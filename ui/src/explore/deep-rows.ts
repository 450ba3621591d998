/** Pages of rows below those that always lie in memory: read again where the reader comes back. */
import type { Row } from '#proto/api.ts'
import { compareRows } from './row-order.ts'
import type { DeepPage, RowSequence } from './row-sequence.ts'

export const DEEP_PAGE_ROWS = 2_000
/** Kept on each side of the reader. */
const PAGES_AROUND = 4

export class DeepRows {
  #pages: readonly DeepPage[] = []

  /** A new array after every change. */
  get pages(): readonly DeepPage[] {
    return this.#pages
  }

  /** The page that follows; `rows` are newest first. */
  add(cursor: string, rows: readonly Row[]): void {
    const last = rows.at(-1)
    if (last === undefined) return
    const { time, id } = last
    const page = { key: {}, cursor, count: rows.length, last: { time, id }, rows }
    this.#pages = [...this.#pages, page]
  }

  /** The rows of a page that was only counted; others may have come between them since. */
  fill(key: object, rows: readonly Row[]): void {
    this.#pages = this.#pages.map(page =>
      page.key === key ? { ...page, count: rows.length, rows } : page,
    )
  }

  clear(): void {
    if (this.#pages.length > 0) this.#pages = []
  }

  /** Forgets rows far from those in view, and answers the page that is wanted next. */
  look(sequence: RowSequence, first: number, end: number): DeepPage | null {
    const [from, to] = [sequence.pageAt(first), sequence.pageAt(Math.max(first, end - 1))]
    const isFar = (number: number): boolean =>
      number < from - PAGES_AROUND || number > to + PAGES_AROUND
    if (this.#pages.some(({ rows }, number) => rows !== null && isFar(number))) {
      this.#pages = this.#pages.map((page, number) =>
        isFar(number) ? { ...page, rows: null } : page,
      )
    }
    // What is in view first, then what would be with the next turn of the wheel.
    const wanted = [...between(from, to), to + 1, from - 1]
    const found = wanted.map(number => this.#pages[number]).find(page => page?.rows === null)
    return found ?? null
  }
}

/** Whether rows reach down to the last one of their page. */
export function reaches({ last }: DeepPage, rows: readonly Row[]): boolean {
  const lowest = rows.at(-1)
  return lowest !== undefined && compareRows(lowest, last) <= 0
}

/** What belongs to the page. */
export function within({ last }: DeepPage, rows: readonly Row[]): readonly Row[] {
  return rows.filter(row => compareRows(row, last) >= 0)
}

function between(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
}
