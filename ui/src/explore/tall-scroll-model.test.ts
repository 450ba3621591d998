import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Scrolled, SPACE_MAX, scrolled, scrolledTo, spaceOf } from './tall-scroll-model.ts'

const HEIGHT = 600
const list = (total: number) => ({ total, height: HEIGHT })
const MILLION = list(26_000_000)
const START: Scrolled = { top: 0, elementTop: 0 }

test('what a browser can hold is scrolled as it is', () => {
  assert.deepEqual(scrolled(START, 1_234, list(100_000)), { top: 1_234, elementTop: 1_234 })
  assert.deepEqual(scrolledTo(5_000, list(100_000)), { top: 5_000, elementTop: 5_000 })
})

test('small moves move a tall list by as much, whichever way and however often', () => {
  const moves = fc.array(fc.integer({ min: -2_000, max: 2_000 }), { maxLength: 200 })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MILLION.total }), moves, (start, all) => {
      let place = scrolledTo(start, MILLION)
      for (const by of all) {
        const { top } = place
        const elementMost = spaceOf(MILLION.total) - HEIGHT
        const elementTop = Math.min(elementMost, Math.max(0, place.elementTop + by))
        const moved = elementTop - place.elementTop
        place = scrolled(place, elementTop, MILLION)
        assert.equal(place.top, Math.min(MILLION.total - HEIGHT, Math.max(0, top + moved)))
        assert.ok(place.elementTop >= 0 && place.elementTop <= elementMost)
      }
    }),
  )
})

test('both ends are reached by small moves and by a jump, and a jump is a share', () => {
  let place = scrolledTo(MILLION.total - 90_000, MILLION)
  for (let i = 0; i < 200; i++) place = scrolled(place, place.elementTop + 500, MILLION)
  assert.deepEqual(place, { top: MILLION.total - HEIGHT, elementTop: SPACE_MAX - HEIGHT })
  place = scrolled(place, 0, MILLION)
  assert.deepEqual(place, START)
  const half = scrolled(place, Math.round((SPACE_MAX - HEIGHT) / 2), MILLION)
  assert.ok(Math.abs(half.top - MILLION.total / 2) < HEIGHT)
})
