/** Task: the wordings of some units that are not known yet, each from one of its messages. */
import { patternOf, signMessages } from '#actors/processing/patterns/signature.ts'
import { type Template, templateOf } from '#actors/processing/patterns/template.ts'
import { entryOf, type RowColumns } from '#proto/columns.ts'
import type { ThreadTools } from '#runtime/threads.ts'
import type { KnownIds, Wordings } from '../known-wordings.ts'
import { isCorrupt, segmentFiles } from '../segment-files.ts'
import { type OpenedRows, openUnit, type UnitRef } from '../units.ts'

export interface FindWordingsInput {
  readonly units: readonly UnitRef[]
  readonly known: KnownIds
}

/** Damaged units have none: whoever reads their rows tells of it. */
export function findWordings({ units, known }: FindWordingsInput, { disk }: ThreadTools): Wordings {
  const files = segmentFiles(disk)
  const seen = new Set(known.ids)
  const found = new Map<number, Template>()
  for (const unit of units) {
    try {
      openUnit(unit, files, opened => {
        const fresh = freshRows(opened.rows, { seen, largest: known.largest })
        for (const [id, template] of templatesOf(opened, fresh)) {
          seen.add(id)
          found.set(id, template)
        }
      })
    } catch (error) {
      if (!isCorrupt(error)) throw error
    }
  }
  return found
}

/** The first row of each id that was not seen, ascending by row. */
function freshRows(
  rows: RowColumns,
  { seen, largest }: { readonly seen: ReadonlySet<number>; readonly largest: number },
): Map<number, number> {
  const pairs = rows.patternId ?? signMessages(rows.message, rows.count)
  const fresh = new Map<number, number>()
  let low = 0
  let high = 0
  for (let row = 0; row < rows.count; row++) {
    // Alike rows stand side by side.
    if (pairs[2 * row] === low && pairs[2 * row + 1] === high) continue
    low = pairs[2 * row] as number
    high = pairs[2 * row + 1] as number
    const id = patternOf(low, high)
    if (id <= largest && !seen.has(id) && !fresh.has(id)) fresh.set(id, row)
  }
  return fresh
}

function templatesOf(
  { rows, openSome }: OpenedRows,
  fresh: ReadonlyMap<number, number>,
): (readonly [number, Template])[] {
  if (fresh.size === 0) return []
  const wanted = Uint32Array.from(fresh.values())
  const { message } = openSome === null ? rows : openSome(wanted)
  const { heap, offsets } = message
  return Array.from(fresh, ([id, row], i) => {
    const entry = entryOf(message, openSome === null ? row : i)
    const [start, end] = [offsets[entry] as number, offsets[entry + 1] as number]
    return [id, templateOf(heap, start, end)] as const
  })
}
