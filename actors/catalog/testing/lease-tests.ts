/** What leases must do. A lease of 0 ms has ended when it is given: no test waits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Lease, Leases } from '../leases.ts'

const MINUTE_MS = 60_000

export function leaseTests(leases: () => Leases): void {
  const acquire = async (name: string, holder: string, ttlMs = MINUTE_MS): Promise<Lease> => {
    const lease = await leases().acquire(name, holder, ttlMs)
    assert.ok(lease)
    return lease
  }

  test('a lease has one holder, who may ask again', async () => {
    const first = await acquire('lease-1', 'a')
    assert.equal(await leases().acquire('lease-1', 'b', MINUTE_MS), null)
    assert.deepEqual(await acquire('lease-1', 'a'), first)
    assert.equal(await leases().renew(first, MINUTE_MS), true)
  })

  test('of many who ask at once one gets it', async () => {
    const asked = Array.from({ length: 10 }, (_, at) =>
      leases().acquire('lease-2', `holder ${at}`, MINUTE_MS),
    )
    assert.equal((await Promise.all(asked)).filter(lease => lease !== null).length, 1)
  })

  test('an expired lease goes to the next one under a higher fence, and its holder is told', async () => {
    const first = await acquire('lease-3', 'a', 0)
    const second = await acquire('lease-3', 'b')
    assert.ok(second.fence > first.fence)
    assert.equal(await leases().renew(first, MINUTE_MS), false)
    await leases().release(first)
    assert.equal(await leases().renew(second, MINUTE_MS), true)
  })

  test('a holder that comes back after its lease has expired gets a higher fence, too', async () => {
    const first = await acquire('lease-4', 'a', 0)
    assert.equal(await leases().renew(first, MINUTE_MS), false)
    assert.ok((await acquire('lease-4', 'a')).fence > first.fence)
  })

  test('what is released is free at once, and the fence goes on rising', async () => {
    const fences: number[] = []
    for (const holder of ['a', 'b', 'a']) {
      const lease = await acquire('lease-5', holder)
      fences.push(lease.fence)
      await leases().release(lease)
    }
    assert.deepEqual(
      fences,
      [...new Set(fences)].sort((a, b) => a - b),
    )
  })
}
