import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFooter, SegmentBuilder } from './footer.ts'
import { openRowGroup } from './reader.ts'
import { encodeRowGroup } from './row-group.ts'
import { segmentSchema, unionSchema } from './schema.ts'
import { fileOf, memoryFile, readerOf } from './testing/memory-file.ts'
import { byIdentity, columnsOf, plainRows } from './testing/plain-rows.ts'
import { sampleRows } from './testing/sample-rows.ts'

const first = sampleRows(5_000)
const second = sampleRows(5_200).slice(5_000)
const status = segmentSchema([{ type: 'i', key: 'status' }])
const path = segmentSchema([{ type: 's', key: 'path' }])

test('a footer tells what was written', () => {
  const { footer } = memoryFile([encodeRowGroup([columnsOf(first)], status)])
  assert.equal(footer.rowCount, 5_000)
  assert.deepEqual([...footer.metadata], [['written-by', 'a test']])
  assert.deepEqual(footer.schema, status)
  const [group] = footer.groups
  assert(group !== undefined)
  assert.deepEqual(group.restKeys, ['cached', 'duration_ms', 'path', 'tags'])
  const bounds = group.columns[0]
  const min = Buffer.from(bounds?.min ?? []).readBigInt64LE()
  assert.equal(Number(min), Math.min(...first.map(row => row.timeUs)))
})

test('row groups of other files are copied byte for byte into one with more columns', () => {
  const sources = [
    memoryFile([encodeRowGroup([columnsOf(first)], status)]),
    memoryFile([
      encodeRowGroup([columnsOf(second)], path),
      encodeRowGroup([columnsOf(first.slice(0, 9))], path),
    ]),
  ]
  const union = unionSchema(
    sources.map(source => source.footer.schema),
    64,
  )
  assert(union !== null)
  const copy = copyAll(sources, union)
  const read = readerOf(copy)
  const footer = readFooter(read, copy.length)
  assert.deepEqual(footer.schema, union)
  assert.deepEqual(
    footer.groups.map(group => group.schema),
    [status, path, path],
  )
  const found = footer.groups.map(group => byIdentity(plainRows(openRowGroup(read, group))))
  assert.deepEqual(found, [first, second, first.slice(0, 9)].map(byIdentity))
  // A copy of the copy is the same file: what was added for missing columns is not taken along.
  assert.deepEqual(copyAll([{ bytes: copy, read, footer }], union), copy)
})

function copyAll(
  sources: readonly ReturnType<typeof memoryFile>[],
  schema: ReturnType<typeof segmentSchema>,
): Buffer {
  const builder = new SegmentBuilder(schema)
  const parts = [builder.header]
  for (const { read, footer } of sources) {
    for (const group of footer.groups) {
      parts.push(read(group.start, group.byteLength), builder.add(group))
    }
  }
  parts.push(builder.finish(new Map()))
  return Buffer.concat(parts)
}

test('a footer larger than one read is read whole', () => {
  const groups = Array.from({ length: 100 }, (_, index) =>
    encodeRowGroup([columnsOf(first.slice(index * 30, index * 30 + 30))], status),
  )
  const bytes = fileOf(groups)
  const footer = readFooter(readerOf(bytes), bytes.length)
  const last = footer.groups.at(-1)
  assert(last !== undefined && bytes.length - last.start - last.byteLength > 64 * 1024)
  assert.equal(footer.groups.length, 100)
  assert.equal(footer.rowCount, 3_000)
})
