import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionsOf, hasStages } from './query-check.ts'
import { withTerm } from './query-text-model.ts'
import { cellText } from './table-model.ts'

const TIME = '2026-01-01T00:01:00.000Z'

test('cells are written to be read', () => {
  const column = (type: 'text' | 'number' | 'time' | 'json') => ({ name: 'x', type })
  assert.equal(cellText(null, column('text'), 'utc'), '–')
  assert.equal(cellText(TIME, column('time'), 'utc'), 'Jan 1 00:01:00')
  assert.equal(cellText(TIME, column('text'), 'utc'), TIME)
  assert.equal(cellText(['a', 1], column('json'), 'utc'), '["a",1]')
})

test('conditions and stages of a query are told apart', () => {
  assert.equal(conditionsOf('level:error | count by service'), 'level:error')
  assert.equal(conditionsOf('| count'), '')
  assert.equal(conditionsOf('a "b|c"'), 'a "b|c"')
  assert.deepEqual(['a', 'a | limit 5', 'a |'].map(hasStages), [false, true, false])
  assert.equal(withTerm('a | count by b', 'host:x'), 'a host:x | count by b')
  assert.equal(withTerm('| count', 'host:x'), 'host:x | count')
})
