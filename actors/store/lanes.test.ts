import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inLanes, Turnstile } from './lanes.ts'

const NEVER = new AbortController().signal

describe('lanes', () => {
  test('run every item, never more at once than there are lanes', async () => {
    const seen: number[] = []
    let running = 0
    let most = 0
    await inLanes([1, 2, 3, 4, 5, 6, 7], 3, async item => {
      most = Math.max(most, ++running)
      await Promise.resolve()
      running--
      seen.push(item)
    })
    assert.deepEqual(new Set(seen), new Set([1, 2, 3, 4, 5, 6, 7]))
    assert.equal(most, 3)
  })

  test('ask a generator for the next item only when a lane is free', async () => {
    let found = 0
    async function* items(): AsyncGenerator<number, void, void> {
      for (let i = 0; found < 3; i++) yield i
    }
    const seen: number[] = []
    await inLanes(items(), 1, async item => {
      seen.push(item)
      found++
      await Promise.resolve()
    })
    assert.deepEqual(seen, [0, 1, 2])
  })

  test('end with the first failure, and start nothing after it', async () => {
    const seen: number[] = []
    const failing = inLanes([1, 2, 3, 4, 5], 2, async item => {
      seen.push(item)
      await Promise.resolve()
      if (item === 2) throw new Error('two')
    })
    await assert.rejects(failing, /two/)
    assert.ok(seen.length < 5)
  })
})

describe('turnstile', () => {
  test('lets some in, lets some wait in order, sends the rest away', async () => {
    const turnstile = new Turnstile({ running: 1, waiting: 2 })
    const order: string[] = []
    const leave: (() => void)[] = []
    const enter = (name: string) =>
      turnstile.enter(async () => {
        order.push(name)
        await new Promise<void>(resolve => leave.push(resolve))
        return name
      }, NEVER)
    const first = enter('a')
    const others = [enter('b'), enter('c')]
    assert.equal(await enter('d'), false)
    assert.deepEqual(turnstile.observe(), { running: 1, waiting: 2 })
    leave.shift()?.()
    assert.deepEqual(await first, { result: 'a' })
    while (leave.length === 0) await Promise.resolve()
    leave.shift()?.()
    while (leave.length === 0) await Promise.resolve()
    leave.shift()?.()
    await Promise.all(others)
    assert.deepEqual(order, ['a', 'b', 'c'])
    assert.deepEqual(turnstile.observe(), { running: 0, waiting: 0 })
  })

  test('whoever gives up while waiting leaves the queue with the reason', async () => {
    const turnstile = new Turnstile({ running: 1, waiting: 5 })
    let leave = (): void => undefined
    const first = turnstile.enter(
      () =>
        new Promise<void>(resolve => {
          leave = resolve
        }),
      NEVER,
    )
    const controller = new AbortController()
    const second = turnstile.enter(() => Promise.resolve('b'), controller.signal)
    const third = turnstile.enter(() => Promise.resolve('c'), NEVER)
    const reason = new Error('went away')
    controller.abort(reason)
    await assert.rejects(second, reason)
    const late = turnstile.enter(() => Promise.resolve('d'), controller.signal)
    await assert.rejects(late, reason, 'whose time is over does not wait')
    leave()
    await first
    assert.deepEqual(await third, { result: 'c' })
    assert.deepEqual(turnstile.observe(), { running: 0, waiting: 0 }, 'it is free again')
  })

  test('a failure inside frees the place', async () => {
    const turnstile = new Turnstile({ running: 1, waiting: 0 })
    await assert.rejects(
      turnstile.enter(() => Promise.reject(new Error('inside')), NEVER),
      /inside/,
    )
    assert.deepEqual(await turnstile.enter(() => Promise.resolve(1), NEVER), { result: 1 })
  })
})
