import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextRound } from './scheduler.ts'
import { Sequencer } from './sequencer.ts'
import { simulate } from './testing/simulation.ts'

/** Work that ends when it is told to. */
function work<Value>() {
  const settle: { finish?: (value: Value) => void; fail?: (error: Error) => void } = {}
  const done = new Promise<Value>((resolve, reject) => {
    settle.finish = resolve
    settle.fail = reject
  })
  return {
    run: () => done,
    finish: (value: Value) => settle.finish?.(value),
    fail: (error: Error) => settle.fail?.(error),
  }
}

function sequencer(capacity: number) {
  const delivered: string[] = []
  const made = new Sequencer<string>({ capacity, deliver: value => void delivered.push(value) })
  return { sequencer: made, delivered }
}

test('results leave in the order of their places, whenever the work ends', async () => {
  const { sequencer: made, delivered } = sequencer(3)
  const works = [work<string>(), work<string>(), work<string>()]
  const submitted = works.map(({ run }) => made.submit(run))
  works[2]?.finish('c')
  works[1]?.finish('b')
  await nextRound()
  assert.deepEqual(delivered, [])
  works[0]?.finish('a')
  await Promise.all(submitted)
  assert.deepEqual(delivered, ['a', 'b', 'c'])
  assert.equal(made.taken, 0)
})

test('a place is taken until its result was delivered', async () => {
  const { sequencer: made } = sequencer(2)
  const works = [work<string>(), work<string>()]
  const submitted = works.map(({ run }) => made.submit(run))
  assert.equal(made.full, true)
  await assert.rejects(
    made.submit(async () => 'x'),
    { code: 'LOGBOY_SEQUENCER_FULL' },
  )
  let room = false
  void made.room()?.then(() => {
    room = true
  })
  works[1]?.finish('b')
  await nextRound()
  assert.equal(room, false, 'the second place is done but not delivered')
  works[0]?.finish('a')
  await Promise.all(submitted)
  await nextRound()
  assert.equal(room, true)
  assert.equal(made.room(), undefined)
})

test('a slow receiver holds the following results back', async () => {
  const receiver = work<void>()
  const delivered: string[] = []
  const made = new Sequencer<string>({
    capacity: 2,
    deliver: value => {
      delivered.push(value)
      return receiver.run()
    },
  })
  void made.submit(async () => 'a')
  const second = made.submit(async () => 'b')
  await nextRound()
  assert.deepEqual(delivered, ['a'])
  receiver.finish()
  await second
  assert.deepEqual(delivered, ['a', 'b'])
})

test('a fault is a hole that is never skipped: nothing behind it is delivered', async () => {
  const { sequencer: made, delivered } = sequencer(4)
  const works = [work<string>(), work<string>(), work<string>()]
  const submitted = works.map(({ run }) => made.submit(run))
  const outcomes = Promise.allSettled(submitted)
  works[2]?.finish('c')
  works[1]?.fail(new Error('thread lost'))
  await nextRound()
  works[0]?.finish('a')
  assert.deepEqual(
    (await outcomes).map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected'],
  )
  assert.deepEqual(delivered, ['a'])
  await assert.rejects(submitted[2] as Promise<void>, /thread lost/)
  await assert.rejects(
    made.submit(async () => 'd'),
    /thread lost/,
  )
})

test('a receiver that fails ends it, too', async () => {
  const made = new Sequencer<string>({
    capacity: 2,
    deliver: () => {
      throw new Error('no such table')
    },
  })
  const both = [made.submit(async () => 'a'), made.submit(async () => 'b')]
  for (const one of both) await assert.rejects(one, /no such table/)
})

test('idle settles when all that was submitted is over', async () => {
  const { sequencer: made, delivered } = sequencer(2)
  const works = [work<string>(), work<string>()]
  for (const { run } of works) void made.submit(run)
  let idle = false
  const waiting = made.idle().then(() => {
    idle = true
  })
  works[0]?.finish('a')
  await nextRound()
  assert.equal(idle, false)
  works[1]?.finish('b')
  await waiting
  assert.deepEqual(delivered, ['a', 'b'])
})

test('a capacity is required', () => {
  assert.throws(() => sequencer(0), { code: 'ERR_ASSERTION' })
})

test('under every seed many works of random length leave in order', async () => {
  for (let seed = 0; seed < 20; seed++) {
    await simulate(seed, async sim => {
      const delivered: number[] = []
      const made = new Sequencer<number>({
        capacity: 5,
        deliver: async value => {
          await sim.sleep(sim.random.below(3))
          delivered.push(value)
        },
      })
      for (let n = 0; n < 40; n++) {
        await made.room()
        void made.submit(() => sim.sleep(sim.random.below(20)).then(() => n))
        assert(made.taken <= 5)
      }
      await made.idle()
      assert.deepEqual(
        delivered,
        Array.from({ length: 40 }, (_, index) => index),
      )
    })
  }
})
