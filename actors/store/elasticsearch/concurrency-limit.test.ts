import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConcurrencyLimit } from './concurrency-limit.ts'

const OPTIONS = { min: 1, max: 8 }

describe('concurrency limit', () => {
  test('it grows while answers stay fast, up to the maximum', () => {
    const limit = new ConcurrencyLimit(OPTIONS)
    for (let i = 0; i < 100; i++) limit.answered(60)
    assert.equal(limit.limit, 8)
  })

  test('slow answers shrink it one by one, a refusal halves it', () => {
    const limit = grown()
    for (let i = 0; i < 8; i++) limit.answered(1_000)
    assert.equal(limit.limit, 7)
    limit.refused()
    assert.equal(limit.limit, 3)
    for (let i = 0; i < 5; i++) limit.refused()
    assert.equal(limit.limit, 1)
  })

  test('answers of some milliseconds are never slow', () => {
    const limit = new ConcurrencyLimit(OPTIONS)
    limit.answered(1)
    for (let i = 0; i < 100; i++) limit.answered(40)
    assert.equal(limit.limit, 8)
  })

  test('a server that got slower for good is not held against its best days for ever', () => {
    const limit = grown()
    for (let i = 0; i < 30; i++) limit.answered(500)
    assert.ok(limit.limit < 8)
    for (let i = 0; i < 1_000; i++) limit.answered(500)
    assert.equal(limit.limit, 8)
  })

  test('callers enter as there is room, in order', async () => {
    const limit = new ConcurrencyLimit(OPTIONS)
    const entered: number[] = []
    const enter = (number: number): Promise<void> =>
      limit.enter().then(() => void entered.push(number))
    const all = [enter(1), enter(2), enter(3)]
    await all[0]
    assert.deepEqual(entered, [1])
    limit.leave()
    await all[1]
    assert.deepEqual(entered, [1, 2])
    limit.leave()
    await all[2]
    limit.leave()
    assert.equal(limit.running, 0)
  })
})

function grown(): ConcurrencyLimit {
  const limit = new ConcurrencyLimit(OPTIONS)
  for (let i = 0; i < 100; i++) limit.answered(60)
  return limit
}
