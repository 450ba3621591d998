/** Which blocks of a row group may have matching rows, asked of its index: never too few. */
import { rowsWithId } from '#actors/processing/id-filter.ts'
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { QueryTerm } from '#proto/query.ts'
import { joinInt64, parseRowId } from '#proto/row-id.ts'
import { hashTokenText } from '#proto/tokens.ts'
import type { RowGroupIndex } from './parquet/block-index.ts'
import { SegmentCorruptError } from './parquet/corrupt.ts'
import type { ReadRange, StoredRowGroup } from './parquet/footer.ts'
import { openRowGroup } from './parquet/reader.ts'
import { ALL_LEVELS, compileCellFilter, levelMask } from './plan.ts'
import type { CellFilter, Cells } from './tally.ts'

/** Columns of a row that are no attributes. */
const ROW_FIELDS = new Set(['level', 'service', 'host', 'file', 'severity_text', 'message'])

/** Bit b set = block b has to be read; 0 = nothing to find here. */
export type BlockMask = number

/** What is known of a row group; `read` reads the segment that it is in. */
export interface PrunedGroup {
  readonly group: StoredRowGroup
  readonly index: RowGroupIndex
  readonly read: ReadRange
}

/** Compiles a filter into a question to indexes, asked of one row group after the other. */
export function compilePruner(filter: RowFilter): (pruned: PrunedGroup) => BlockMask {
  const fields = filter.query.terms.filter(term => term.type === 'field')
  const cells = compileCellFilter({ ...filter, query: { terms: fields.filter(isOfCells) } })
  const mask = levelMask(filter)
  return pruned => {
    const { index } = pruned
    if (cells !== null && !hasCell(index.summary.counts, cells)) return 0
    let blocks = allBlocks(index)
    if (mask !== ALL_LEVELS) blocks &= index.blocksWithLevels(mask)
    blocks &= index.blocksInTime(filter.startUs, filter.endUs)
    for (const term of filter.query.terms) {
      if (blocks === 0) return 0
      blocks &= blocksOfTerm(term, pruned)
    }
    return blocks
  }
}

/** Levels, services and whole minutes may leave no row at all. */
function hasCell({ services, minute, service, level }: Cells, filter: CellFilter): boolean {
  const takes = services.map(name => filter.takesService(name))
  for (let cell = 0; cell < minute.length; cell++) {
    const at = minute[cell] as number
    if (at < filter.firstMinute || at > filter.lastMinute) continue
    if ((filter.levels & (1 << (level[cell] as number))) === 0) continue
    if (takes[service[cell] as number]) return true
  }
  return false
}

function isOfCells(term: QueryTerm): boolean {
  return term.type === 'field' && (term.field === 'level' || term.field === 'service')
}

export function allBlocks(index: RowGroupIndex): BlockMask {
  return 2 ** index.blockCount - 1
}

/** Row numbers of the blocks, ascending; null = all rows of the group. */
export function rowsOfBlocks(
  blocks: BlockMask,
  index: { readonly blockRows: number; readonly blockCount: number },
  rowCount: number,
): Uint32Array | null {
  if (blocks === 2 ** index.blockCount - 1) return null
  const rows = new Uint32Array(rowCount)
  let count = 0
  for (let block = 0; block < index.blockCount; block++) {
    if ((blocks & (1 << block)) === 0) continue
    const end = Math.min(rowCount, (block + 1) * index.blockRows)
    for (let row = block * index.blockRows; row < end; row++) rows[count++] = row
  }
  return rows.subarray(0, count)
}

function blocksOfTerm(term: QueryTerm, pruned: PrunedGroup): BlockMask {
  const { group, index } = pruned
  if (term.type === 'phrase') {
    const blocks = blocksOfPhrase(term.tokens, index)
    return term.hex === null ? blocks : blocks | blocksOfHex(term.hex, pruned)
  }
  const { field, value } = term
  if (field === 'id') return mayHaveId(group, value) ? allBlocks(index) : 0
  if (field === 'trace_id' || field === 'span_id') {
    if (mayHaveAttribute(group, field)) return allBlocks(index)
    const width = field === 'trace_id' ? 32 : 16
    return value.length === width ? blocksOfHex(value, pruned) : 0
  }
  if (ROW_FIELDS.has(field) || mayHaveAttribute(group, field)) return allBlocks(index)
  return 0
}

function blocksOfPhrase(tokens: readonly string[], index: RowGroupIndex): BlockMask {
  let blocks = allBlocks(index)
  if (!index.tokensUsable) return blocks
  for (const token of tokens) blocks &= index.blocksWithToken(hashTokenText(token))
  return blocks
}

function blocksOfHex(hex: string, { group, index, read }: PrunedGroup): BlockMask {
  if (!/^[0-9a-f]+$/i.test(hex)) return 0
  const id = Buffer.from(hex, 'hex')
  const isTrace = hex.length === 32
  if (!(isTrace ? index.mightHaveTrace(id) : index.mightHaveSpan(id))) return 0
  try {
    // A filter knows of the whole row group; ids are read faster than all messages.
    const rows = openRowGroup(read, group)
    let blocks = 0
    for (const row of rowsWithId(isTrace ? rows.traceId : rows.spanId, rows.count, id)) {
      blocks |= 1 << Math.floor(row / index.blockRows)
    }
    return blocks
  } catch (error) {
    if (!(error instanceof SegmentCorruptError)) throw error
    // Whoever reads the rows will tell of it.
    return allBlocks(index)
  }
}

/** True if producer and sequence of a row id lie within what the row group has. */
function mayHaveId(group: StoredRowGroup, text: string): boolean {
  const id = parseRowId(text)
  if (id === null) return false
  return (
    mayHaveInt64(group, 'producer', joinInt64(id.producerLow, id.producerHigh)) &&
    mayHaveInt64(group, 'seq', joinInt64(id.seqLow, id.seqHigh))
  )
}

function mayHaveInt64({ schema, columns }: StoredRowGroup, name: string, value: bigint): boolean {
  const column = columns[schema.columns.findIndex(each => each.name === name)]
  const { min, max } = column ?? { min: null, max: null }
  if (min === null || max === null) return true
  return readInt64(min) <= value && value <= readInt64(max)
}

/** Parquet's plain encoding of an INT64. */
function readInt64(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigInt64(0, true)
}

/** True if a row may have the attribute in a column of its own or in the JSON column. */
function mayHaveAttribute(group: StoredRowGroup, key: string): boolean {
  return (
    group.restKeys === null ||
    group.restKeys.includes(key) ||
    group.schema.attributes.some(attribute => attribute.key === key)
  )
}
