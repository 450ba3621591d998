import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertChange, AlertStatus } from '../api/alerts.ts'
import { changeText, daysOf, isShown } from './history-model.ts'

const change = (from: AlertStatus, to: AlertStatus, actor: string | null = null): AlertChange => ({
  id: 1,
  at: '2026-11-29T12:00:00.000Z',
  rule_id: 'r',
  rule: 'Errors',
  severity: 'warning',
  condition: 'count > 20',
  group: {},
  from,
  to,
  value: 1,
  window_end: '2026-11-29T12:00:00.000Z',
  actor,
  note: null,
})

test('a filter keeps beginnings, ends, or what people did', () => {
  const began = change('pending', 'firing')
  const ended = change('firing', 'ok')
  const seen = change('firing', 'firing', 'ada')
  const shown = (filter: Parameters<typeof isShown>[1]) =>
    [began, ended, seen].map(each => isShown(each, filter))
  assert.deepEqual(shown(''), [true, true, true])
  assert.deepEqual(shown('firing'), [true, false, false])
  assert.deepEqual(shown('over'), [false, true, false])
  assert.deepEqual(shown('people'), [false, false, true])
})

test('who did it is named', () => {
  const nameOf = (id: string): string => id.toUpperCase()
  assert.equal(changeText(change('firing', 'firing', 'ada'), nameOf), 'acknowledged by ADA')
  assert.equal(changeText(change('firing', 'ok', 'ada'), nameOf), 'over by ADA')
  assert.equal(changeText(change('ok', 'firing'), nameOf), '')
})

test('changes of a day stand together, in their order', () => {
  const old = { ...change('ok', 'firing'), at: '2026-11-27T12:00:00.000Z' }
  const days = daysOf([change('firing', 'ok'), change('ok', 'firing'), old])
  assert.deepEqual(
    days.map(({ day, changes }) => [day, changes.length]),
    [
      ['Sunday, 29 November 2026', 2],
      ['Friday, 27 November 2026', 1],
    ],
  )
})
