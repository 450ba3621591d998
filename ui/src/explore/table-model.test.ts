import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Table } from '#proto/api.ts'
import { conditionsOf, hasStages } from './query-check.ts'
import { withTerm } from './query-text-model.ts'
import { barsOf, cellText, groupTerms } from './table-model.ts'

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

test('groups are bars, and lead to their logs', () => {
  const table: Table = {
    columns: [
      { name: 'service', type: 'text' },
      { name: 'my key', type: 'text' },
      { name: 'count', type: 'number' },
    ],
    rows: [
      ['cart', 'a b', 7],
      [null, '200', 2],
    ],
    truncated: false,
  }
  assert.deepEqual(barsOf(table), [
    { name: 'cart · a b', count: 7 },
    { name: '– · 200', count: 2 },
  ])
  assert.deepEqual(groupTerms(table, table.rows[0] ?? []), ['service:cart', '"my key":"a b"'])
  assert.deepEqual(groupTerms(table, table.rows[1] ?? []), ['-service:*', '"my key":200'])
  assert.deepEqual(barsOf({ ...table, columns: table.columns.slice(2) }), [])
})
