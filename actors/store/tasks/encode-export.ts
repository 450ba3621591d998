/** Task: exported rows as one row group. */
import type { Transferred } from '#runtime/threads.ts'
import { type ExportedGroup, encodeExport, exportSchema } from '../parquet/export-rows.ts'

export interface EncodeExportInput {
  /** UTF-8: rows as JSON, a line each. */
  readonly pages: readonly Uint8Array[]
  readonly columns: readonly string[]
}

export function encodeExportPages({
  pages,
  columns,
}: EncodeExportInput): Transferred<ExportedGroup> {
  const decoder = new TextDecoder()
  const rows = pages.flatMap(page => decoder.decode(page).split('\n'))
  const result = encodeExport(rows, exportSchema(columns))
  const { buffer } = result.bytes
  return { result, transfer: buffer instanceof ArrayBuffer ? [buffer] : [] }
}
