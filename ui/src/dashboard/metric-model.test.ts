import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lastValue, metricChart, metricText, usualFunction } from './metric-model.ts'

const answer = {
  unit: 'ms',
  step: 10,
  series: [
    { labels: { path: '/a' }, points: [{ time: '1970-01-01T00:00:10.000Z', value: 3 }] },
    {
      labels: { path: '/b' },
      points: [
        { time: '1970-01-01T00:00:00.000Z', value: 9 },
        { time: '1970-01-01T00:00:20.000Z', value: 1 },
      ],
    },
  ],
}

test('series of a metric are lines, the largest first, over whole steps', () => {
  const chart = metricChart(answer, { fromMs: 1000, toMs: 25_000 })
  assert.deepEqual(chart.interval, { fromMs: 0, toMs: 30_000 })
  assert.deepEqual(
    chart.series.map(({ name }) => name),
    ['/b', '/a'],
  )
  assert.deepEqual([chart.max, chart.barMs, lastValue(chart)], [9, 10_000, 1])
  assert.equal(lastValue({ ...chart, series: [] }), null)
})

test('values are told with the unit that their function leaves', () => {
  assert.deepEqual(
    [metricText(3.5, 'rate', 'orders'), metricText(3, 'p95', 'ms'), metricText(3, 'max', '')],
    ['3.5/s', '3 ms', '3'],
  )
  assert.deepEqual((['counter', 'gauge', 'histogram'] as const).map(usualFunction), [
    'rate',
    'avg',
    'p95',
  ])
})
