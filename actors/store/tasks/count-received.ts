/** Task: counts rows of row groups by receive time: what an expiry takes from a mixed row group. */
import type { ThreadTools } from '#runtime/threads.ts'
import { hasRow, openDeleted } from '../deleted-rows.ts'
import { openRowGroup } from '../parquet/reader.ts'
import { segmentFiles } from '../segment-files.ts'

export interface CountReceivedInput {
  readonly groups: readonly {
    readonly path: string
    readonly group: number
    /** Rows that do not count (deleted-rows.ts); null = all do. */
    readonly deleted: string | null
  }[]
  /** Receive time in µs, [from, before). */
  readonly fromUs: number
  readonly beforeUs: number
}

export function countReceived(
  { groups, fromUs, beforeUs }: CountReceivedInput,
  { disk }: ThreadTools,
): number {
  const files = segmentFiles(disk)
  let count = 0
  for (const { path, group, deleted } of groups) {
    const gone = deleted === null ? null : openDeleted(deleted)
    files.use(path, ({ footer, read }) => {
      const stored = footer.groups[group]
      if (stored === undefined) throw new Error(`no row group ${group} in ${path}`)
      for (const [row, us] of openRowGroup(read, stored).receivedAtUs.entries()) {
        if (us >= fromUs && us < beforeUs && !(gone && hasRow(gone, row))) count++
      }
    })
  }
  return count
}
