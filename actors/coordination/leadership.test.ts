import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Lease, Leases } from '#actors/catalog/leases.ts'
import type { Clock } from '#runtime/clock.ts'
import { seededRandom } from '#runtime/random.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { Leadership } from './leadership.ts'

/** One lease, judged by the clock of the catalog. */
class OneLease implements Leases {
  readonly #clock: Clock
  #lease: Lease | null = null
  #endsMs = 0
  #fence = 0
  isAway = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async acquire(name: string, holder: string, ttlMs: number): Promise<Lease | null> {
    this.#demand()
    const nowMs = this.#clock.monotonicMs()
    if (this.#lease !== null && this.#lease.holder !== holder && nowMs < this.#endsMs) return null
    if (this.#lease?.holder !== holder) this.#lease = { name, holder, fence: ++this.#fence }
    this.#endsMs = nowMs + ttlMs
    return this.#lease
  }

  async renew(lease: Lease, ttlMs: number): Promise<boolean> {
    this.#demand()
    if (this.#lease?.fence !== lease.fence) return false
    this.#endsMs = this.#clock.monotonicMs() + ttlMs
    return true
  }

  async release(lease: Lease): Promise<void> {
    this.#demand()
    if (this.#lease?.fence === lease.fence) this.#lease = null
  }

  #demand(): void {
    if (this.isAway) throw new Error('the catalog is away')
  }
}

function world() {
  const clock = new VirtualClock()
  const leases = new OneLease(clock)
  const onFault = (): void => undefined
  const stand = (seed: number) =>
    new Leadership({ leases, clock, random: seededRandom(seed), onFault })
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      clock.advance(1_000)
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    }
  }
  return { leases, stand, pass }
}

test('of several one leads, and another one when it resigns', async () => {
  const { stand, pass } = world()
  const [first, second] = [stand(1), stand(2)]
  await pass(60_000)
  assert.deepEqual([first.isHeld, second.isHeld], [true, false])
  const before = first.fence ?? 0
  await first.resign()
  await pass(6_000)
  assert.deepEqual([first.isHeld, second.isHeld], [false, true])
  assert.ok((second.fence ?? 0) > before)
  await second.resign()
})

test('a leader whose catalog is away stops leading before another one can', async () => {
  const { leases, stand, pass } = world()
  const leader = stand(1)
  await pass(10_000)
  assert.ok(leader.isHeld)
  leases.isAway = true
  await pass(15_000)
  assert.ok(!leader.isHeld)
  leases.isAway = false
  await pass(6_000)
  assert.ok(leader.isHeld, 'back, since nobody else wanted it')
  await leader.resign()
})
