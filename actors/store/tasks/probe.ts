/** Task: asks the indexes of row groups which blocks may match, before any of them is read. */
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { ThreadTools } from '#runtime/threads.ts'
import { compilePruner } from '../prune.ts'
import { isCorrupt, type OpenSegment, segmentFiles } from '../segment-files.ts'

export interface ProbeInput {
  /** Row groups of one segment each. */
  readonly segments: readonly { readonly path: string; readonly groups: readonly number[] }[]
  readonly filter: RowFilter
}

export interface ProbeResult {
  /**
   * Per row group, in the order asked: blocks to read as a bit mask; -1 = all, nothing is known.
   */
  readonly blocks: Int32Array
  /** Rows in those blocks; -1 = not known. */
  readonly rows: Int32Array
  /** Segments whose index did not answer. */
  readonly damaged: readonly string[]
}

export function probe({ segments, filter }: ProbeInput, { disk }: ThreadTools): ProbeResult {
  const files = segmentFiles(disk)
  const pruner = compilePruner(filter)
  const count = segments.reduce((sum, { groups }) => sum + groups.length, 0)
  const blocks = new Int32Array(count).fill(-1)
  const rows = new Int32Array(count).fill(-1)
  const damaged: string[] = []
  let at = 0
  for (const { path, groups } of segments) {
    const first = at
    at += groups.length
    const ask = (segment: OpenSegment): void => {
      for (const [i, group] of groups.entries()) {
        const stored = segment.footer.groups[group]
        const index = segment.index(group)
        if (stored === undefined || index === null) {
          if (!damaged.includes(path)) damaged.push(path)
          continue
        }
        const mask = pruner({ group: stored, index, read: segment.read })
        blocks[first + i] = mask
        rows[first + i] = Math.min(stored.rowCount, bitCount(mask) * index.blockRows)
      }
    }
    try {
      files.use(path, ask)
    } catch (error) {
      if (!isCorrupt(error)) throw error
      damaged.push(path)
    }
  }
  return { blocks, rows, damaged }
}

function bitCount(mask: number): number {
  let bits = 0
  for (let rest = mask; rest !== 0; rest &= rest - 1) bits++
  return bits
}
