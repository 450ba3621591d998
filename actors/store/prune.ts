/** Which blocks of a row group may have matching rows, asked of its index: never too few. */
import { rowsWithId } from '#actors/processing/id-filter.ts'
import type { RowFilter } from '#actors/processing/matcher.ts'
import { patternsNamed } from '#actors/processing/patterns/pattern-groups.ts'
import { patternOf } from '#actors/processing/patterns/signature.ts'
import { int64Range, numberRange } from '#actors/processing/value-number.ts'
import { fieldKind } from '#proto/query/field-kind.ts'
import { levelsOf } from '#proto/query/level-condition.ts'
import { rangeKind } from '#proto/query/range-kind.ts'
import { spanOf } from '#proto/query/times.ts'
import type { QueryLeaf, QueryTerm } from '#proto/query/tree.ts'
import { joinInt64, parseRowId } from '#proto/row-id.ts'
import { hashTokenText } from '#proto/tokens.ts'
import { ALL_LEVELS, levelMask, maskOf, mayFilter } from './cell-filter.ts'
import type { RowGroupIndex } from './parquet/block-index.ts'
import { SegmentCorruptError } from './parquet/corrupt.ts'
import type { ReadRange, StoredRowGroup } from './parquet/footer.ts'
import { openRowGroup, patternsOf } from './parquet/reader.ts'
import { columnName } from './parquet/schema.ts'
import type { CellFilter, Cells } from './tally.ts'

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
  const cells = mayFilter(filter)
  const mask = levelMask(filter)
  return pruned => {
    const { index } = pruned
    if (!hasCell(index.summary.counts, cells)) return 0
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
  const taken = services.map(name => filter.levelsOf(name))
  for (let cell = 0; cell < minute.length; cell++) {
    const at = minute[cell] as number
    if (at < filter.firstMinute || at > filter.lastMinute) continue
    const levels = taken[service[cell] as number] as number
    if ((levels & (1 << (level[cell] as number))) !== 0) return true
  }
  return false
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
  switch (term.type) {
    case 'all':
      return term.terms.reduce(
        (blocks, each) => (blocks === 0 ? 0 : blocks & blocksOfTerm(each, pruned)),
        allBlocks(pruned.index),
      )
    case 'any': {
      // A pattern may have very many wordings.
      const patterns = patternsNamed(term)
      if (patterns !== null) return blocksOfPatterns(patterns, pruned)
      return term.terms.reduce((blocks, each) => blocks | blocksOfTerm(each, pruned), 0)
    }
    // An index knows what may match, so that of the others it knows nothing; levels were asked.
    case 'not':
      return allBlocks(pruned.index)
    default:
      return blocksOfLeaf(term, pruned)
  }
}

function blocksOfLeaf(leaf: QueryLeaf, pruned: PrunedGroup): BlockMask {
  const { group, index } = pruned
  if (leaf.type === 'phrase') {
    const blocks = blocksOfPhrase(leaf.tokens, index)
    return leaf.hex === null ? blocks : blocks | blocksOfHex(leaf.hex, pruned)
  }
  const { field } = leaf
  const kind = field === null ? 'message' : fieldKind(field)
  if (field === null || kind === 'message' || kind === 'name') return allBlocks(index)
  switch (kind) {
    case 'level':
      return index.blocksWithLevels(maskOf(levelsOf(leaf)))
    case 'time': {
      if (leaf.type !== 'range' || field !== 'time') return allBlocks(index)
      const { fromUs, toUs } = spanOf(leaf)
      return index.blocksInTime(fromUs, toUs)
    }
    case 'id': {
      const isWhole = leaf.type === 'field' || leaf.type === 'exact'
      return isWhole && !mayHaveId(group, leaf.value) ? 0 : allBlocks(index)
    }
    case 'trace': {
      if (mayHaveAttribute(group, field)) return allBlocks(index)
      if (leaf.type !== 'field' && leaf.type !== 'exact') return allBlocks(index)
      const width = field === 'trace_id' ? 32 : 16
      return leaf.value.length === width ? blocksOfHex(leaf.value, pruned) : 0
    }
    case 'pattern': {
      const patterns = patternsNamed(leaf)
      return patterns === null ? allBlocks(index) : blocksOfPatterns(patterns, pruned)
    }
    case 'attribute':
      return mayHaveValue(group, field, leaf) ? allBlocks(index) : 0
  }
}

function blocksOfPhrase(tokens: readonly string[], index: RowGroupIndex): BlockMask {
  let blocks = allBlocks(index)
  if (!index.tokensUsable) return blocks
  for (const token of tokens) blocks &= index.blocksWithToken(hashTokenText(token))
  return blocks
}

/** All or none: the column itself is read as fast as it would be here. */
function blocksOfPatterns(ids: readonly number[], { group, index, read }: PrunedGroup): BlockMask {
  return unlessCorrupt(index, () => {
    const pairs = patternsOf(read, group)
    if (pairs === null) return allBlocks(index)
    const wanted = new Set(ids)
    for (let at = 0; at < pairs.length; at += 2) {
      if (wanted.has(patternOf(pairs[at] as number, pairs[at + 1] as number))) {
        return allBlocks(index)
      }
    }
    return 0
  })
}

/** Of what is damaged, whoever reads the rows will tell. */
function unlessCorrupt(index: RowGroupIndex, ask: () => BlockMask): BlockMask {
  try {
    return ask()
  } catch (error) {
    if (!(error instanceof SegmentCorruptError)) throw error
    return allBlocks(index)
  }
}

function blocksOfHex(hex: string, { group, index, read }: PrunedGroup): BlockMask {
  if (!/^[0-9a-f]+$/i.test(hex)) return 0
  const id = Buffer.from(hex, 'hex')
  const isTrace = hex.length === 32
  if (!(isTrace ? index.mightHaveTrace(id) : index.mightHaveSpan(id))) return 0
  return unlessCorrupt(index, () => {
    // A filter knows of the whole row group; ids are read faster than all messages.
    const rows = openRowGroup(read, group)
    let blocks = 0
    for (const row of rowsWithId(isTrace ? rows.traceId : rows.spanId, rows.count, id)) {
      blocks |= 1 << Math.floor(row / index.blockRows)
    }
    return blocks
  })
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

function mayHaveInt64(group: StoredRowGroup, name: string, value: bigint): boolean {
  const { min, max } = boundsOf(group, name)
  if (min === null || max === null) return true
  return readInt64(min) <= value && value <= readInt64(max)
}

/** Parquet's plain encoding of an INT64. */
function readInt64(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigInt64(0, true)
}

/** Parquet's plain encoding of a DOUBLE. */
function readDouble(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(0, true)
}

/** True if a row may have the attribute, with a value that lies within a range of numbers. */
function mayHaveValue(group: StoredRowGroup, key: string, leaf: QueryLeaf): boolean {
  if (!mayHaveAttribute(group, key)) return false
  if (leaf.type !== 'range' || rangeKind(leaf) !== 'number') return true
  const isInRest = group.restKeys === null || group.restKeys.includes(key)
  const range = numberRange(leaf)
  if (isInRest || range === null) return range !== null
  return group.schema.attributes.some(attribute => {
    if (attribute.key !== key) return false
    const { min, max } = boundsOf(group, columnName(attribute))
    switch (attribute.type) {
      case 'i': {
        const whole = int64Range(range)
        if (whole === null || min === null || max === null) return whole !== null
        return readInt64(min) <= whole.last && readInt64(max) >= whole.first
      }
      case 'd': {
        if (min === null || max === null) return true
        const { from, to } = range
        return (
          (to === null || readDouble(min) <= to.number) &&
          (from === null || readDouble(max) >= from.number)
        )
      }
      // Arrays have numbers, too.
      case 'j':
        return true
      default:
        return false
    }
  })
}

function boundsOf({ schema, columns }: StoredRowGroup, name: string): ColumnBounds {
  const column = columns[schema.columns.findIndex(each => each.name === name)]
  return column ?? { min: null, max: null }
}

type ColumnBounds = Pick<StoredRowGroup['columns'][number], 'min' | 'max'>

/** True if a row may have the attribute in a column of its own or in the JSON column. */
function mayHaveAttribute(group: StoredRowGroup, key: string): boolean {
  return (
    group.restKeys === null ||
    group.restKeys.includes(key) ||
    group.schema.attributes.some(attribute => attribute.key === key)
  )
}
