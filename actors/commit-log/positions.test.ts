import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Positions } from './positions.ts'

const pair = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 20 }))
const positions = fc.array(pair, { maxLength: 6 }).map(pairs => Positions.of(pairs))
const place = pair.map(([partition, position]) => ({ partition, position }))

test('what was read stays read, and only more of it is added', () => {
  fc.assert(
    fc.property(positions, place, (before, entry) => {
      const after = before.with(entry)
      assert.ok(after.covers(entry) && after.coversAll(before))
      for (const [partition, position] of after.pairs()) {
        const isNew = partition === entry.partition && position === entry.position
        assert.ok(isNew || before.at(partition) === position)
      }
    }),
  )
})

test('union and intersection are the least and the greatest of two', () => {
  fc.assert(
    fc.property(positions, positions, place, (a, b, entry) => {
      assert.equal(a.union(b).covers(entry), a.covers(entry) || b.covers(entry))
      assert.equal(a.intersection(b).covers(entry), a.covers(entry) && b.covers(entry))
      assert.ok(a.union(b).equals(b.union(a)))
      assert.equal(a.coversAll(b), a.union(b).equals(a))
    }),
  )
})

test('only some partitions are kept, and pairs make the same value again', () => {
  fc.assert(
    fc.property(positions, a => {
      assert.ok(Positions.of(a.pairs()).equals(a))
      const kept = a.only([1, 3])
      assert.deepEqual(
        [0, 2, 4].map(partition => kept.at(partition)),
        [0, 0, 0],
      )
      assert.deepEqual(
        [1, 3].map(partition => kept.at(partition)),
        [a.at(1), a.at(3)],
      )
    }),
  )
})

test('a journal shows one number', () => {
  assert.equal(JSON.stringify(Positions.at(77)), '77')
  assert.equal(JSON.stringify(Positions.NONE), '0')
  assert.equal(
    JSON.stringify(
      Positions.of([
        [0, 7],
        [3, 9],
      ]),
    ),
    '{"0":7,"3":9}',
  )
})
