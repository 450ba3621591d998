import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeCursor, encodeCursor } from './cursor.ts'

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const noNullPrototype = { noNullPrototype: true }
const key = fc.record(
  {
    timeUs: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    subNs: fc.nat({ max: 999 }),
    producerLow: int32,
    producerHigh: int32,
    seqLow: int32,
    seqHigh: int32,
    row: fc.nat({ max: 0xffff }),
  },
  noNullPrototype,
)
const cursor = fc.record(
  {
    order: fc.constantFrom('desc' as const, 'asc' as const),
    key,
    position: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  },
  noNullPrototype,
)

test('a cursor comes back as it was', () => {
  fc.assert(fc.property(cursor, each => assert.deepEqual(decodeCursor(encodeCursor(each)), each)))
})

test('text that no cursor was written as is told from one', () => {
  fc.assert(fc.property(fc.string(), text => assert.equal(decodeCursor(text), null)))
  fc.assert(
    fc.property(cursor, fc.nat(), (each, n) => {
      const text = encodeCursor(each)
      const at = n % text.length
      const other = text[at] === 'A' ? 'B' : 'A'
      assert.equal(decodeCursor(text.slice(0, at) + other + text.slice(at + 1)), null)
      assert.equal(decodeCursor(text.slice(0, at)), null)
    }),
  )
})
