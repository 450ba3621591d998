import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Quota } from './quota.ts'

test('without limits everything passes', () => {
  const quota = new Quota({ recordsPerSecond: 0, bytesPerSecond: 0 }, 0)
  assert.equal(quota.take(1e9, 1e12, 0), 0)
  assert.equal(quota.take(1e9, 1e12, 0), 0)
})

test('a second may be caught up with, and the wait is what the debt takes', () => {
  const quota = new Quota({ recordsPerSecond: 100, bytesPerSecond: 0 }, 0)
  assert.equal(quota.take(100, 1, 0), 0)
  assert.equal(quota.take(1, 1, 0), 1)
  assert.equal(quota.take(250, 1, 10), 0)
  assert.equal(quota.take(1, 1, 10), 2_490)
  assert.equal(quota.take(1, 1, 2_500), 1)
  assert.equal(quota.take(1, 1, 2_501), 0)
})

test('bytes and records limit each other', () => {
  const quota = new Quota({ recordsPerSecond: 1_000_000, bytesPerSecond: 1_000 }, 0)
  assert.equal(quota.take(1, 3_000, 0), 0)
  assert.equal(quota.take(1, 1, 0), 2_000)
})

test('what is refused costs nothing', () => {
  const quota = new Quota({ recordsPerSecond: 10, bytesPerSecond: 10 }, 0)
  assert.equal(quota.take(20, 1, 0), 0)
  for (let count = 0; count < 100; count++) assert.equal(quota.take(20, 1, 0), 1_000)
  assert.equal(quota.take(20, 1, 1_001), 0)
})

test('changed limits hold at once', () => {
  const quota = new Quota({ recordsPerSecond: 0, bytesPerSecond: 0 }, 0)
  quota.setLimits({ recordsPerSecond: 10, bytesPerSecond: 0 }, 5_000)
  assert.equal(quota.take(30, 1, 5_000), 0)
  assert.equal(quota.take(1, 1, 5_000), 2_000)
  quota.setLimits({ recordsPerSecond: 1_000, bytesPerSecond: 0 }, 5_000)
  assert.equal(quota.take(1, 1, 5_000), 20)
  quota.setLimits({ recordsPerSecond: 0, bytesPerSecond: 0 }, 5_000)
  assert.equal(quota.take(1e9, 1, 5_000), 0)
})

test('however it is used, no more passes than the rate, a burst and one batch', () => {
  const steps = fc.array(fc.record({ afterMs: fc.nat(500), records: fc.nat(400) }), {
    minLength: 20,
    maxLength: 200,
  })
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 1_000 }), (list, rate) => {
      const quota = new Quota({ recordsPerSecond: rate, bytesPerSecond: 0 }, 0)
      let [nowMs, passed] = [0, 0]
      for (const { afterMs, records } of list) {
        nowMs += afterMs
        if (quota.take(records, 1, nowMs) === 0) passed += records
      }
      assert.ok(passed <= rate + (rate * nowMs) / 1000 + 400)
    }),
  )
})
