import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isNearEnd, scrollToKeep, scrollToReveal, windowOf } from './virtual-window-model.ts'

const rowHeight = 26

test('every row in view stands in the document, and never more than a screen and its margins', () => {
  fc.assert(
    fc.property(
      fc.nat(1_000_000),
      fc.integer({ min: 1, max: 3000 }),
      fc.double({ min: 0, max: 1.2, noNaN: true }),
      (count, height, share) => {
        const viewport = { scrollTop: share * count * rowHeight, height }
        const { first, end } = windowOf({ viewport, rowHeight, count, overscan: 10 })
        assert.ok(first >= 0 && first <= end && end <= count)
        assert.ok(end - first <= Math.ceil(height / rowHeight) + 1 + 20)
        const top = Math.min(count, Math.floor(viewport.scrollTop / rowHeight))
        const bottom = Math.min(count, Math.ceil((viewport.scrollTop + height) / rowHeight))
        if (bottom > top) assert.ok(first <= top && end >= bottom)
      },
    ),
  )
})

test('a row is revealed with the least scrolling', () => {
  const viewport = { scrollTop: 260, height: 260 }
  assert.equal(scrollToReveal(9, viewport, rowHeight), 234)
  assert.equal(scrollToReveal(10, viewport, rowHeight), 260)
  assert.equal(scrollToReveal(19, viewport, rowHeight), 260)
  assert.equal(scrollToReveal(20, viewport, rowHeight), 286)
})

test('rows that come in above do not move what is read', () => {
  const viewport = { scrollTop: 265, height: 260 }
  assert.equal(scrollToKeep({ viewport, rowHeight, indexBefore: 10, indexAfter: 13 }), 343)
  assert.equal(scrollToKeep({ viewport, rowHeight, indexBefore: 10, indexAfter: 0 }), 5)
})

test('the next page is fetched before the end is in view', () => {
  assert.equal(isNearEnd({ scrollTop: 0, height: 500 }, rowHeight, 200), false)
  assert.equal(isNearEnd({ scrollTop: 4300, height: 500 }, rowHeight, 200), true)
  assert.equal(isNearEnd({ scrollTop: 0, height: 500 }, rowHeight, 10), true)
})
