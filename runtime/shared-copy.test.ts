import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { copyShared, placeOf } from './shared-copy.ts'

const shared = new SharedArrayBuffer(256)
const content = Uint8Array.from({ length: 256 }, (_, index) => index ^ 0x5a)
new Uint8Array(shared).set(content)

test('a suitable place is as far behind a multiple of eight as the source, and the next of them', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.nat(1_000), (start, at) => {
      const place = placeOf(new Uint8Array(shared, start), at)
      assert.equal(place % 8, start % 8)
      assert.ok(place >= at && place < at + 8)
    }),
  )
})

test('bytes of shared memory arrive anywhere as they are, and nothing beside them changes', () => {
  fc.assert(
    fc.property(fc.nat(60), fc.nat(150), fc.nat(40), (start, length, at) => {
      const into = new Uint8Array(at + length + 9).fill(1)
      copyShared(new Uint8Array(shared, start, length), into, at)
      const expected = new Uint8Array(into.length).fill(1)
      expected.set(content.subarray(start, start + length), at)
      assert.deepEqual(into, expected)
    }),
  )
})
