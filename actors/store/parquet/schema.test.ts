import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  attributeOfColumn,
  chooseAttributes,
  columnName,
  segmentSchema,
  timeUnitOf,
  unionSchema,
} from './schema.ts'
import { columnsOf } from './testing/plain-rows.ts'
import { sampleRows } from './testing/sample-rows.ts'

function partWith(...attributes: readonly Readonly<Record<string, string>>[]) {
  const [row] = sampleRows(1)
  assert(row !== undefined)
  return columnsOf(attributes.map(given => ({ ...row, attributes: given })))
}

function namesOf(attributes: ReturnType<typeof chooseAttributes>): string[] {
  return attributes.map(columnName)
}

test('the most frequent attributes get columns, up to the cap', () => {
  const part = partWith(
    { 's.a': '1', 's.b': '1' },
    { 's.b': '2', 'i.c': '3' },
    { 's.b': '2', 'i.c': '4' },
  )
  assert.deepEqual(namesOf(chooseAttributes([part], 2)), ['attr.s.b', 'attr.i.c'])
  assert.deepEqual(namesOf(chooseAttributes([part, part], 9)), ['attr.s.b', 'attr.i.c', 'attr.s.a'])
})

test('of keys that differ only by case the more frequent gets the column', () => {
  const part = partWith({ 's.User': '1' }, { 's.user': '1' }, { 's.user': '2' })
  assert.deepEqual(namesOf(chooseAttributes([part], 9)), ['attr.s.user'])
})

test('one key may have a column of each type', () => {
  const part = partWith({ 's.status': 'ok' }, { 'i.status': '200' })
  assert.deepEqual(namesOf(chooseAttributes([part], 9)).sort(), ['attr.i.status', 'attr.s.status'])
})

test('keys that are no names get no column', () => {
  const part = partWith({
    's.quo"te': '1',
    's.': '2',
    's.new\nline': '3',
    [`s.${'x'.repeat(129)}`]: '4',
  })
  assert.deepEqual(chooseAttributes([part], 9), [])
})

test('milliseconds are for times that are all whole ones, and share no file with others', () => {
  const timesOf = (...timeUs: number[]) => ({ timeUs: Float64Array.from(timeUs) })
  assert.equal(timeUnitOf([timesOf(0, 1_000), timesOf(1_790_000_000_123_000)]), 'ms')
  assert.equal(timeUnitOf([timesOf(0, 1_000), timesOf(1_790_000_000_123_001)]), 'us')
  const schemas = [segmentSchema([], 'ms'), segmentSchema([], 'us')]
  assert.equal(unionSchema(schemas, 9), null)
  assert.deepEqual(unionSchema(schemas.slice(0, 1), 9), schemas[0])
})

test('a column tells its attribute, and only columns of attributes do', () => {
  assert.deepEqual(attributeOfColumn('attr.s.http.path'), { type: 's', key: 'http.path' })
  assert.equal(attributeOfColumn('attributes'), null)
  assert.equal(attributeOfColumn('attr.x.y'), null)
})

test('a union has all attributes once, and none if names would collide or the cap is passed', () => {
  const a = segmentSchema([{ type: 's', key: 'x' }])
  const b = segmentSchema([
    { type: 'i', key: 'x' },
    { type: 's', key: 'x' },
  ])
  assert.deepEqual(namesOf(unionSchema([a, b], 2)?.attributes ?? []), ['attr.s.x', 'attr.i.x'])
  assert.equal(unionSchema([a, b], 1), null)
  assert.equal(unionSchema([a, segmentSchema([{ type: 's', key: 'X' }])], 9), null)
})
