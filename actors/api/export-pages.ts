/** All rows of a search, page by page: no more of them are in memory than one page has. */
import type { LogStore, SearchPlanInput } from '#actors/store/store.ts'

/** Pages of rows as JSON text. */
export type ExportPages = AsyncGenerator<readonly string[], void, void>

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
  for (let left = limit; left > 0; ) {
    const page = await search({ ...input, cursor, limit: Math.min(left, PAGE_ROWS) })
    yield page.logs
    left -= page.logs.length
    cursor = page.next_cursor
    if (cursor === null) return
  }
}
