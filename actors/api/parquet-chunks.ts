/** An export as Parquet: row groups as they fill, encoded on a worker, the footer at the end. */

import type { ExportPages } from '#actors/store/export-pages.ts'
import { type ExportedGroup, exportSchema } from '#actors/store/parquet/export-rows.ts'
import { SegmentBuilder } from '#actors/store/parquet/footer.ts'
import type { EncodeExportInput } from '#actors/store/tasks/encode-export.ts'
import { EXPORT_GROUP_BYTES, EXPORT_GROUP_ROWS } from '#proto/limits.ts'
import type { TaskPool } from '#runtime/threads.ts'

interface ExportTools {
  readonly pool: Pick<TaskPool, 'run'>
  readonly signal: AbortSignal
}

/** A file that is cut off has no footer, so nobody takes it for the whole. */
export async function* parquetChunks(
  pages: ExportPages,
  columns: readonly string[],
  { pool, signal }: ExportTools,
): AsyncGenerator<Uint8Array, void, void> {
  const file = new SegmentBuilder(exportSchema(columns))
  yield file.header
  for await (const filled of rowGroups(pages)) {
    const input: EncodeExportInput = { pages: filled, columns }
    const transfer = filled.map(({ buffer }) => buffer)
    const group = await pool.run<ExportedGroup>('encode-export', input, { transfer, signal })
    yield group.bytes
    file.add(group.layout)
  }
  yield file.finish(new Map())
}

/** Pages as bytes, which cross to the worker without being copied; together one row group. */
async function* rowGroups(
  pages: ExportPages,
): AsyncGenerator<readonly Uint8Array<ArrayBuffer>[], void, void> {
  let [filled, rows, bytes]: [Uint8Array<ArrayBuffer>[], number, number] = [[], 0, 0]
  for await (const page of pages) {
    if (page.length === 0) continue
    const encoded = new TextEncoder().encode(page.join('\n'))
    filled.push(encoded)
    rows += page.length
    bytes += encoded.length
    if (rows < EXPORT_GROUP_ROWS && bytes < EXPORT_GROUP_BYTES) continue
    yield filled
    ;[filled, rows, bytes] = [[], 0, 0]
  }
  if (filled.length > 0) yield filled
}
