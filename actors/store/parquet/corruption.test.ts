import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { indexFileEnd, RowGroupIndex, readIndexFile } from './block-index.ts'
import { SegmentCorruptError } from './corrupt.ts'
import { readFooter } from './footer.ts'
import { openRowGroup } from './reader.ts'
import { encodeRowGroup } from './row-group.ts'
import { chooseAttributes, segmentSchema } from './schema.ts'
import { fileOf, indexOf, readerOf } from './testing/memory-file.ts'
import { columnsOf, type PlainRow, plainRows } from './testing/plain-rows.ts'
import { sampleRows } from './testing/sample-rows.ts'

const parts = [columnsOf(sampleRows(3_000)), columnsOf(sampleRows(400).slice(200), 'dictionary')]
// Two attributes have no column, so that the JSON is read as well.
const schema = segmentSchema(chooseAttributes(parts, 3))
const groups = [encodeRowGroup(parts, schema), encodeRowGroup(parts.slice(1), schema)]
const segment = fileOf(groups)
const sound = readAll(segment)

function readAll(bytes: Uint8Array): PlainRow[] {
  const read = readerOf(bytes)
  return readFooter(read, bytes.length).groups.flatMap(group =>
    plainRows(openRowGroup(read, group)),
  )
}

/** The bytes are either refused or still mean the same. */
function assertDetected<Result>(
  damaged: Uint8Array,
  read: (bytes: Uint8Array) => Result,
  whole: Result,
) {
  let result: Result
  try {
    result = read(damaged)
  } catch (error) {
    assert(error instanceof SegmentCorruptError, `unexpected ${String(error)}`)
    assert.equal(error.code, 'LOGBOY_SEGMENT_CORRUPT')
    return
  }
  assert.deepEqual(result, whole)
}

function flipped(bytes: Uint8Array, at: number, bit: number): Buffer {
  const damaged = Buffer.from(bytes)
  damaged[at] = (damaged[at] as number) ^ (1 << bit)
  return damaged
}

test('a flipped bit anywhere in a segment is detected or without meaning', () => {
  fc.assert(
    fc.property(fc.nat(segment.length - 1), fc.nat(7), (at, bit) => {
      assertDetected(flipped(segment, at, bit), readAll, sound)
    }),
    { numRuns: 100 },
  )
})

test('every flipped bit in the headers of pages is detected or without meaning', () => {
  const [group] = readFooter(readerOf(segment), segment.length).groups
  assert(group !== undefined)
  const starts = group.columns.flatMap(({ offset, pages }) => [
    offset,
    ...pages.map(page => page.offset),
  ])
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.nat(31), fc.nat(7), (start, byte, bit) => {
      assertDetected(flipped(segment, group.start + start + byte, bit), readAll, sound)
    }),
    { numRuns: 150 },
  )
})

test('every flipped byte of a footer is detected', () => {
  const { groups: stored } = readFooter(readerOf(segment), segment.length)
  const last = stored.at(-1)
  assert(last !== undefined)
  const end = last.start + last.byteLength
  fc.assert(
    fc.property(fc.integer({ min: end, max: segment.length - 1 }), fc.nat(7), (at, bit) => {
      const damaged = flipped(segment, at, bit)
      assert.throws(() => readFooter(readerOf(damaged), damaged.length), SegmentCorruptError)
    }),
    { numRuns: 300 },
  )
})

test('a segment cut short, or with bytes behind it, is detected', () => {
  fc.assert(
    fc.property(fc.nat(segment.length - 1), length => {
      const cut = segment.subarray(0, length)
      assert.throws(() => readFooter(readerOf(cut), cut.length), SegmentCorruptError)
    }),
    { numRuns: 200 },
  )
  const longer = Buffer.concat([segment, Buffer.alloc(3)])
  assert.throws(() => readFooter(readerOf(longer), longer.length), SegmentCorruptError)
})

test('any bytes in place of a segment are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      const file = Buffer.concat([bytes, Buffer.from([20, 0, 0, 0]), Buffer.from('PAR1')])
      assert.throws(() => readFooter(readerOf(file), file.length), SegmentCorruptError)
    }),
  )
})

const indexes = groups.map(group => group.index)
const indexFile = Buffer.concat([...indexes, indexFileEnd(indexes.map(({ length }) => length))])

/** Everything that an index can be asked. */
function askAll(bytes: Uint8Array): unknown {
  const read = readerOf(bytes)
  return readIndexFile(read, bytes.length).map(location => {
    const index = new RowGroupIndex(read, location)
    const hashes = Array.from({ length: 64 }, (_, n) => Math.imul(n, 0x9e3779b1) >>> 0)
    const ids = sampleRows(64).flatMap(row => (row.traceId === null ? [] : [row.traceId]))
    return {
      summary: index.summary,
      words: hashes.map(hash => index.blocksWithToken(hash)),
      traces: ids.map(id => index.mightHaveTrace(Buffer.from(id, 'hex'))),
      spans: ids.map(id => index.mightHaveSpan(Buffer.from(id, 'hex').subarray(0, 8))),
      times: index.blocksInTime(0, Number.MAX_SAFE_INTEGER),
      levels: index.blocksWithLevels(4),
      numbers: [...index.numberCounts()],
    }
  })
}

test('the index that is damaged here counts numbers', () => {
  assert.ok(groups.some(group => indexOf(group).numberCounts().size > 0))
})

test('a flipped bit anywhere in an index is detected or without meaning', () => {
  const whole = askAll(indexFile)
  fc.assert(
    fc.property(fc.nat(indexFile.length - 1), fc.nat(7), (at, bit) => {
      assertDetected(flipped(indexFile, at, bit), askAll, whole)
    }),
    { numRuns: 500 },
  )
})

test('an index cut short is detected', () => {
  fc.assert(
    fc.property(fc.nat(indexFile.length - 1), length => {
      const cut = indexFile.subarray(0, length)
      assert.throws(() => askAll(cut), SegmentCorruptError)
    }),
  )
})
