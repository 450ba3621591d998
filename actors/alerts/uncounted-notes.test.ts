import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UncountedNote } from '#actors/catalog/alert-rules.ts'
import { UncountedNotes } from './uncounted-notes.ts'

type Counts = Readonly<Record<string, readonly [number, number]>>

function notes() {
  const told: (readonly UncountedNote[])[] = []
  const faults: string[] = []
  const away = { now: false }
  const rules = {
    noteUncounted: async (noted: readonly UncountedNote[]) => {
      if (away.now) throw new Error('away')
      told.push(noted)
    },
  }
  const noted = new UncountedNotes(rules, ({ message }) => faults.push(message))
  const note = async (atMs: number, counts: Counts): Promise<void> => {
    const counted = Object.entries(counts).map(([id, [late, leftOut]]) => ({
      stored: { id, version: 3 },
      evaluator: { counters: { late, leftOut, behind: 7 } },
    }))
    noted.note(counted, atMs)
    await new Promise(setImmediate)
  }
  return { note, told, faults, away }
}

test('what was not counted is noted once it is so, then not more often than people look', async () => {
  const { note, told } = notes()
  await note(0, { a: [0, 0], b: [0, 0] })
  assert.equal(told.length, 0)
  await note(1_000, { a: [5, 0], b: [0, 0] })
  assert.deepEqual(told, [[{ id: 'a', version: 3, uncounted: { late: 5, leftOut: 0 } }]])
  await note(2_000, { a: [6, 0], b: [0, 2] })
  assert.equal(told.length, 1, 'too early')
  await note(16_000, { a: [6, 0], b: [0, 2] })
  assert.deepEqual(
    told[1]?.map(({ id, uncounted }) => [id, uncounted.late, uncounted.leftOut]),
    [
      ['a', 6, 0],
      ['b', 0, 2],
    ],
  )
  await note(60_000, { a: [6, 0], b: [0, 2] })
  assert.equal(told.length, 2, 'nothing is new')
})

test('what could not be noted is noted later', async () => {
  const { note, told, faults, away } = notes()
  away.now = true
  await note(0, { a: [5, 0] })
  assert.deepEqual([told.length, faults], [0, ['away']])
  away.now = false
  await note(15_000, { a: [5, 0] })
  assert.equal(told.length, 1)
})
