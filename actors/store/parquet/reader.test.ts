import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '#runtime/random.ts'
import type { ReadRange } from './footer.ts'
import { openRowGroup } from './reader.ts'
import { encodeRowGroup } from './row-group.ts'
import { chooseAttributes, segmentSchema, type TimeUnit } from './schema.ts'
import { arbitraryParts } from './testing/arbitrary-rows.ts'
import { memoryFile } from './testing/memory-file.ts'
import { byIdentity, columnsOf, plainRows } from './testing/plain-rows.ts'
import { sampleRows } from './testing/sample-rows.ts'

const rows = sampleRows(6_000)
const parts = [columnsOf(rows)]
const schema = segmentSchema(chooseAttributes(parts, 3))
const file = memoryFile([encodeRowGroup(parts, schema)])
const [group] = file.footer.groups
assert(group !== undefined)

/** Counts the bytes that are read. */
function counting(read: ReadRange): { readonly read: ReadRange; bytes: number } {
  const counted = {
    bytes: 0,
    read(offset: number, length: number) {
      counted.bytes += length
      return read(offset, length)
    },
  }
  return counted
}

function pagesOf(name: string): number {
  const index = group?.schema.columns.findIndex(column => column.name === name) ?? -1
  return group?.columns[index]?.pages.length ?? 0
}

test('thousands of rows come back, long columns in several pages', () => {
  assert(pagesOf('message') === 3 && pagesOf('time') === 1)
  assert.deepEqual(byIdentity(plainRows(openRowGroup(file.read, group))), byIdentity(rows))
})

test('whole milliseconds come back as the microseconds that they are, a byte a row smaller', () => {
  const random = seededRandom(5)
  const startUs = Date.UTC(2026, 4, 1) * 1_000
  const whole = rows.map(row => ({ ...row, timeUs: startUs + random.below(3_600_000) * 1_000 }))
  const fileIn = (unit: TimeUnit) =>
    memoryFile([encodeRowGroup([columnsOf(whole)], segmentSchema(schema.attributes, unit))])
  const [ms, us] = [fileIn('ms'), fileIn('us')]
  assert.equal(ms.footer.schema.timeUnit, 'ms')
  const [only] = ms.footer.groups
  assert(only !== undefined)
  assert.deepEqual(byIdentity(plainRows(openRowGroup(ms.read, only))), byIdentity(whole))
  assert(ms.bytes.length < us.bytes.length - rows.length)
})

test('picked rows are those of the whole, whatever is picked', () => {
  const whole = plainRows(openRowGroup(file.read, group))
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(rows.length - 1), { maxLength: 60 }), picked => {
      const wanted = Uint32Array.from(picked).sort()
      const found = plainRows(openRowGroup(file.read, group, wanted))
      assert.deepEqual(
        found,
        [...wanted].map(row => whole[row]),
      )
    }),
    { numRuns: 15 },
  )
  const block = Uint32Array.from({ length: 2_048 }, (_, index) => 2_048 + index)
  assert.deepEqual(plainRows(openRowGroup(file.read, group, block)), whole.slice(2_048, 4_096))
})

test('picked rows of any columns are those of the whole', () => {
  fc.assert(
    fc.property(arbitraryParts, fc.array(fc.boolean()), fc.nat(8), (some, bits, cap) => {
      const columns = some.map(part => columnsOf(part, 'dictionary'))
      const small = memoryFile([
        encodeRowGroup(columns, segmentSchema(chooseAttributes(columns, cap))),
      ])
      const [stored] = small.footer.groups
      assert(stored !== undefined)
      const whole = plainRows(openRowGroup(small.read, stored))
      const wanted = Uint32Array.from(whole.keys()).filter(row => bits[row % (bits.length || 1)])
      assert.deepEqual(
        plainRows(openRowGroup(small.read, stored, wanted)),
        [...wanted].map(row => whole[row]),
      )
    }),
    { numRuns: 40 },
  )
})

test('a column is read when it is touched, once', () => {
  const counted = counting(file.read)
  const opened = openRowGroup(counted.read, group)
  assert.equal(counted.bytes, 0)
  void opened.severity
  const afterOne = counted.bytes
  assert(afterOne > 0 && afterOne < 5_000, `${afterOne} bytes`)
  void opened.severity
  assert.equal(counted.bytes, afterOne)
  assert(opened.attributes.length > 0)
})

test('one row of a long column costs one page', () => {
  const all = counting(file.read)
  void openRowGroup(all.read, group).message
  const one = counting(file.read)
  void openRowGroup(one.read, group, Uint32Array.of(5_000)).message
  assert(one.bytes * 2 < all.bytes, `${one.bytes} of ${all.bytes} bytes`)
})

test('opened rows can be encoded again, alone and with others', () => {
  const opened = openRowGroup(file.read, group)
  const more = sampleRows(6_100).slice(6_000)
  const again = [opened, columnsOf(more)]
  const wider = segmentSchema(chooseAttributes(again, 64))
  assert(wider.attributes.length > schema.attributes.length)
  const next = memoryFile([encodeRowGroup(again, wider)])
  const [stored] = next.footer.groups
  assert(stored !== undefined)
  assert.deepEqual(stored.restKeys, [])
  const found = plainRows(openRowGroup(next.read, stored))
  assert.deepEqual(byIdentity(found), byIdentity([...rows, ...more]))
})

test('columns in shared memory are written like others', () => {
  const shared = (bytes: Uint8Array): Uint8Array => {
    const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
    copy.set(bytes)
    return copy
  }
  const [plain] = parts
  assert(plain !== undefined)
  const columns = {
    ...plain,
    message: { ...plain.message, heap: shared(plain.message.heap) },
    service: { ...plain.service, heap: shared(plain.service.heap) },
    traceId: { ...plain.traceId, heap: shared(plain.traceId.heap) },
    attributes: plain.attributes.map(column =>
      'texts' in column
        ? { ...column, texts: { ...column.texts, heap: shared(column.texts.heap) } }
        : column,
    ),
  }
  const { read, footer } = memoryFile([encodeRowGroup([columns], schema)])
  const [stored] = footer.groups
  assert(stored !== undefined)
  assert.deepEqual(byIdentity(plainRows(openRowGroup(read, stored))), byIdentity(rows))
})

test('of two columns of one key and type both keep their values', () => {
  const some = sampleRows(4).map((row, index) => ({
    ...row,
    attributes: { 's.a': `value ${index}` },
  }))
  const part = columnsOf(some)
  const [first] = part.attributes
  assert(first !== undefined && first.type === 's')
  const half = (presence: number, from: number): typeof first => ({
    ...first,
    presence: Uint8Array.of(presence),
    present: 2,
    texts: { ...first.texts, offsets: first.texts.offsets.slice(from, from + 3) },
  })
  const twins = { ...part, attributes: [half(0b0011, 0), half(0b1100, 2)] }
  const own = segmentSchema([{ type: 's', key: 'a' }])
  const { read, footer } = memoryFile([encodeRowGroup([twins], own)])
  const [stored] = footer.groups
  assert(stored !== undefined)
  const found = byIdentity(plainRows(openRowGroup(read, stored))).map(row => row.attributes)
  assert.deepEqual(found, [
    { 's.a': 'value 0' },
    { 's.a': 'value 1' },
    { 'j.a': '"value 2"' },
    { 'j.a': '"value 3"' },
  ])
})
