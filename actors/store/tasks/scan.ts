/**
 * Task: matches the rows of some units and answers counts, places in order, or groups.
 */
import { compileMatcher, type Matcher, type RowFilter } from '#actors/processing/matcher.ts'
import type { ThreadTools, Transferred } from '#runtime/threads.ts'
import { Groups, type GroupsPart } from '../analysis/groups.ts'
import type { GroupsWanted } from '../analysis/groups-wanted.ts'
import { buffersOf } from '../analysis/numbers.ts'
import { type KeySelection, mergeKeys, NO_KEYS, type RowKeys, selectKeys } from '../row-keys.ts'
import { isCorrupt, type SegmentFiles, segmentFiles } from '../segment-files.ts'
import { Tally, type TallyCounts, type TallyWanted } from '../tally.ts'
import { openUnit, type UnitRef } from '../units.ts'

export interface ScanInput {
  readonly units: readonly UnitRef[]
  readonly filter: RowFilter
  readonly wanted: ScanWanted
}

export interface ScanWanted {
  readonly tally: TallyWanted | null
  readonly keys: KeySelection | null
  readonly groups: GroupsWanted | null
}

export interface ScanResult {
  readonly tally: TallyCounts | null
  readonly keys: RowKeys
  readonly groups: GroupsPart | null
  readonly rowsRead: number
  readonly bytesRead: number
  /** Units that could not be read; nothing of theirs is counted. */
  readonly damaged: readonly { readonly id: number; readonly reason: string }[]
}

export function scan(input: ScanInput, { disk }: ThreadTools): Transferred<ScanResult> {
  const matcher = compileMatcher(input.filter)
  const files = segmentFiles(disk)
  const sum = new Sum(input.wanted)
  const damaged: { id: number; reason: string }[] = []
  const bytesBefore = files.bytesRead
  for (const unit of input.units) {
    try {
      sum.add(scanUnit(unit, { matcher, files, wanted: input.wanted }))
    } catch (error) {
      if (!isCorrupt(error)) throw error
      damaged.push({ id: unit.id, reason: error.message })
    }
  }
  const result = { ...sum.result(), bytesRead: files.bytesRead - bytesBefore, damaged }
  return { result, transfer: buffersOf(result.groups?.numbers ?? []) }
}

interface ScanTools {
  readonly matcher: Matcher
  readonly files: SegmentFiles
  readonly wanted: ScanWanted
}

type UnitResult = Omit<ScanResult, 'damaged' | 'bytesRead'>

/** All of a unit or nothing: damage may show only when the last column is touched. */
function scanUnit(unit: UnitRef, { matcher, files, wanted }: ScanTools): UnitResult {
  const tally = wanted.tally && new Tally(wanted.tally)
  const groups = wanted.groups && new Groups(wanted.groups)
  let keys = NO_KEYS
  let rowsRead = 0
  openUnit(unit, files, ({ rows, live, numberOf, openSome }) => {
    rowsRead += rows.count
    const selected = live(matcher.select(rows))
    if (selected.length === 0) return
    tally?.addRows(rows, selected)
    groups?.addRows(rows, selected)
    if (wanted.keys === null) return
    const found = selectKeys(rows, selected, wanted.keys, openSome)
    for (let i = 0; i < found.count; i++) found.index[i] = numberOf(found.index[i] as number)
    found.unit.fill(unit.id)
    keys = mergeKeys(keys, found, wanted.keys)
  })
  return { tally: tally && tally.counts(), keys, groups: groups && groups.part(), rowsRead }
}

class Sum {
  readonly #wanted: ScanWanted
  readonly #tally: Tally | null
  readonly #groups: Groups | null
  #keys = NO_KEYS
  #rowsRead = 0

  constructor(wanted: ScanWanted) {
    this.#wanted = wanted
    this.#tally = wanted.tally && new Tally(wanted.tally)
    this.#groups = wanted.groups && new Groups(wanted.groups)
  }

  add({ tally, keys, groups, rowsRead }: UnitResult): void {
    this.#rowsRead += rowsRead
    if (tally !== null) this.#tally?.merge(tally)
    if (groups !== null) this.#groups?.merge(groups)
    if (this.#wanted.keys !== null) this.#keys = mergeKeys(this.#keys, keys, this.#wanted.keys)
  }

  result(): UnitResult {
    return {
      tally: this.#tally && this.#tally.counts(),
      keys: this.#keys,
      groups: this.#groups && this.#groups.part(),
      rowsRead: this.#rowsRead,
    }
  }
}
