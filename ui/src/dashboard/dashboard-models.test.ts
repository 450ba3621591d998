import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorRate, errorRateChart, percentText } from './error-rate-model.ts'
import { slowQuery, suitableField } from './slow-model.ts'
import { forecastText, storageOf } from './storage-model.ts'

test('errors are a share of all logs, and of none where there are no logs', () => {
  assert.equal(errorRate({ INFO: 90, ERROR: 9, FATAL: 1 }), 0.1)
  assert.equal(errorRate({}), 0)
  const bars = [
    { timeMs: 0, counts: { INFO: 3, ERROR: 1 } },
    { timeMs: 1000, counts: {} },
    { timeMs: 2000, counts: { FATAL: 2 } },
  ]
  const chart = errorRateChart(bars, 1000, { fromMs: 0, toMs: 3000 })
  assert.deepEqual(
    [...(chart.series[0]?.values ?? [])],
    [
      [0, 0.25],
      [2000, 1],
    ],
  )
  assert.deepEqual([0, 0.00001, 0.004, 0.05, 0.123].map(percentText), [
    '0 %',
    '<0.01 %',
    '0.40 %',
    '5.0 %',
    '12 %',
  ])
})

test('the slowest are told by the fields that logs have', () => {
  const field = (name: string, type: 'text' | 'integer' | 'number', share = 1) => ({
    name,
    types: [type],
    share,
    rows: 1,
    distinct: 5,
  })
  const fields = [field('path', 'text'), field('duration_ms', 'number'), field('status', 'integer')]
  assert.equal(suitableField(fields, 'by'), 'path')
  assert.equal(suitableField(fields, 'number'), 'duration_ms')
  assert.equal(suitableField([field('status', 'integer')], 'number'), null)
  assert.equal(suitableField([field('x', 'text')], 'by'), 'service')
  assert.equal(suitableField([field('render_ms', 'number')], 'number'), 'render_ms')
  assert.equal(
    slowQuery('level:error', { by: 'my path', field: 'ms' }),
    'level:error ms:* | count, p50(ms), p95(ms), max(ms) by "my path" | sort -p95(ms) | limit 10',
  )
})

const GIB = 1024 ** 3
const storage = { usedBytes: 40e6, rows: 1e6, journalBytes: 0, freeBytes: 100 * GIB }

test('the forecast says when the disk is full, or where retention ends the growth', () => {
  const forecast = (rowsPerSecond: number, retentionDays: number): string =>
    forecastText(storage, { rowsPerSecond, retentionDays })
  assert.equal(forecast(1000, 30), '3.2 GiB a day at this rate; 30 days of it are 97 GiB')
  assert.match(forecast(10_000, 30), /the disk is full in 3 days$/)
  assert.match(forecast(1000, 0), /the disk is full in 31 days$/)
  assert.equal(forecast(0, 30), 'nothing is added at present')
  const unknown = { ...storage, freeBytes: null }
  const member = (retentionDays: number): string =>
    forecastText(unknown, { rowsPerSecond: 10_000, retentionDays })
  assert.match(member(30), /; 30 days of it are 966 GiB$/)
  assert.match(member(0), /^32 GiB a day at this rate$/)
  assert.match(forecastText({ ...storage, rows: 3 }, { rowsPerSecond: 1, retentionDays: 1 }), /few/)
})

test('storage is read from what the server measures, and missing where it is elsewhere', () => {
  const metric = (name: string, value: number) => ({ name, samples: [{ value }] })
  const metrics = [
    metric('logboy_store_segment_bytes', 10),
    metric('logboy_store_index_bytes', 2),
    metric('logboy_store_rows', 3),
    metric('logboy_disk_free_bytes', 99),
  ]
  assert.deepEqual(storageOf(metrics), { usedBytes: 12, rows: 3, journalBytes: 0, freeBytes: 99 })
  assert.equal(storageOf(metrics.slice(1)), null)
})
