import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RateMeter } from './rate-meter.ts'

test('the rate covers the last five seconds', () => {
  const meter = new RateMeter()
  for (let second = 0; second < 20; second++) meter.add(100, second * 1000)
  assert.equal(meter.perSecond(19_000), 100)
  assert.equal(meter.perSecond(22_000), 40)
  assert.equal(meter.perSecond(60_000), 0)
})

test('a stream that just began is not slowed down by time before it', () => {
  const meter = new RateMeter()
  meter.add(50, 0)
  assert.equal(meter.perSecond(100), 50)
  meter.add(50, 2000)
  assert.equal(meter.perSecond(2000), 50)
  meter.reset()
  assert.equal(meter.perSecond(2000), 0)
})
