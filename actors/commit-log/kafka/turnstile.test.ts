import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextRound } from '#runtime/scheduler.ts'
import { Turnstile } from './turnstile.ts'

test('so many are inside at a time, and who came first goes in first', async () => {
  const turnstile = new Turnstile(2)
  const inside: number[] = []
  const leave: (() => void)[] = []
  for (let number = 0; number < 5; number++) {
    void turnstile.enter().then(out => {
      inside.push(number)
      leave.push(out)
    })
  }
  await nextRound()
  assert.deepEqual(inside, [0, 1])
  leave[1]?.()
  await nextRound()
  assert.deepEqual(inside, [0, 1, 2])
  leave[0]?.()
  leave[2]?.()
  await nextRound()
  assert.deepEqual(inside, [0, 1, 2, 3, 4])
  leave[3]?.()
  leave[4]?.()
  assert.equal(typeof (await turnstile.enter()), 'function')
})
