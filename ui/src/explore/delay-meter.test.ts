import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DelayMeter } from './delay-meter.ts'

test('the delay is the median of the last five seconds', () => {
  const meter = new DelayMeter()
  assert.equal(meter.medianMs(0), null)
  meter.add([900, 900, 900], 0)
  meter.add([10, 30, 20], 4000)
  assert.equal(meter.medianMs(4000), 900)
  assert.equal(meter.medianMs(6000), 20)
  assert.equal(meter.medianMs(20_000), null)
})

test('a flood of rows does not make the meter grow', () => {
  const meter = new DelayMeter()
  for (let at = 0; at < 100; at++)
    meter.add(
      Array.from({ length: 500 }, () => at),
      at,
    )
  assert.equal(meter.medianMs(100), 98)
})
