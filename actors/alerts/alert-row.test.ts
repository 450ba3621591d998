import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredStatus } from '#actors/catalog/alert-states.ts'
import { historyEntry } from '#actors/tail/testing/history-entry.ts'
import { ROW_KINDS } from '#proto/columns.ts'
import { openLogBatch } from '#proto/log-batch.ts'
import { alertBatch, alertText } from './alert-row.ts'

const CHANGES: readonly (readonly [StoredStatus, StoredStatus, number | null, string])[] = [
  ['ok', 'pending', 21, 'errors is pending for host web-1: count > 20, now 21'],
  ['pending', 'firing', 22, 'errors fires for host web-1: count > 20, now 22'],
  ['firing', 'ok', 0, 'errors is over for host web-1: count > 20, now 0'],
  ['pending', 'ok', 3, 'errors did not last for host web-1: count > 20, now 3'],
  ['firing', 'no_data', null, 'errors is over, without data for host web-1: count > 20'],
  ['ok', 'no_data', null, 'errors has no data for host web-1: count > 20'],
  ['no_data', 'ok', null, 'errors is no longer awaited for host web-1: count > 20'],
  ['no_data', 'ok', 4, 'errors has data again for host web-1: count > 20, now 4'],
]

test('every change of state is a sentence, and says who did it', () => {
  for (const [from, to, value, text] of CHANGES) {
    assert.equal(alertText(historyEntry(1, { from, to, value })), text)
  }
  const how = { actor: 'ada', note: 'the rule was changed', to: 'ok', from: 'firing' } as const
  assert.equal(
    alertText(historyEntry(1, { ...how, value: 21 })),
    'errors is over for host web-1: count > 20, now 21 (the rule was changed by ada)',
  )
  const seen = { from: 'firing', to: 'firing', actor: 'ada', note: 'looking' } as const
  assert.equal(
    alertText(historyEntry(1, seen)),
    'errors is acknowledged for host web-1 by ada: looking',
  )
})

test('a row is of a kind of its own', () => {
  const columns = openLogBatch(alertBatch(historyEntry(1)))
  assert.deepEqual([columns.kind, columns.count], [ROW_KINDS.alert, 1])
})
