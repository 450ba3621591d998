import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from './clock.ts'

test('wall time is in whole microseconds of now', () => {
  const nowUs = systemClock.nowUs()
  assert(Number.isInteger(nowUs))
  assert(Math.abs(nowUs / 1000 - Date.now()) < 5_000)
})

test('a timer runs once after its time; monotonic time does not go back', async () => {
  const fromMs = systemClock.monotonicMs()
  const keepAlive = setTimeout(() => undefined, 5_000)
  await new Promise<void>(resolve => systemClock.after(5, resolve))
  clearTimeout(keepAlive)
  assert(systemClock.monotonicMs() - fromMs >= 4)
})

test('a cancelled timer does not run', async () => {
  let ran = false
  const keepAlive = setTimeout(() => undefined, 5_000)
  const cancel = systemClock.after(1, () => {
    ran = true
  })
  cancel()
  cancel()
  await new Promise<void>(resolve => systemClock.after(5, resolve))
  clearTimeout(keepAlive)
  assert.equal(ran, false)
})
