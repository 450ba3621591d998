import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LEVELS } from '#proto/api.ts'
import {
  type Bar,
  barStartAt,
  barTotal,
  brushed,
  chooseBarMs,
  type HistogramScale,
  levelPaths,
  maxTotal,
  readBars,
  segments,
  timeTicks,
  toMs,
  toX,
  wholeBars,
} from './histogram-model.ts'

const FROM = Date.UTC(2026, 10, 21, 9)
const MINUTE = 60_000
const scale: HistogramScale = {
  interval: { fromMs: FROM, toMs: FROM + 10 * MINUTE },
  barMs: MINUTE,
  width: 500,
  height: 100,
}
const bars: readonly Bar[] = [
  { timeMs: FROM, counts: { INFO: 90, ERROR: 10 } },
  { timeMs: FROM + 3 * MINUTE, counts: { INFO: 49, FATAL: 1 } },
]

test('bars are as wide as a round span, and never more than wanted', () => {
  assert.equal(chooseBarMs(15 * MINUTE, 100), 10_000)
  assert.equal(chooseBarMs(24 * 60 * MINUTE, 100), 15 * MINUTE)
  fc.assert(
    fc.property(
      fc.integer({ min: 1000, max: 3e10 }),
      fc.integer({ min: 20, max: 200 }),
      (ms, max) => {
        assert.ok(ms / chooseBarMs(ms, max) <= max)
      },
    ),
  )
})

test('segments fill the bar in proportion, the worst level at the bottom', () => {
  assert.deepEqual(segments(bars[0] as Bar, 100, 100), [
    { level: 'ERROR', height: 10 },
    { level: 'INFO', height: 90 },
  ])
})

test('a rare level is seen, and the bar keeps its height', () => {
  const counts = fc.record(
    Object.fromEntries(LEVELS.map(level => [level, fc.nat({ max: 1_000_000 })])),
  )
  fc.assert(
    fc.property(counts, levels => {
      const bar = { timeMs: 0, counts: levels }
      const total = barTotal(bar)
      const parts = segments(bar, total, 88)
      assert.equal(parts.length, LEVELS.filter(level => (levels[level] ?? 0) > 0).length)
      for (const part of parts) assert.ok(part.height >= 2)
      const height = parts.reduce((sum, part) => sum + part.height, 0)
      if (total > 0) assert.ok(Math.abs(height - 88) < 1e-6, `${height}`)
    }),
  )
})

test('each level is one path; levels that do not occur have none', () => {
  const paths = levelPaths(bars, scale)
  assert.equal(paths.ERROR, 'M0 100h49v-10h-49z')
  assert.equal(paths.INFO, 'M0 90h49v-90h-49zM150 98h49v-49h-49z')
  assert.equal(paths.TRACE, '')
})

test('bars beyond the edges are cut there', () => {
  const outside = [{ timeMs: FROM - MINUTE / 2, counts: { INFO: 1 } }]
  assert.equal(levelPaths(outside, scale).INFO, 'M0 100h24v-100h-24z')
  assert.equal(levelPaths([{ timeMs: FROM - 5 * MINUTE, counts: { INFO: 1 } }], scale).INFO, '')
})

test('places and moments go back and forth', () => {
  assert.equal(toX(FROM + 5 * MINUTE, scale), 250)
  assert.equal(toMs(250, scale), FROM + 5 * MINUTE)
  assert.equal(toMs(-10, scale), FROM)
})

test('a drag in either direction selects whole bars', () => {
  const expected = { fromMs: FROM + 2 * MINUTE, toMs: FROM + 5 * MINUTE }
  assert.deepEqual(brushed(110, 240, bars, scale), expected)
  assert.deepEqual(brushed(240, 110, bars, scale), expected)
  assert.equal(barStartAt(110, bars, scale), FROM + 2 * MINUTE)
})

test('the span shown is widened to whole bars', () => {
  const span = { fromMs: FROM + 20_000, toMs: FROM + 3 * MINUTE }
  assert.deepEqual(wholeBars(span, MINUTE, 0), { fromMs: FROM, toMs: FROM + 3 * MINUTE })
  assert.deepEqual(wholeBars({ ...span, toMs: span.toMs + 1 }, MINUTE, 0), {
    fromMs: FROM,
    toMs: FROM + 4 * MINUTE,
  })
})

test('ticks stand at round times', () => {
  assert.deepEqual(timeTicks(scale, 'utc', 100), [
    { x: 0, label: '09:00' },
    { x: 100, label: '09:02' },
    { x: 200, label: '09:04' },
    { x: 300, label: '09:06' },
    { x: 400, label: '09:08' },
  ])
})

test('midnight is labelled with its day', () => {
  const midnight = Date.UTC(2026, 10, 22)
  const interval = { fromMs: midnight - 60 * MINUTE, toMs: midnight + 60 * MINUTE }
  const labels = timeTicks({ ...scale, interval }, 'utc', 150).map(({ label }) => label)
  assert.ok(labels.includes('Nov 22'), labels.join())
})

test('bars are read from a reply', () => {
  const [bar] = readBars([{ time: '2026-11-21T09:00:00Z', counts: { WARN: 3 } }])
  assert.deepEqual(bar, { timeMs: FROM, counts: { WARN: 3 } })
  assert.equal(maxTotal(bars), 100)
  assert.equal(maxTotal([]), 0)
})
