import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Project } from '#proto/api.ts'
import { testActor } from '#runtime/testing/test-actor.ts'
import { expiryUs, retention } from './retention.ts'

const DAY_US = 86_400_000_000

function project(id: string, retention_days: number): Project {
  const quotas = { records_per_second: 0, bytes_per_second: 0 }
  const created_at = '2026-01-01T00:00:00.000Z'
  return { id, name: id, created_at, retention_days, ...quotas, time_zone: 'UTC' }
}

test('each project loses what is older than it wants to keep, and one that keeps all loses nothing', async () => {
  const expired = new Map<string, number>()
  const actor = testActor(retention, {
    intervalMs: 3_600_000,
    isLeader: () => true,
    catalog: { projects: async () => [project('a', 30), project('b', 1), project('c', 0)] },
    store: {
      expire: async (id, beforeUs) => {
        expired.set(id, beforeUs)
        return 5
      },
    },
  })
  actor.clock.advance(0)
  await actor.settle()
  const nowUs = actor.clock.nowUs()
  assert.deepEqual(
    [...expired],
    [
      ['a', nowUs - 30 * DAY_US],
      ['a.metrics', nowUs - 30 * DAY_US],
      ['b', nowUs - DAY_US],
      ['b.metrics', nowUs - DAY_US],
    ],
  )
  assert.equal(actor.observe().observed['deleted'], 20)
  actor.kill()
})

test('it runs again after the interval, also when the store failed', async () => {
  let runs = 0
  const actor = testActor(retention, {
    intervalMs: 1_000,
    isLeader: () => true,
    catalog: { projects: async () => [project('a', 1)] },
    store: {
      expire: async () => {
        runs++
        throw new Error('disk away')
      },
    },
  })
  actor.clock.advance(0)
  await actor.settle()
  assert.equal(actor.observe().observed['lastFault'], 'disk away')
  actor.clock.advance(1_000)
  await actor.settle()
  assert.equal(runs, 2)
  actor.kill()
})

test('a day is exactly a day', () => {
  assert.equal(expiryUs(10 * DAY_US, 3), 7 * DAY_US)
  assert.equal(expiryUs(10 * DAY_US, 0), null)
})
