import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeData } from '../../testing/fake-data.ts'
import { fakeSearch } from '../../testing/fake-search.ts'
import { type Counts, facetValues, readCounts, slidTo, withRows } from './counts-model.ts'
import { rowTimeMs } from './row-order.ts'

const FROM = Date.UTC(2026, 10, 21, 9)
const rows = new FakeData(5).history(400, FROM, FROM + 600_000)

function counted(part: typeof rows): Counts {
  return readCounts(fakeSearch(part, { interval: 60 }, ''), {})
}

test('adding rows gives what counting them anew would give', () => {
  const before = counted(rows.slice(0, 250))
  assert.deepEqual(withRows(before, rows.slice(250)), counted(rows))
  assert.equal(before.total, 250)
})

test('rows of an earlier bar find their bar', () => {
  const late = rows.slice(0, 10)
  assert.deepEqual(withRows(counted(rows.slice(10)), late).bars, counted(rows).bars)
})

test('bars that left the span are taken out of totals and levels', () => {
  const kept = rows.filter(row => rowTimeMs(row) >= FROM + 120_000)
  const slid = slidTo(counted(rows), FROM + 125_000)
  const expected = counted(kept)
  assert.equal(slid.total, expected.total)
  assert.deepEqual(slid.byLevel, expected.byLevel)
  assert.deepEqual(slid.bars, expected.bars)
})

test('nothing changes while every bar is still in the span', () => {
  const counts = counted(rows)
  assert.equal(slidTo(counts, FROM + 59_999), counts)
  assert.equal(withRows(counts, []), counts)
})

test('a facet shows its values by count and keeps what was chosen', () => {
  assert.deepEqual(facetValues({ b: 5, a: 5, c: 10 }, ['gone']), [
    { value: 'c', count: 10, share: 1, selected: false },
    { value: 'a', count: 5, share: 0.5, selected: false },
    { value: 'b', count: 5, share: 0.5, selected: false },
    { value: 'gone', count: 0, share: 0, selected: true },
  ])
})

test('a facet that is filtered by itself is counted apart', () => {
  const reply = fakeSearch(rows, {}, '')
  const counts = readCounts(reply, { byLevel: { INFO: 1 } })
  assert.deepEqual(counts.byLevel, { INFO: 1 })
  assert.deepEqual(counts.byService, reply.aggregations.by_service)
})
