/** Exports as text: one chunk a page. */

import type { ExportPages } from '#actors/store/export-pages.ts'
import { type CsvOptions, csvHead, csvRow } from './csv.ts'

export type TextChunks = AsyncGenerator<string, void, void>

/** Newline-delimited JSON. */
export async function* lineChunks(pages: ExportPages): TextChunks {
  for await (const rows of pages) if (rows.length > 0) yield `${rows.join('\n')}\n`
}

export async function* csvChunks(pages: ExportPages, options: CsvOptions): TextChunks {
  yield csvHead(options)
  for await (const rows of pages) {
    if (rows.length > 0) yield rows.map(row => csvRow(row, options)).join('')
  }
}
