import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InProcessCoordination } from '#actors/coordination/in-process.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { type SenderLimits, SenderQuotas, UNLIMITED } from './sender-quotas.ts'

const limits = (keyId: string, own: number, project = 0): SenderLimits => ({
  keyId,
  recordsPerSecond: project,
  bytesPerSecond: 0,
  own: { recordsPerSecond: own, bytesPerSecond: 0 },
})
const amount = (records: number) => ({ records, bytes: 1_000 })

test('a key is held to its own limit, others of the project are not', () => {
  const quotas = new SenderQuotas('p', null, 0)
  assert.equal(quotas.take(limits('a', 10), amount(20), 0), 0)
  assert.ok(quotas.take(limits('a', 10), amount(1), 0) > 0)
  assert.equal(quotas.take(limits('b', 10), amount(1), 0), 0)
  assert.equal(quotas.take(limits('c', 0), amount(1_000), 0), 0)
  assert.equal(quotas.take(limits('a', 10), amount(1), 1_100), 0)
})

test('what one of the limits refuses is taken from none', () => {
  const quotas = new SenderQuotas('p', null, 0)
  assert.equal(quotas.take(limits('a', 10, 100), amount(20), 0), 0)
  for (let step = 0; step < 100; step++) quotas.take(limits('a', 10, 100), amount(50), 0)
  assert.equal(quotas.take(limits('b', 0, 100), amount(70), 0), 0)
  assert.equal(quotas.take(limits('b', 0, 100), amount(70), 0), 0)
  assert.ok(quotas.take(limits('b', 0, 100), amount(1), 0) > 0)
})

test('a changed limit holds at once, and none lets all pass', () => {
  const quotas = new SenderQuotas('p', null, 0)
  quotas.take(limits('a', 1), amount(100), 0)
  assert.ok(quotas.take(limits('a', 1), amount(1), 0) > 1_000)
  quotas.setLimits(limits('a', 0), 0)
  assert.equal(quotas.take(limits('a', 0), amount(100), 0), 0)
  quotas.setLimits(limits('b', 5), 0)
  assert.equal(quotas.take(limits('b', 5), amount(9), 0), 0)
  assert.ok(quotas.take(limits('b', 5), amount(9), 0) > 0)
})

test('gateways share the limit of a key as they share that of the project', async () => {
  const clock = new VirtualClock()
  const coordination = new InProcessCoordination(clock)
  const gateways = [1, 2, 3].map(
    () =>
      new SenderQuotas(
        'p',
        (bucket, amounts) => coordination.spend(bucket, amounts),
        clock.nowUs(),
      ),
  )
  let taken = 0
  for (let ms = 0; ms < 20_000; ms += 10) {
    for (const quotas of gateways) {
      while (quotas.take(limits('a', 1_000), amount(20), clock.monotonicMs()) === 0) taken += 20
      if (ms % 200 === 0) quotas.settle()
    }
    clock.advance(10)
    await Promise.resolve()
    await Promise.resolve()
  }
  assert.ok(taken > 19_000 && taken < 26_000, `${taken} of 20,000`)
  assert.deepEqual(gateways[0]?.limits, UNLIMITED)
})
