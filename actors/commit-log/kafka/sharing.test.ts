import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeTogether, encodeTogether, joined, shareOut } from './sharing.ts'

test('without anything to be kept together the shares are even', () => {
  const members = ['b', 'a'].map(memberId => ({ memberId, together: [] }))
  assert.deepEqual(
    [...shareOut(members, 5)],
    [
      ['a', [0, 2, 4]],
      ['b', [1, 3]],
    ],
  )
})

test('what one member wants together stays together, whoever gets it', () => {
  const members = [
    { memberId: 'a', together: [[0, 3]] },
    { memberId: 'b', together: [[3, 4]] },
  ]
  assert.deepEqual(
    [...shareOut(members, 6)],
    [
      ['a', [0, 3, 4]],
      ['b', [1, 2, 5]],
    ],
  )
})

test('every partition has one owner, no set is parted, and the leader makes no difference', () => {
  const set = fc.array(fc.nat(9), { maxLength: 4 })
  const property = fc.property(
    fc.integer({ min: 1, max: 8 }),
    fc.array(fc.array(set, { maxLength: 3 }), { minLength: 1, maxLength: 5 }),
    (partitionCount, ties) => {
      const members = ties.map((together, at) => ({ memberId: `member ${at}`, together }))
      const shares = [...shareOut(members, partitionCount).values()]
      assert.deepEqual(
        shares.flat().toSorted((a, b) => a - b),
        Array.from({ length: partitionCount }, (_, partition) => partition),
      )
      const sets = joined(ties.flat(), partitionCount)
      for (const one of sets) {
        assert.ok(shares.some(share => one.every(partition => share.includes(partition))))
      }
      for (const one of ties.flat()) {
        const existing = one.filter(partition => partition < partitionCount)
        // Partitions that another cluster had tie nothing.
        if (existing.length < one.length) continue
        assert.ok(shares.some(share => existing.every(partition => share.includes(partition))))
      }
      assert.deepEqual(
        shareOut(members.toReversed(), partitionCount),
        shareOut(members, partitionCount),
      )
    },
  )
  fc.assert(property)
})

test('what members tell survives the way, and nonsense ties nothing', () => {
  assert.deepEqual(decodeTogether(encodeTogether([[1, 2], [5]])), [[1, 2], [5]])
  for (const text of ['', '{', '7', '[["a"], 3, [4, 5]]']) {
    assert.deepEqual(decodeTogether(Buffer.from(text)), text.startsWith('[[') ? [[4, 5]] : [])
  }
})
