import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { reuse } from './row-reuse-model.ts'

test('a row that stays keeps its element, and no element is taken twice or lost', () => {
  const rows = fc.uniqueArray(fc.nat(60), { maxLength: 40 })
  fc.assert(
    fc.property(rows, rows, (before, after) => {
      const { takes, left, isPartly } = reuse(before, after)
      assert.equal(takes.length, after.length)
      for (const [place, row] of after.entries()) {
        if (before.includes(row)) assert.equal(takes[place], before.indexOf(row))
      }
      const used = [...takes.filter(at => at !== null), ...left].sort((a, b) => a - b)
      assert.deepEqual(used, [...before.keys()])
      // None is made while one is free.
      if (left.length > 0) assert.ok(!takes.includes(null))
      assert.equal(
        isPartly,
        after.some(row => before.includes(row)),
      )
    }),
  )
})

test('of other rows altogether each takes the element at its place', () => {
  assert.deepEqual(reuse(['a', 'b', 'c'], ['x', 'y']), {
    takes: [0, 1],
    left: [2],
    isPartly: false,
  })
  assert.deepEqual(reuse(['a'], ['x', 'y']).takes, [0, null])
})

test('scrolled down, the upper ones go below the lower ones', () => {
  const { takes, isPartly } = reuse(['a', 'b', 'c', 'd'], ['c', 'd', 'e', 'f'])
  assert.deepEqual(takes, [2, 3, 0, 1])
  assert.ok(isPartly)
})
