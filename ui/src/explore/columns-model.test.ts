import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FakeData } from '../../testing/fake-data.ts'
import {
  COLUMNS_DEFAULT,
  cellOf,
  columnOf,
  movedColumn,
  parseColumns,
  printColumns,
  resizedColumn,
  withColumn,
  withoutColumn,
} from './columns-model.ts'

test('columns stand in a URL and come back', () => {
  const name = fc
    .string({ minLength: 1 })
    .filter(text => !['time', 'level', 'message'].includes(text))
  const column = fc
    .tuple(name, fc.integer({ min: 48, max: 800 }))
    .map(([text, width]) => ({ name: text, width }))
  fc.assert(
    fc.property(fc.uniqueArray(column, { selector: each => each.name }), columns => {
      assert.deepEqual(parseColumns(printColumns(columns)), columns)
    }),
  )
  assert.deepEqual(parseColumns(null), COLUMNS_DEFAULT)
  assert.deepEqual(parseColumns(''), [])
})

test('what a URL says wrongly is left out', () => {
  assert.deepEqual(parseColumns('a,a,%,level,b~9999,,c~1'), [
    columnOf('a'),
    { name: 'b', width: 800 },
    { name: 'c', width: 48 },
  ])
})

test('columns are added once, moved, made wider and taken away', () => {
  const three = withColumn(withColumn(COLUMNS_DEFAULT, 'status'), 'status')
  assert.deepEqual(printColumns(three), 'service,host,status')
  assert.deepEqual(printColumns(movedColumn(three, 'status', 0)), 'status,service,host')
  assert.deepEqual(printColumns(movedColumn(three, 'service', 9)), 'host,status,service')
  assert.deepEqual(printColumns(resizedColumn(three, 'host', 10)), 'service,host~48,status')
  assert.deepEqual(printColumns(withoutColumn(three, 'service')), 'host,status')
})

test('a cell is the field, or the attribute as text', () => {
  const row = { ...new FakeData(3).row(0), attributes: { status: 500, tags: ['a'], toString: 'x' } }
  assert.equal(cellOf(row, 'service'), row.service)
  assert.deepEqual(
    ['status', 'tags', 'toString', 'valueOf'].map(name => cellOf(row, name)),
    ['500', '["a"]', 'x', ''],
  )
})
