import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import type { AlertGroup, AlertStatus, BacktestChange, Preview } from '../api/alerts.ts'
import { firingSpans, firingsOf, firingsText, previewChart } from './preview-model.ts'

const START = Date.parse('2026-11-29T10:00:00Z')
const iso = (seconds: number): string => new Date(START + seconds * 1000).toISOString()
const change = (
  seconds: number,
  from: AlertStatus,
  to: AlertStatus,
  group: AlertGroup = {},
): BacktestChange => ({ at: iso(seconds), from, to, group, value: 25, window_end: iso(seconds) })

function preview(parts: Partial<Preview>): Preview {
  const counts = { rows: 10, late: 0, warm_up: null, left_out: 0, firings: 0, notifications: 0 }
  return { start_time: iso(0), end_time: iso(3600), ...counts, changes: [], series: [], ...parts }
}

function ruleOf(condition: string, aggregate = 'count', by = ['host']) {
  const parsed = parseAlertRule({ name: 'r', condition, aggregate, by })
  assert.ok(parsed.type === 'rule')
  return parsed.rule
}

test('a firing begins and ends with its group, and goes on where nothing ends it', () => {
  const [a, b] = [{ host: 'a' }, { host: 'b' }]
  const firings = firingsOf([
    change(10, 'ok', 'pending', a),
    change(20, 'pending', 'firing', a),
    change(30, 'ok', 'firing', b),
    change(40, 'firing', 'ok', a),
    change(100, 'ok', 'firing', a),
    change(110, 'firing', 'no_data', a),
  ])
  assert.deepEqual(
    firings.map(({ group, fromMs, toMs }) => [group['host'], fromMs - START, toMs && toMs - START]),
    [
      ['a', 20_000, 40_000],
      ['b', 30_000, null],
      ['a', 100_000, 110_000],
    ],
  )
  assert.deepEqual(firingSpans(firings, START + 200_000), [
    { fromMs: START + 20_000, toMs: START + 200_000 },
  ])
  assert.equal(firingsText(firings), 'would have fired 3 times in 2 groups')
  assert.equal(firingsText([]), 'would not have fired')
})

test('groups that fired are drawn first, and the threshold is always in sight', () => {
  const points = (value: number | null) => [{ time: iso(60), value }]
  const hosts = Array.from({ length: 10 }, (_, at) => ({
    group: { host: `h${at}` },
    points: points(at),
  }))
  const changes = [change(60, 'ok', 'firing', { host: 'h0' })]
  const chart = previewChart(preview({ series: hosts, changes }), ruleOf('> 20'), 'count')
  assert.deepEqual(
    chart.series.map(({ name }) => name),
    ['h0', 'h9', 'h8', 'h7', 'h6', 'h5', 'h4', 'h3'],
  )
  assert.equal(chart.left, 2)
  assert.ok(chart.max > 20)
  assert.equal(chart.barMs, 30_000)
  assert.deepEqual([...(chart.series[1]?.values ?? [])], [[START + 60_000, 9]])
})

test('windows without data are gaps, and what goes below zero is drawn', () => {
  const series = [
    {
      group: {},
      points: [
        { time: iso(0), value: null },
        { time: iso(30), value: -50 },
      ],
    },
  ]
  const chart = previewChart(preview({ series }), ruleOf('< -20', 'change'), 'change')
  assert.deepEqual([...(chart.series[0]?.values ?? [])], [[START + 30_000, -50]])
  assert.ok((chart.min ?? 0) < -50)
})

test('an anomaly is drawn as what was measured, what is usual, and where it fires', () => {
  const known = { time: iso(120), value: 6, measured: 40, usual: 10, spread: 5 }
  const points = [{ time: iso(60), value: null, measured: 8 }, known]
  const rule = ruleOf('> 5', 'anomaly(count)', [])
  const { series, max } = previewChart(preview({ series: [{ group: {}, points }] }), rule, 'count')
  const values = Object.fromEntries(series.map(each => [each.name, [...each.values.values()]]))
  assert.deepEqual(values, { count: [8, 40], usual: [10], 'fires at': [35] })
  assert.ok(max >= 40)
  const hosts = [1, 2].map(host => ({ group: { host: `${host}` }, points }))
  const grouped = previewChart(preview({ series: hosts }), ruleOf('> 5', 'anomaly(count)'), 'x')
  assert.deepEqual([...(grouped.series[0]?.values.values() ?? [])], [6])
})
