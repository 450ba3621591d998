import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../random.ts'
import { VirtualClock } from './virtual-clock.ts'

test('timers run in order of time, those of one instant in order of setting', () => {
  const clock = new VirtualClock()
  const log: string[] = []
  const set = (name: string, ms: number) =>
    clock.after(ms, () => log.push(`${name} ${clock.monotonicMs()}`))
  set('c', 30)
  set('a', 10)
  set('b', 20)
  set('b2', 20)
  clock.advance(25)
  assert.deepEqual(log, ['a 10', 'b 20', 'b2 20'])
  assert.equal(clock.monotonicMs(), 25)
  assert.equal(clock.pending, 1)
})

test('with a seed timers of one instant run in any order, the same for the same seed', () => {
  const order = (seed: number): string => {
    const clock = new VirtualClock({ random: seededRandom(seed) })
    const log: number[] = []
    for (let n = 0; n < 5; n++) clock.after(1, () => log.push(n))
    clock.advance(1)
    return log.join()
  }
  assert.equal(order(1), order(1))
  assert(new Set(Array.from({ length: 20 }, (_, seed) => order(seed))).size > 5)
})

test('timers set meanwhile run in the same advance if they are due', () => {
  const clock = new VirtualClock()
  let ticks = 0
  const tick = (): void => {
    ticks++
    clock.after(10, tick)
  }
  tick()
  clock.advance(100)
  assert.equal(ticks, 11)
})

test('a cancelled timer does not run, and cancelling late does nothing', () => {
  const clock = new VirtualClock()
  let runs = 0
  const cancel = clock.after(10, () => runs++)
  const late = clock.after(5, () => runs++)
  cancel()
  cancel()
  clock.advance(10)
  late()
  assert.equal(runs, 1)
  assert.equal(clock.runNext(), false)
})

test('wall time starts where it is told and can be shifted without moving timers', () => {
  const clock = new VirtualClock({ startUs: 1_000_000 })
  clock.advance(1.5)
  assert.equal(clock.nowUs(), 1_001_500)
  let ran = false
  clock.after(10, () => {
    ran = true
  })
  clock.shiftWall(-500)
  assert.equal(clock.nowUs(), 501_500)
  clock.advance(10)
  assert.equal(ran, true)
  assert.throws(() => clock.advance(-1), { code: 'ERR_ASSERTION' })
})
