import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Table } from '#proto/api.ts'
import { SERIES_MAX, seriesPaths, timechartOf } from './timechart-model.ts'

function chart(rows: Table['rows'], measure = 'count'): Table {
  return {
    columns: [
      { name: 'time', type: 'time' },
      { name: 'service', type: 'text' },
      { name: measure, type: 'number' },
    ],
    rows,
    truncated: false,
  }
}

const AT = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:01:00.000Z', '2026-01-01T00:03:00.000Z']

test('amounts over time are stacked, other numbers are lines', () => {
  const rows = [
    [AT[0] ?? '', 'a', 4],
    [AT[0] ?? '', 'b', 6],
    [AT[1] ?? '', 'a', 5],
    [AT[2] ?? '', null, 1],
  ]
  const counts = timechartOf(chart(rows))
  assert.ok(counts !== null)
  assert.deepEqual([counts.isStacked, counts.max, counts.barMs], [true, 10, 60_000])
  assert.deepEqual(
    counts.series.map(({ name }) => name),
    ['a', 'b', '–'],
  )
  assert.equal(counts.interval.toMs - counts.interval.fromMs, 4 * 60_000)
  const [first = ''] = seriesPaths(counts, { width: 400, height: 100 })
  assert.equal(first.split('M').length - 1, 2, 'a bar each')
  const lines = timechartOf(chart(rows, 'p95(ms)'))
  assert.ok(lines !== null)
  assert.deepEqual([lines.isStacked, lines.max], [false, 6])
  const [line = ''] = seriesPaths(lines, { width: 400, height: 100 })
  assert.match(line, /^M50 .*L150 /)
})

test('what is not about time has no chart, and too many series are told', () => {
  assert.equal(timechartOf({ ...chart([]), columns: [{ name: 'count', type: 'number' }] }), null)
  assert.equal(timechartOf(chart([])), null)
  const many = Array.from({ length: 12 }, (_, i) => [AT[0] ?? '', `s${i}`, i])
  const found = timechartOf(chart(many))
  assert.deepEqual([found?.series.length, found?.left], [SERIES_MAX, 12 - SERIES_MAX])
})
