import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InProcessCoordination } from '#actors/coordination/in-process.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { Quota } from './quota.ts'
import { SharedQuota, type Spend } from './shared-quota.ts'

const LIMITS = { recordsPerSecond: 1_000, bytesPerSecond: 0 }
const BATCH = 20

/** Gateways that get as much as they are given, for some seconds; answers what they took. */
async function run(seconds: number, spends: readonly Spend[]): Promise<number> {
  const clock = gatewayClock
  const gateways = spends.map(spend => ({
    quota: new Quota(LIMITS, clock.monotonicMs()),
    shared: new SharedQuota('p', spend),
  }))
  let taken = 0
  for (let ms = 0; ms < seconds * 1_000; ms += 10) {
    for (const { quota, shared } of gateways) {
      while (quota.take(BATCH, 1_000, clock.monotonicMs()) === 0) {
        shared.note(BATCH, 1_000)
        taken += BATCH
      }
      if (ms % 200 === 0) await shared.settle(quota)
    }
    clock.advance(10)
  }
  return taken
}

let gatewayClock = new VirtualClock()

test('four gateways together get what one would, and little more', async () => {
  gatewayClock = new VirtualClock()
  const coordination = new InProcessCoordination(gatewayClock)
  const spend: Spend = (bucket, amounts) => coordination.spend(bucket, amounts)
  const taken = await run(20, [spend, spend, spend, spend])
  assert.ok(taken >= 19_000 && taken <= 25_000, `${taken} of 20,000`)
})

test('while the shared buckets are out of reach each counts alone', async () => {
  gatewayClock = new VirtualClock()
  const taken = await run(20, [async () => null, async () => null])
  assert.ok(taken >= 40_000 && taken <= 43_000, `${taken} of 40,000`)
})

test('a project without a quota asks nobody', async () => {
  let asked = 0
  const shared = new SharedQuota('p', async () => {
    asked++
    return []
  })
  shared.note(5, 5)
  await shared.settle(new Quota({ recordsPerSecond: 0, bytesPerSecond: 0 }, 0))
  assert.equal(asked, 0)
})
