import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { WhenFull } from './actor.ts'
import { Mailbox } from './mailbox.ts'
import { VirtualClock } from './testing/virtual-clock.ts'

function mailbox(capacity: number, whenFull: WhenFull) {
  const clock = new VirtualClock()
  let wakes = 0
  const box = new Mailbox<number>('box', { capacity, whenFull }, clock, () => {
    wakes++
  })
  return { box, clock, wakes: () => wakes }
}

function takeAll(box: Mailbox<number>): number[] {
  const taken: number[] = []
  for (let next = box.take(); next !== undefined; next = box.take()) taken.push(next)
  return taken
}

test('messages leave in order of arrival, and every arrival wakes', () => {
  const { box, wakes } = mailbox(100, 'wait')
  for (let n = 1; n <= 50; n++) assert.equal(box.tell(n), undefined)
  assert.equal(wakes(), 50)
  assert.deepEqual(
    takeAll(box),
    Array.from({ length: 50 }, (_, index) => index + 1),
  )
  assert.equal(box.take(), undefined)
})

test('the order holds when the queue grows in the middle of its use', () => {
  const { box } = mailbox(100, 'reject')
  let [sent, taken] = [0, 0]
  for (const [sends, takes] of [
    [6, 4],
    [30, 13],
    [60, 79],
  ] as const) {
    for (let n = 0; n < sends; n++) assert.equal(box.offer(++sent), true)
    for (let n = 0; n < takes; n++) assert.equal(box.take(), ++taken)
  }
  assert.equal(box.take(), undefined)
})

test('the urgent lane goes first and has room when the mailbox is full', () => {
  const { box } = mailbox(2, 'reject')
  void box.tell(1)
  void box.tell(2)
  box.push(10)
  box.push(11)
  assert.equal(box.observe().depth, 4)
  assert.deepEqual(takeAll(box), [10, 11, 1, 2])
})

test('wait: a sender waits for room, in order, and its time counts as back-pressure', async () => {
  const { box, clock } = mailbox(2, 'wait')
  const admitted: number[] = []
  for (const n of [1, 2, 3, 4]) {
    const waiting = box.tell(n)
    if (n <= 2) assert.equal(waiting, undefined)
    else void (waiting as Promise<void>).then(() => admitted.push(n))
  }
  assert.equal(box.offer(5), false)
  assert.partialDeepStrictEqual(box.observe(), { depth: 2, waiting: 2, accepted: 2, rejected: 1 })
  clock.advance(30)
  assert.equal(box.observe().backPressureMs, 30)
  assert.equal(box.take(), 1)
  await Promise.resolve()
  await Promise.resolve()
  assert.deepEqual(admitted, [3])
  clock.advance(10)
  assert.deepEqual(takeAll(box), [2, 3, 4])
  clock.advance(1_000)
  assert.partialDeepStrictEqual(box.observe(), { backPressureMs: 40, waiting: 0, accepted: 4 })
})

test('back-pressure of several episodes adds up', () => {
  const { box, clock } = mailbox(1, 'wait')
  for (let episode = 0; episode < 3; episode++) {
    void box.tell(1)
    void box.tell(2)
    clock.advance(5)
    takeAll(box)
    clock.advance(100)
  }
  assert.equal(box.observe().backPressureMs, 15)
})

test('reject: a full mailbox refuses with a code and counts it', () => {
  const { box } = mailbox(1, 'reject')
  assert.equal(box.offer(1), true)
  assert.equal(box.offer(2), false)
  assert.throws(() => box.tell(3), { code: 'LOGBOY_MAILBOX_FULL' })
  assert.equal(box.observe().rejected, 2)
  assert.deepEqual(takeAll(box), [1])
})

test('drop-oldest: the newest messages stay, the others are counted', () => {
  const { box } = mailbox(3, 'drop-oldest')
  for (let n = 1; n <= 10; n++) {
    if (n % 2 === 0) assert.equal(box.tell(n), undefined)
    else assert.equal(box.offer(n), true)
  }
  assert.equal(box.observe().dropped, 7)
  assert.deepEqual(takeAll(box), [8, 9, 10])
})

test('a closed mailbox refuses everybody, also those who wait, and says what was left', async () => {
  const { box, clock } = mailbox(2, 'wait')
  void box.tell(1)
  void box.tell(2)
  const waiting = box.tell(3)
  clock.advance(7)
  assert.deepEqual(box.close(), [1, 2])
  assert.deepEqual(box.close(), [])
  await assert.rejects(async () => waiting, { code: 'LOGBOY_ACTOR_GONE' })
  assert.throws(() => box.tell(4), { code: 'LOGBOY_ACTOR_GONE' })
  assert.equal(box.offer(4), false)
  assert.equal(box.closed, true)
  clock.advance(100)
  assert.equal(box.observe().backPressureMs, 7)
})

test('urgent messages of an incarnation that ended are forgotten, the others stay', () => {
  const { box } = mailbox(2, 'wait')
  void box.tell(1)
  box.push(2)
  box.push(3)
  assert.equal(box.forgetUrgent(), 2)
  assert.deepEqual(takeAll(box), [1])
})

test('a flood of senders that do not wait is refused in the end', () => {
  const { box } = mailbox(1, 'wait')
  const flood = () => {
    for (let n = 0; n < 100_000; n++) void box.tell(n)
  }
  assert.throws(flood, { code: 'LOGBOY_MAILBOX_FLOODED' })
})

test('an actor that starts work without end fails an assertion', () => {
  const { box } = mailbox(1, 'wait')
  const flood = () => {
    for (let n = 0; n < 100_000; n++) box.push(n)
  }
  assert.throws(flood, { code: 'ERR_ASSERTION' })
})

test('a capacity is required', () => {
  for (const capacity of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => mailbox(capacity, 'wait'), { code: 'ERR_ASSERTION' })
  }
})

test('whatever the order of sends and takes, all leave once and in order of their lane', () => {
  const step = fc.constantFrom('tell', 'push', 'take')
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(step, { maxLength: 200 }),
      (size, steps) => {
        const { box } = mailbox(size, 'wait')
        const sent: Record<'told' | 'pushed', number[]> = { told: [], pushed: [] }
        const taken: number[] = []
        let next = 1
        for (const action of steps) {
          const value = next++
          if (action === 'take') taken.push(box.take() ?? 0)
          else if (action === 'push') {
            sent.pushed.push(-value)
            box.push(-value)
          } else {
            sent.told.push(value)
            void box.tell(value)
          }
          assert(box.observe().depth - sent.pushed.length <= size)
        }
        taken.push(...takeAll(box))
        assert.deepEqual(
          taken.filter(value => value > 0),
          sent.told,
        )
        assert.deepEqual(
          taken.filter(value => value < 0),
          sent.pushed,
        )
      },
    ),
  )
})
