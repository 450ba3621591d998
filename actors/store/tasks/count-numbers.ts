/** Task: numbers of row groups by service, from what their indexes counted alone. */
import assert from 'node:assert/strict'
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { ThreadTools, Transferred } from '#runtime/threads.ts'
import { Groups, type GroupsPart } from '../analysis/groups.ts'
import type { GroupsWanted } from '../analysis/groups-wanted.ts'
import { NumberTable } from '../analysis/number-table.ts'
import { buffersOf } from '../analysis/numbers.ts'
import { ALL_LEVELS, compileCellFilter } from '../cell-filter.ts'
import { proven } from '../parquet/corrupt.ts'
import type { ServiceNumbers } from '../parquet/number-counts.ts'
import { entriesOf } from '../parquet/reader.ts'
import { columnName } from '../parquet/schema.ts'
import { isCorrupt, type OpenSegment, segmentFiles } from '../segment-files.ts'
import type { CellFilter } from '../tally.ts'
import { answerGroups, type SegmentGroups, type Unanswered } from './answer-groups.ts'

/** Services times different numbers that are held in tables: 16 MB. */
const PLACES_MAX = 2 * 1024 * 1024

export interface CountNumbersInput {
  readonly segments: readonly SegmentGroups[]
  /** One that cells answer: every row of the row groups is in its times. */
  readonly filter: RowFilter
  readonly wanted: GroupsWanted
}

/** Unanswered is also what has more different numbers than are counted. */
export interface NumbersCounted extends Unanswered {
  readonly groups: GroupsPart
}

export function countNumbers(
  { segments, filter, wanted }: CountNumbersInput,
  { disk }: ThreadTools,
): Transferred<NumbersCounted> {
  const sums = new NumberSums(wanted, filter)
  const unanswered = answerGroups(segmentFiles(disk), segments, (segment, group) =>
    sums.add(segment, group),
  )
  const groups = sums.part()
  return { result: { groups, ...unanswered }, transfer: buffersOf(groups.numbers) }
}

/** Numbers of one column of a row group. */
interface CountedColumn {
  readonly numbers: ServiceNumbers
  readonly entries: Float64Array
}

class NumberSums {
  readonly #groups: Groups
  readonly #cells: CellFilter
  /** One of each field. */
  #tables: NumberTable[]

  constructor(wanted: GroupsWanted, filter: RowFilter) {
    const cells = compileCellFilter(filter)
    assert(cells !== null, 'indexes are asked what they can answer')
    this.#groups = new Groups(wanted)
    this.#cells = cells
    this.#tables = wanted.numbers.map(() => new NumberTable())
  }

  /** Adds all of a row group or nothing: false = its rows have to be read. */
  add(segment: OpenSegment, group: number): boolean {
    const index = segment.index(group)
    if (index === null) return false
    const { counts } = index.summary
    const levels = counts.services.map(name => this.#cells.levelsOf(name))
    if (levels.some(mask => mask !== 0 && mask !== ALL_LEVELS)) return false
    const counted = index.numberCounts()
    const fields = this.#groups.wanted.numbers.map(({ field }) =>
      columnsOf(segment, group, field, counted),
    )
    if (!fields.every(columns => columns !== null)) return false
    for (const column of fields.flat()) prove(column, counts.services.length)
    this.#groups.addCells(counts, this.#cells)
    const taken = counts.services.map((name, i) => (levels[i] === 0 ? null : name))
    for (const [i, columns] of fields.entries()) {
      for (const column of columns) addColumn(this.#tables[i] as NumberTable, column, taken)
    }
    if (this.#tables.some(({ places }) => places > PLACES_MAX)) this.#empty()
    return true
  }

  part(): GroupsPart {
    this.#empty()
    return this.#groups.part()
  }

  #empty(): void {
    for (const [i, table] of this.#tables.entries()) this.#groups.addNumbers(i, table)
    this.#tables = this.#tables.map(() => new NumberTable())
  }
}

/** What adding it relies upon: an index and its segment have checksums of their own only. */
function prove({ numbers: { sizes, codes }, entries }: CountedColumn, services: number): void {
  proven(sizes.length === services, 'counts of other services')
  let end = 0
  for (const size of sizes) {
    end += size
    // Codes ascend within a service.
    proven(size === 0 || (codes[end - 1] as number) < entries.length, 'counts of other numbers')
  }
}

/** `services`: by their number; null = one that is not asked for. */
function addColumn(
  table: NumberTable,
  { numbers, entries }: CountedColumn,
  services: readonly (string | null)[],
): void {
  const { sizes, codes, rows } = numbers
  const places = table.placesOf(entries)
  let from = 0
  for (const [i, service] of services.entries()) {
    const end = from + (sizes[i] as number)
    if (service !== null && end > from) {
      table.add(service, places, codes.subarray(from, end), rows.subarray(from, end))
    }
    from = end
  }
}

/** null = damaged: whoever reads the rows will tell. */
function soundEntries(...asked: Parameters<typeof entriesOf>): Float64Array | null {
  try {
    return entriesOf(...asked)
  } catch (error) {
    if (!isCorrupt(error)) throw error
    return null
  }
}

/** null = some number of the field is in no counted column. */
function columnsOf(
  { footer, read }: OpenSegment,
  group: number,
  field: string,
  counted: ReadonlyMap<number, ServiceNumbers>,
): readonly CountedColumn[] | null {
  const stored = footer.groups[group]
  if (stored === undefined || (stored.restKeys?.includes(field) ?? true)) return null
  const names = (['d', 'i'] as const).map(type => columnName({ type, key: field }))
  const found: CountedColumn[] = []
  for (const [place, { name }] of stored.schema.columns.entries()) {
    const chunk = stored.columns[place]
    if (!names.includes(name) || chunk === undefined) continue
    if (chunk.nullCount === chunk.rowCount) continue
    const numbers = counted.get(place)
    const entries = numbers === undefined ? null : soundEntries(read, stored, place)
    if (numbers === undefined || entries === null) return null
    found.push({ numbers, entries })
  }
  return found
}
