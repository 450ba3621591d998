import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertSeries } from '../api/alerts.ts'
import { SeriesCache, seriesChart } from './series-model.ts'

const SERIES: AlertSeries = {
  of: 'count',
  start: '2026-11-29T10:00:00.000Z',
  step_s: 10,
  values: [1, null, 30],
  threshold: 20,
}

test('values stand at their windows, and the threshold fits in', () => {
  const chart = seriesChart(SERIES)
  const at = Date.parse(SERIES.start)
  assert.deepEqual(
    [...(chart?.series[0]?.values ?? [])],
    [
      [at, 1],
      [at + 20_000, 30],
    ],
  )
  assert.deepEqual(chart?.interval, { fromMs: at, toMs: at + 30_000 })
  assert.ok((chart?.max ?? 0) > 30)
  assert.ok((seriesChart({ ...SERIES, threshold: 90 })?.max ?? 0) > 90)
  assert.equal(seriesChart({ ...SERIES, values: [null, 3] }), null, 'a point is no line')
})

test('a series is asked for once a minute, and stays while it is asked anew or fails', async () => {
  let asked = 0
  const cache = new SeriesCache(async () => {
    asked++
    if (asked === 2) throw new Error('the store is busy')
    return SERIES
  })
  assert.equal(cache.known('p', 1), null)
  await Promise.all([cache.asked('p', 1, 0), cache.asked('p', 1, 1)])
  assert.deepEqual([asked, cache.known('p', 1)], [1, SERIES])
  await cache.asked('p', 1, 59_999)
  assert.equal(asked, 1)
  const again = cache.asked('p', 1, 60_000)
  assert.equal(cache.known('p', 1), SERIES)
  assert.equal(await again, null)
  assert.equal(cache.known('p', 1), SERIES, 'what was told before stays')
})
