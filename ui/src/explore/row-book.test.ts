import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Row } from '#proto/api.ts'
import { FakeData, fakeId } from '../../testing/fake-data.ts'
import { timeMs } from '../kit/wall-time.ts'
import { positionOf, RowBook } from './row-book.ts'
import { compareRows, nextMicrosecond } from './row-order.ts'

const [sample] = new FakeData(1).history(1, 0, 1000) as [Row]
const fractions = ['', '.1', '.120', '.120001', '.120001000', '.120001001', '.9']

/** Few times and ids, so that equal ones are common. */
const rows = fc
  .tuple(
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom(...fractions),
    fc.integer({ min: 0, max: 40 }),
  )
  .map(([second, fraction, number]) => ({
    ...sample,
    time: `2026-11-21T09:00:0${second}${fraction}Z`,
    id: fakeId(number),
  }))

test('rows come in any order and stand newest first, each once', () => {
  fc.assert(
    fc.property(fc.array(fc.array(rows)), groups => {
      const book = new RowBook(1000)
      for (const group of groups) book.add(group)
      const first = new Map<string, Row>()
      for (const row of groups.flat()) if (!first.has(row.id)) first.set(row.id, row)
      const expected = [...first.values()].sort((a, b) => compareRows(b, a))
      assert.deepEqual(book.rows, expected)
      assert.equal(book.cut, false)
      for (const [index, row] of expected.entries()) assert.equal(positionOf(book.rows, row), index)
    }),
  )
})

test('a full book forgets the oldest rows and says so', () => {
  fc.assert(
    fc.property(fc.uniqueArray(rows, { selector: ({ id }) => id }), all => {
      const book = new RowBook(5)
      book.add(all)
      const expected = [...all].sort((a, b) => compareRows(b, a)).slice(0, 5)
      assert.deepEqual(book.rows, expected)
      assert.equal(book.cut, all.length > 5)
      for (const row of all) assert.equal(book.has(row.id), expected.includes(row))
    }),
  )
})

test('times of different precision compare by their value', () => {
  const at = (time: string): Row => ({ ...sample, time })
  const ordered = [
    '09:00:00Z',
    '09:00:00.1Z',
    '09:00:00.100001Z',
    '09:00:00.100001001Z',
    '09:00:01Z',
  ]
  const sorted = ordered
    .map(time => at(`2026-11-21T${time}`))
    .reverse()
    .sort(compareRows)
  assert.deepEqual(
    sorted.map(({ time }) => time.slice(11)),
    ordered,
  )
  assert.equal(compareRows(at('2026-11-21T09:00:00.1Z'), at('2026-11-21T09:00:00.100Z')), 0)
})

test('the next microsecond carries over', () => {
  assert.equal(nextMicrosecond('2026-11-21T09:00:00.123456Z'), '2026-11-21T09:00:00.123457Z')
  assert.equal(nextMicrosecond('2026-11-21T09:00:00.123456789Z'), '2026-11-21T09:00:00.123457Z')
  assert.equal(nextMicrosecond('2026-11-21T09:00:00.999999Z'), '2026-11-21T09:00:01.000000Z')
  assert.equal(nextMicrosecond('2026-11-21T09:00:00Z'), '2026-11-21T09:00:00.000001Z')
})

test('a time in nanoseconds is read to the millisecond', () => {
  assert.equal(timeMs('2026-11-21T09:00:00.123456789Z'), Date.UTC(2026, 10, 21, 9, 0, 0, 123))
})
