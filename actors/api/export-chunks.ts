/** Exports as text: one chunk a page. */
import { type CsvOptions, csvHead, csvRow } from './csv.ts'
import type { ExportPages } from './export-pages.ts'

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
