import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Positions } from '#actors/commit-log/positions.ts'
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
const positions = fc
  .array(fc.tuple(fc.nat({ max: 500 }), fc.nat({ max: Number.MAX_SAFE_INTEGER })), { maxLength: 4 })
  .map(pairs => Positions.of(pairs))
const cursor = fc.record(
  {
    order: fc.constantFrom('desc' as const, 'asc' as const),
    key,
    positions,
  },
  noNullPrototype,
)

test('a cursor comes back as it was', () => {
  fc.assert(
    fc.property(cursor, each => {
      const { positions, ...rest } = each
      const decoded = decodeCursor(encodeCursor(each))
      assert(decoded !== null)
      const { positions: same, ...others } = decoded
      assert.deepEqual(others, rest)
      assert.ok(same.equals(positions))
    }),
  )
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
