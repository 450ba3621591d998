import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { evenHeights } from './row-layout-model.ts'
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
        const heights = evenHeights(count, rowHeight)
        const { first, end } = windowOf({ viewport, heights, overscan: 10 })
        assert.ok(first >= 0 && first <= end && end <= count)
        assert.ok(end - first <= Math.ceil(height / rowHeight) + 2 + 20)
        const top = Math.min(count, Math.floor(viewport.scrollTop / rowHeight))
        const bottom = Math.min(count, Math.ceil((viewport.scrollTop + height) / rowHeight))
        if (bottom > top) assert.ok(first <= top && end >= bottom)
      },
    ),
  )
})

test('a row is revealed with the least scrolling', () => {
  const viewport = { scrollTop: 260, height: 260 }
  const heights = evenHeights(100, rowHeight)
  assert.equal(scrollToReveal(9, viewport, heights), 234)
  assert.equal(scrollToReveal(10, viewport, heights), 260)
  assert.equal(scrollToReveal(19, viewport, heights), 260)
  assert.equal(scrollToReveal(20, viewport, heights), 286)
})

test('of a row that is higher than the list the beginning is revealed', () => {
  const viewport = { scrollTop: 0, height: 100 }
  assert.equal(scrollToReveal(2, viewport, evenHeights(9, 300)), 600)
})

test('rows that come in above do not move what is read', () => {
  assert.equal(scrollToKeep({ scrollTop: 265, topBefore: 260, topAfter: 338 }), 343)
  assert.equal(scrollToKeep({ scrollTop: 265, topBefore: 260, topAfter: 0 }), 5)
})

test('the next page is fetched before the end is in view', () => {
  const heights = evenHeights(200, rowHeight)
  assert.equal(isNearEnd({ scrollTop: 0, height: 500 }, heights), false)
  assert.equal(isNearEnd({ scrollTop: 4300, height: 500 }, heights), true)
  assert.equal(isNearEnd({ scrollTop: 0, height: 500 }, evenHeights(10, rowHeight)), true)
})
