/** How many stored rows an expiry takes: from the manifest where it says so, else by reading. */
import type { TaskPool } from '#runtime/threads.ts'
import type { Snapshot } from './snapshot.ts'
import type { CountReceivedInput } from './tasks/count-received.ts'

export interface CountReceivedTools {
  readonly pool: TaskPool
  readonly pathOf: (segmentId: number) => string
}

/** Rows received in [fromUs, beforeUs) that are not deleted. */
export async function countReceived(
  { units }: Snapshot,
  { fromUs, beforeUs }: { readonly fromUs: number; readonly beforeUs: number },
  { pool, pathOf }: CountReceivedTools,
): Promise<number> {
  let rows = 0
  const mixed: CountReceivedInput['groups'][number][] = []
  for (const unit of units) {
    if (unit.type !== 'stored') continue
    if (unit.receivedMaxUs < fromUs || unit.receivedMinUs >= beforeUs) continue
    const isWhole = unit.receivedMinUs >= fromUs && unit.receivedMaxUs < beforeUs
    if (isWhole) rows += unit.rows
    else {
      const { segmentId, group, deleted } = unit
      mixed.push({ path: pathOf(segmentId), group, deleted: deleted?.mask ?? null })
    }
  }
  if (mixed.length === 0) return rows
  const input: CountReceivedInput = { groups: mixed, fromUs, beforeUs }
  return rows + (await pool.run<number>('store-count-received', input))
}
