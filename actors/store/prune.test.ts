import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileMatcher, type RowFilter } from '#actors/processing/matcher.ts'
import { patternOf } from '#actors/processing/patterns/signature.ts'
import { openRows } from '#actors/processing/rows.ts'
import type { RowColumns } from '#proto/columns.ts'
import { openProven } from '#proto/log-batch.ts'
import { formatRowId } from '#proto/row-id.ts'
import { seededRandom } from '#runtime/random.ts'
import { indexFileEnd, RowGroupIndex, readIndexFile } from './parquet/block-index.ts'
import {
  type ReadRange,
  readFooter,
  SegmentBuilder,
  type StoredRowGroup,
} from './parquet/footer.ts'
import { openRowGroup } from './parquet/reader.ts'
import { encodeRowGroup } from './parquet/row-group.ts'
import { chooseAttributes, segmentSchema } from './parquet/schema.ts'
import { compilePruner, rowsOfBlocks } from './prune.ts'
import { hexId, randomLog } from './testing/random-logs.ts'
import { randomSearch, searchAll } from './testing/random-searches.ts'
import { encodeLogs, envelopeOf } from './testing/test-log.ts'

const FROM_US = Date.UTC(2026, 0, 1) * 1_000
const RANGE = { fromUs: FROM_US, toUs: FROM_US + 600_000_000 }

describe('pruning', () => {
  const { group, index, read } = writeGroup(2_000)
  const rows = openRowGroup(read, group)

  test('never leaves out a block with a matching row', () => {
    const random = seededRandom(7)
    let pruned = 0
    for (let i = 0; i < 400; i++) {
      const ranges = { projectIds: ['p'], event: RANGE, received: RANGE }
      const filter = randomSearch(random, ranges)
      const blocks = compilePruner(filter)({ group, index, read })
      const kept = new Set(rowsOfBlocks(blocks, index, rows.count) ?? rows.row.keys())
      for (const row of compileMatcher(filter).select(rows)) {
        assert.ok(kept.has(row), `row ${row} of ${JSON.stringify(filter)}`)
      }
      if (kept.size < rows.count) pruned++
    }
    assert.ok(pruned > 100, `${pruned} filters left something out`)
  })

  test('keeps the first and the last row of every range that ends with one', () => {
    for (const [row, timeUs] of rows.timeUs.entries()) {
      const filter = searchAll('p', { startUs: timeUs, endUs: timeUs + 1 })
      const blocks = compilePruner(filter)({ group, index, read })
      const block = Math.floor(row / index.blockRows)
      assert.ok((blocks & (1 << block)) !== 0, `row ${row} at ${timeUs}`)
    }
  })

  test('finds a row by its id without opening row groups of others', () => {
    const mask = (value: string): number =>
      compilePruner(withTerm({ type: 'field', field: 'id', value }))({ group, index, read })
    const id = compileMatcher(searchAll('p')).select(rows).length > 0 ? idOf(rows, 17) : ''
    assert.notEqual(mask(id), 0)
    assert.equal(mask('0'.repeat(28)), 0)
    assert.equal(mask('no id'), 0)
  })

  test('opens nothing for words, ids, services and keys that are not there', () => {
    const nothing = (filter: RowFilter): void =>
      assert.equal(compilePruner(filter)({ group, index, read }), 0)
    nothing(withTerm({ type: 'field', field: 'no.such.key', value: '1' }))
    nothing(withTerm({ type: 'field', field: 'trace_id', value: hexId(77, 32) }))
    nothing(withTerm({ type: 'field', field: 'trace_id', value: 'short' }))
    nothing(searchAll('p', { services: ['nobody'] }))
    nothing(searchAll('p', { startUs: FROM_US + 36e11 * 10 }))
  })

  test('opens nothing for patterns that are not there, by ids of one or many wordings', () => {
    const { group, index, read } = writeGroup(2_000, n => `order took ${'and '.repeat(n % 7)}`)
    const pairs = openRowGroup(read, group).patternId
    assert.ok(pairs !== null)
    const known = String(patternOf(pairs[6] as number, pairs[7] as number))
    const named = (value: string) => ({ type: 'field', field: 'pattern_id', value }) as const
    const mask = (term: Term): number => compilePruner(withTerm(term))({ group, index, read })
    const all = 2 ** index.blockCount - 1
    assert.equal(mask(named(known)), all)
    assert.equal(mask(named('77')), 0)
    assert.equal(mask(named('none')), 0)
    assert.equal(mask({ type: 'any', terms: [named('77'), named('78')] }), 0)
    assert.equal(mask({ type: 'any', terms: [named('77'), named(known)] }), all)
    assert.equal(mask({ type: 'not', term: named('77') }), all)
    assert.equal(mask({ type: 'exists', field: 'pattern_id' }), all)
    const broken: ReadRange = (offset, length) => {
      const bytes = read(offset, length)
      return bytes.map(byte => byte ^ 1)
    }
    const asked = withTerm(named('77'))
    assert.equal(compilePruner(asked)({ group, index, read: broken }), all, 'damage tells nothing')
  })

  test('block masks name rows in order, all of them by null', () => {
    const few = { blockRows: 3, blockCount: 3 }
    assert.equal(rowsOfBlocks(0b111, few, 8), null)
    assert.deepEqual([...(rowsOfBlocks(0b101, few, 8) ?? [])], [0, 1, 2, 6, 7])
    assert.deepEqual([...(rowsOfBlocks(0, few, 8) ?? [])], [])
  })
})

type Term = RowFilter['query']['terms'][number]

function withTerm(term: Term): RowFilter {
  return searchAll('p', { query: { terms: [term] } })
}

function idOf(rows: RowColumns, row: number): string {
  return formatRowId({
    producerLow: rows.producer[row * 2] as number,
    producerHigh: rows.producer[row * 2 + 1] as number,
    seqLow: rows.seq[row * 2] as number,
    seqHigh: rows.seq[row * 2 + 1] as number,
    row: rows.row[row] as number,
  })
}

function writeGroup(
  count: number,
  messageOf?: (n: number) => string,
): {
  group: StoredRowGroup
  index: RowGroupIndex
  read: ReadRange
} {
  const random = seededRandom(3)
  const logs = Array.from({ length: count }, (_, n) => {
    const log = randomLog(random, RANGE)
    return messageOf === undefined ? log : { ...log, message: messageOf(n) }
  })
  const source = { projectId: 'p', producer: 5n, epoch: 0, sequence: 9, receivedAtUs: RANGE.toUs }
  const opened = openRows(envelopeOf(source, logs), openProven(encodeLogs(logs)))
  const encoded = encodeRowGroup([opened], segmentSchema(chooseAttributes([opened], 64)))
  const builder = new SegmentBuilder(encoded.schema)
  const parts = [builder.header, encoded.bytes, builder.add(encoded), builder.finish(new Map())]
  const file = Buffer.concat(parts)
  const read: ReadRange = (offset, length) => file.subarray(offset, offset + length)
  const indexFile = Buffer.concat([encoded.index, indexFileEnd([encoded.index.length])])
  const readIndex: ReadRange = (offset, length) => indexFile.subarray(offset, offset + length)
  const [location] = readIndexFile(readIndex, indexFile.length)
  const [group] = readFooter(read, file.length).groups
  assert(location !== undefined && group !== undefined)
  return { group, index: new RowGroupIndex(readIndex, location), read }
}
