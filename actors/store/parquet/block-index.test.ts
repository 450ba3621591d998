import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashTokenText, tokenize } from '#proto/tokens.ts'
import { indexFileEnd, RowGroupIndex, readIndexFile } from './block-index.ts'
import { openRowGroup } from './reader.ts'
import { type EncodedRowGroup, encodeRowGroup } from './row-group.ts'
import { segmentSchema } from './schema.ts'
import { arbitraryParts } from './testing/arbitrary-rows.ts'
import { memoryFile, readerOf } from './testing/memory-file.ts'
import { columnsOf, type PlainRow, plainRows } from './testing/plain-rows.ts'
import { sampleRows } from './testing/sample-rows.ts'

/** The index of a row group and its rows in the order they are stored. */
function indexed(group: EncodedRowGroup): { index: RowGroupIndex; stored: PlainRow[] } {
  const { read, footer } = memoryFile([group])
  const indexes = [Buffer.from('another'), group.index]
  const bytes = Buffer.concat([...indexes, indexFileEnd(indexes.map(({ length }) => length))])
  const locations = readIndexFile(readerOf(bytes), bytes.length)
  const [, location] = locations
  const [first] = footer.groups
  assert(first !== undefined && location !== undefined && locations.length === 2)
  const stored = plainRows(openRowGroup(read, first))
  return { index: new RowGroupIndex(readerOf(bytes), location), stored }
}

function encode(rows: readonly PlainRow[]): EncodedRowGroup {
  return encodeRowGroup([columnsOf(rows)], segmentSchema([]))
}

const levelOf = (row: PlainRow): number => (row.severity - 1) >> 2

function assertKnowsAll(index: RowGroupIndex, stored: readonly PlainRow[]): void {
  for (const [place, row] of stored.entries()) {
    const bit = 1 << Math.floor(place / index.blockRows)
    for (const token of tokenize(row.message)) {
      assert((index.blocksWithToken(hashTokenText(token)) & bit) !== 0, token)
    }
    if (row.traceId !== null) assert(index.mightHaveTrace(Buffer.from(row.traceId, 'hex')))
    if (row.spanId !== null) assert(index.mightHaveSpan(Buffer.from(row.spanId, 'hex')))
    assert((index.blocksInTime(row.timeUs, row.timeUs + 1) & bit) !== 0)
    assert((index.blocksWithLevels(1 << levelOf(row)) & bit) !== 0)
  }
}

test('an index never denies what a row group has', () => {
  const { index, stored } = indexed(encode(sampleRows(8_000)))
  assert(index.tokensUsable && index.blockCount === 16)
  assertKnowsAll(index, stored)
  fc.assert(
    fc.property(arbitraryParts, parts => {
      const small = indexed(
        encodeRowGroup(
          parts.map(part => columnsOf(part)),
          segmentSchema([]),
        ),
      )
      assertKnowsAll(small.index, small.stored)
    }),
    { numRuns: 25 },
  )
})

test('a word that is nowhere is denied by nearly all blocks, an id by nearly all row groups', () => {
  const { index, stored } = indexed(encode(sampleRows(8_000)))
  let named = 0
  for (let word = 0; word < 2_000; word++) {
    for (let mask = index.blocksWithToken(hashTokenText(`absent${word}`)); mask; mask &= mask - 1)
      named++
  }
  assert(named / (2_000 * index.blockCount) < 0.04, `${named} blocks named in vain`)
  let ids = 0
  const known = new Set(stored.map(row => row.traceId))
  for (let id = 0; id < 10_000; id++) {
    const hex = (Math.imul(id, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
    const trace = Buffer.from(`${hex}00000000${hex}ffff0000`, 'hex')
    if (!known.has(trace.toString('hex')) && index.mightHaveTrace(trace)) ids++
  }
  assert(ids < 20, `${ids} of 10000 ids named in vain`)
})

test('a long word that is nowhere names hardly a block, where messages have no long words', () => {
  const { index } = indexed(encode(sampleRows(8_000)))
  let named = 0
  for (let word = 0; word < 2_000; word++) {
    const hash = hashTokenText(`${word}`.padStart(32, 'f'))
    for (let mask = index.blocksWithToken(hash); mask; mask &= mask - 1) named++
  }
  assert(named / (2_000 * index.blockCount) < 0.005, `${named} blocks named in vain`)
})

test('levels and times leave out blocks', () => {
  const rows = sampleRows(8_000)
  const { index, stored } = indexed(encode(rows))
  const all = 2 ** index.blockCount - 1
  const errors = index.blocksWithLevels(1 << 4)
  assert(errors !== 0 && errors !== all)
  assert.equal(index.blocksWithLevels(0b111111), all)
  assert.equal(index.blocksInTime(0, Math.min(...stored.map(row => row.timeUs))), 0)
})

test('a summary counts every row in its minute, service and level', () => {
  const rows = sampleRows(3_000)
  const { summary } = indexed(encode(rows)).index
  const expected = new Map<string, number>()
  for (const row of rows) {
    const key = `${Math.floor(row.timeUs / 60_000_000)} ${row.service} ${levelOf(row)}`
    expected.set(key, (expected.get(key) ?? 0) + 1)
  }
  const { minute, service, level, count, services } = summary.counts
  const found = Array.from(count, (number, cell) => {
    const name = services[service[cell] as number] as string
    return [`${minute[cell]} ${name} ${level[cell]}`, number] as const
  })
  assert.deepEqual(new Map(found), expected)
  assert.equal(found.length, expected.size)
  assert.equal(summary.rowCount, 3_000)
  const times = rows.map(row => row.timeUs)
  assert.deepEqual([summary.timeMinUs, summary.timeMaxUs], [Math.min(...times), Math.max(...times)])
})

test('the index of ordinary logs costs a few bytes a row', () => {
  const { length } = encode(sampleRows(32_768)).index
  assert(length / 32_768 < 6, `${length / 32_768} bytes a row`)
})

test('a group without ids, or of one row, has an index too', () => {
  const [row] = sampleRows(1)
  assert(row !== undefined)
  const { index, stored } = indexed(encode([{ ...row, traceId: null, spanId: null, message: '' }]))
  assertKnowsAll(index, stored)
  assert.equal(index.mightHaveTrace(Buffer.alloc(16)), false)
  assert.equal(index.blocksWithToken(hashTokenText('word')), 0)
})
