/** Pages of rows below those that always lie in memory: read again where the reader comes back. */
import type { Row, SearchReply } from '#proto/api.ts'
import { compareRows } from './row-order.ts'
import type { DeepPage, RowSequence } from './row-sequence.ts'

export const DEEP_PAGE_ROWS = 2_000
/** Kept on each side of the reader. */
const PAGES_AROUND = 4

export interface ListSizes {
  /** Newest rows that stay in memory. */
  readonly head: number
  /** Of a page below them. */
  readonly page: number
}

export interface Looked {
  /** As they are when they are asked for. */
  readonly rows: () => RowSequence
  readonly first: number
  readonly end: number
}

type ReadPage = (
  cursor: string,
  limit: number,
) => Promise<Pick<SearchReply, 'logs' | 'next_cursor'>>

export class DeepRows {
  readonly #onChange: () => void
  #looked: Looked | null = null
  /** The page that is on its way. */
  #wanted: DeepPage | null = null
  #pages: readonly DeepPage[] = []

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  get fetching(): boolean {
    return this.#wanted !== null
  }

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

  clear(): void {
    if (this.#pages.length > 0) this.#pages = []
    this.#wanted = null
  }

  /** Those rows are in view: pages around them are read, one after the other. */
  look(looked: Looked, read: ReadPage): void {
    this.#looked = looked
    if (this.#pages.length === 0) return
    const wanted = this.#next(looked)
    if (wanted === null || this.#wanted !== null) return
    this.#wanted = wanted
    this.#onChange()
    void this.#fetch(wanted, read)
  }

  async #fetch(page: DeepPage, read: ReadPage): Promise<void> {
    const rows: Row[] = []
    let isRead = true
    try {
      for (let cursor: string | null = page.cursor; cursor !== null && !reaches(page, rows); ) {
        const reply = await read(cursor, page.count)
        rows.push(...reply.logs)
        cursor = reply.next_cursor
      }
    } catch {
      // The next move tries again.
      isRead = false
    }
    // Another search, perhaps: the pages are not these any more.
    if (this.#wanted !== page) return
    this.#wanted = null
    if (isRead) this.#fill(page.key, within(page, rows))
    this.#onChange()
    if (isRead && this.#looked !== null) this.look(this.#looked, read)
  }

  /** Other rows may have come between those of the page since. */
  #fill(key: object, rows: readonly Row[]): void {
    this.#pages = this.#pages.map(page =>
      page.key === key ? { ...page, count: rows.length, rows } : page,
    )
  }

  /** Forgets rows far from those in view, and answers the page that is wanted next. */
  #next({ rows, first, end }: Looked): DeepPage | null {
    const sequence = rows()
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
function reaches({ last }: DeepPage, rows: readonly Row[]): boolean {
  const lowest = rows.at(-1)
  return lowest !== undefined && compareRows(lowest, last) <= 0
}

/** What belongs to the page. */
function within({ last }: DeepPage, rows: readonly Row[]): readonly Row[] {
  return rows.filter(row => compareRows(row, last) >= 0)
}

function between(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
}
