/** All rows of a search, page by page: no more of them are in memory than one page has. */
import { TooMuchMemoryError } from './query-memory.ts'
import type { LogStore, SearchPlanInput } from './store.ts'

/** Pages of rows as JSON text. */
export type ExportPages = AsyncGenerator<readonly string[], void, void>

/** Very long rows come in smaller pages, one by one at the least. */
async function smallEnough(
  rows: number,
  search: (rows: number) => ReturnType<LogStore['search']>,
): ReturnType<LogStore['search']> {
  try {
    return await search(rows)
  } catch (error) {
    const { cause } = error as Error
    const isTooLong = cause instanceof TooMuchMemoryError && cause.held === 'rows'
    if (!isTooLong || rows === 1) throw error
    return await smallEnough(Math.floor(rows / 2), search)
  }
}

/** Rows of a page; each may be a quarter of a megabyte, most are half a kilobyte. */
const PAGE_ROWS = 500

/**
 * Yields rows as JSON text, at most `limit`. Rows that arrive meanwhile may appear, none is left
 * out or repeated.
 */
export async function* exportPages(
  input: SearchPlanInput,
  limit: number,
  search: (page: SearchPlanInput) => ReturnType<LogStore['search']>,
): ExportPages {
  let cursor = input.cursor
  let rows = PAGE_ROWS
  for (let left = limit; left > 0; ) {
    const page = await smallEnough(Math.min(left, rows), each =>
      search({ ...input, cursor, limit: each }),
    )
    rows = Math.min(PAGE_ROWS, 2 * Math.max(1, page.logs.length))
    yield page.logs
    left -= page.logs.length
    cursor = page.next_cursor
    if (cursor === null) return
  }
}
