import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pauseAfter } from './fresh-pace-model.ts'

test('a cheap question follows once a second, a dear one takes a tenth of the time', () => {
  for (const tookMs of [0, 20, 99]) assert.equal(tookMs + pauseAfter(tookMs), 1_000)
  for (const tookMs of [100, 400, 1_000])
    assert.equal(Math.round(tookMs / (tookMs + pauseAfter(tookMs)) / 0.001), 100)
  assert.equal(pauseAfter(60_000), 10_000)
})
