import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { closesAfterUs } from '#actors/processing/windows/window-rules.ts'
import { nextLookMs, PartitionClocks } from './partition-clocks.ts'

test('the clock is what was received before it from every partition', () => {
  const clocks = new PartitionClocks()
  assert.equal(clocks.of([0, 1]), 0)
  clocks.heard(0, 500)
  assert.equal(clocks.of([0, 1]), 0)
  clocks.covered([0, 1], 300)
  assert.deepEqual([clocks.of([0]), clocks.of([1]), clocks.of([0, 1])], [500, 300, 300])
})

test('what the clock decides is looked at within the lateness allowance, whenever looks began', () => {
  const begunUs = fc.integer({ min: 1_700_000_000_000_000, max: 1_700_000_600_000_000 })
  fc.assert(
    fc.property(begunUs, fc.integer({ min: 1, max: 600 }), (begun, latenessS) => {
      const endUs = 1_700_000_600_000_000
      const closedUs = endUs + closesAfterUs({ latenessS })
      // Every look is followed by the next, a little late each time.
      let lookUs = begun + Math.floor((closedUs - begun) / 250_000 - 2) * 250_000
      while (lookUs < closedUs) lookUs += nextLookMs(lookUs) * 1_000 + 500
      // What is left is for telling it.
      const leftUs = endUs + latenessS * 1_000_000 - lookUs
      assert.ok(leftUs >= 50_000, `${lookUs - endUs} µs after its end`)
    }),
  )
})
