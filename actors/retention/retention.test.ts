import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDeadLetters } from '#actors/commit-log/testing/memory-dead-letters.ts'
import type { Project } from '#proto/api.ts'
import { testActor } from '#runtime/testing/test-actor.ts'
import { expiryUs, retention } from './retention.ts'

const DAY_US = 86_400_000_000
const NO_ALERTS = {
  alerts: { forget: async () => 0 },
  channels: { forgetDeliveries: async () => 0 },
  silences: { forget: async () => 0 },
}
const NOTHING_DELETED = { deletedProjects: async () => [], forgetDeleted: async () => undefined }

/** One at a time, as a catalog tells them in pages. */
const behind = (all: readonly Project[]) => async (id: string) =>
  all.filter(each => each.id > id).slice(0, 1)

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
    catalog: {
      ...NOTHING_DELETED,
      retentionsBehind: behind([project('a', 30), project('b', 1), project('c', 0)]),
    },
    deadLetters: new MemoryDeadLetters(),
    ...NO_ALERTS,
    store: {
      drop: async () => undefined,
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
    catalog: { ...NOTHING_DELETED, retentionsBehind: behind([project('a', 1)]) },
    deadLetters: new MemoryDeadLetters(),
    ...NO_ALERTS,
    store: {
      drop: async () => undefined,
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

test('what is left of a deleted project goes, again and again until nothing can come', async () => {
  const deleted = new Map([['gone000001', 0]])
  const dropped: string[] = []
  const deadLetters = new MemoryDeadLetters()
  const letter = { source: 'ingest', reason: '', atUs: 1, bytes: new Uint8Array() } as const
  await deadLetters.put([{ ...letter, projectId: 'gone000001' }])
  await deadLetters.put([{ ...letter, projectId: 'another001' }])
  const actor = testActor(retention, {
    intervalMs: 3_000_000,
    isLeader: () => true,
    deadLetters,
    ...NO_ALERTS,
    catalog: {
      retentionsBehind: behind([]),
      deletedProjects: async () => [...deleted].map(([id, deletedAtUs]) => ({ id, deletedAtUs })),
      forgetDeleted: async ids => ids.forEach(id => deleted.delete(id)),
    },
    store: { drop: async id => void dropped.push(id), expire: async () => 0 },
  })
  deleted.set('gone000001', actor.clock.nowUs())
  for (const [ms, times] of [
    [0, 1],
    [3_000_000, 2],
    [3_000_000, 3],
    [3_000_000, 3],
  ] as const) {
    actor.clock.advance(ms)
    await actor.settle()
    assert.equal(dropped.length, 2 * times)
  }
  assert.deepEqual(dropped.slice(0, 2), ['gone000001', 'gone000001.metrics'])
  const left = await deadLetters.list({ limit: 9 })
  assert.deepEqual(
    left.map(({ projectId }) => projectId),
    ['another001'],
  )
  actor.kill()
})

test('a day is exactly a day', () => {
  assert.equal(expiryUs(10 * DAY_US, 3), 7 * DAY_US)
  assert.equal(expiryUs(10 * DAY_US, 0), null)
})

test('what alerts said is kept for over a year, and to whom for a month', async () => {
  const forgotten: number[] = []
  const forget = async (beforeUs: number) => forgotten.push(beforeUs)
  const actor = testActor(retention, {
    intervalMs: 3_600_000,
    isLeader: () => true,
    deadLetters: new MemoryDeadLetters(),
    alerts: { forget },
    channels: { forgetDeliveries: forget },
    silences: { forget },
    catalog: { ...NOTHING_DELETED, retentionsBehind: behind([]) },
    store: { drop: async () => undefined, expire: async () => 0 },
  })
  actor.clock.advance(0)
  await actor.settle()
  const days = forgotten.map(us => (actor.clock.nowUs() - us) / DAY_US)
  assert.deepEqual(days, [400, 400, 30])
  actor.kill()
})
