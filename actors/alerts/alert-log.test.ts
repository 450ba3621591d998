/** Changes go into the log in their order: what comes out of it would pass for a repeat. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Telling, TellingsAsked } from '#actors/catalog/alert-states.ts'
import { Arena } from '#actors/commit-log/arena.ts'
import { historyEntry } from '#actors/tail/testing/history-entry.ts'
import { testActor } from '#runtime/testing/test-actor.ts'
import { alertLog } from './alert-log.ts'

test('what the log does not take stays due, and nothing behind it goes before it', async () => {
  const due: Telling[] = [3, 4].map(id => ({ entry: historyEntry(id), target: 'log', attempts: 0 }))
  const asked: TellingsAsked[] = []
  const appended: bigint[] = []
  const settled: number[] = []
  const faults: string[] = []
  let isAway = true
  const actor = testActor(alertLog, {
    states: {
      take: async (_target, how) => {
        asked.push(how)
        return due.filter(({ entry }) => !settled.includes(entry.id))
      },
      settled: async (_target, ids) => void settled.push(...ids),
    },
    log: {
      append: async ({ envelope }) => {
        if (isAway) {
          const outcome = { type: 'unavailable', reason: 'disk-full' } as const
          return { ...outcome, retryAfterMs: 1_000, mayBeStored: false }
        }
        appended.push(envelope.sequence)
        return { type: 'durable', repeat: false }
      },
    },
    arena: new Arena({ capacityBytes: 2 ** 22, readerBytes: 2 ** 20, slabBytes: 2 ** 16 }),
    coordination: { claim: async () => true },
    onFault: error => void faults.push(error.message),
  })
  await actor.settle()
  assert.deepEqual([appended, settled, faults], [[], [], ['not logged yet: disk-full']])
  isAway = false
  actor.clock.advance(1_000)
  await actor.settle()
  assert.deepEqual(
    [appended, settled],
    [
      [3n, 4n],
      [3, 4],
    ],
  )
  assert.ok(asked.length > 1 && asked.every(({ inOrder }) => inOrder))
  actor.kill()
})
