import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeData } from '../../testing/fake-data.ts'
import { movedOn, withStreamed } from './stream-levels.ts'

test('what was counted moves on by what came since, and not by what came before', () => {
  const rows = new FakeData(4).history(300, 0, 60_000)
  const all = withStreamed(new Map(), rows)
  const before = withStreamed(new Map(), rows.slice(0, 100))
  const now = withStreamed(before, rows.slice(100))
  assert.deepEqual(now, all)
  assert.deepEqual(movedOn(before, before, now), all)
  assert.deepEqual(movedOn(new Map(), before, now), withStreamed(new Map(), rows.slice(100)))
  assert.deepEqual(movedOn(new Map([['x', { INFO: 3 }]]), now, now), new Map([['x', { INFO: 3 }]]))
})
