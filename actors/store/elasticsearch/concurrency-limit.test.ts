import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConcurrencyLimit } from './concurrency-limit.ts'

const OPTIONS = { min: 2, max: 16 }
const BODY_BYTES = 5_000_000
/** Of answers, with several looks at what they cost without a queue. */
const LONG = 1_500

describe('concurrency limit', () => {
  for (const threads of [2, 4, 8]) {
    test(`a server with ${threads} threads gets what keeps them busy, and little that waits`, () => {
      const limit = new ConcurrencyLimit(OPTIONS)
      run(limit, LONG, running => 200 * Math.max(1, running / threads))
      assert.ok(limit.limit >= threads && limit.limit <= threads + 2, `${limit.limit}`)
    })
  }

  test('it grows up to the maximum while answers cost the same, however many run', () => {
    const limit = new ConcurrencyLimit(OPTIONS)
    run(limit, 300, () => 200)
    assert.equal(limit.limit, 16)
  })

  test('it stays as it is while fewer run than may', () => {
    const limit = new ConcurrencyLimit(OPTIONS)
    for (let i = 0; i < 200; i++) answer(limit, 200)
    assert.equal(limit.limit, 2)
  })

  test('what is waited for in a queue shrinks it, a refusal halves it', () => {
    const limit = new ConcurrencyLimit(OPTIONS)
    run(limit, 300, () => 200)
    run(limit, 50, () => 1_000)
    assert.ok(limit.limit < 16)
    const before = limit.limit
    limit.refused()
    assert.equal(limit.limit, Math.floor(before / 2))
    for (let i = 0; i < 5; i++) limit.refused()
    assert.equal(limit.limit, 2)
  })

  test('answers of some milliseconds are never slow', () => {
    const limit = new ConcurrencyLimit(OPTIONS)
    run(limit, 10, () => 1)
    run(limit, 300, () => 40)
    assert.equal(limit.limit, 16)
  })

  test('a large body is not slow for what it holds', () => {
    const limit = new ConcurrencyLimit(OPTIONS)
    run(limit, 10, () => 60, 1_000_000)
    run(limit, 300, () => 600, 10_000_000)
    assert.equal(limit.limit, 16)
  })

  test('a server that got slower for good is not held against its best days for ever', () => {
    const limit = new ConcurrencyLimit(OPTIONS)
    run(limit, 300, () => 200)
    run(limit, 100, () => 500)
    assert.ok(limit.limit < 16)
    run(limit, 2 * LONG, () => 500)
    assert.equal(limit.limit, 16)
  })

  test('callers enter as there is room, in order', async () => {
    const limit = new ConcurrencyLimit({ min: 1, max: 8 })
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

/** Callers that always have the next request ready; one after the other is answered. */
function run(
  limit: ConcurrencyLimit,
  answers: number,
  ms: (running: number) => number,
  bytes = BODY_BYTES,
): void {
  for (let i = 0; i < answers; i++) {
    while (limit.running < limit.limit) void limit.enter()
    limit.answered(ms(limit.running), bytes)
    limit.leave()
  }
  while (limit.running > 0) limit.leave()
}

function answer(limit: ConcurrencyLimit, ms: number): void {
  void limit.enter()
  limit.answered(ms, BODY_BYTES)
  limit.leave()
}
