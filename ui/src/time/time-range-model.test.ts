import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  parseRange,
  rangeInput,
  rangeText,
  resolveRange,
  type TimeRange,
  zoomOut,
} from './time-range-model.ts'

const NOW = Date.UTC(2026, 10, 21, 9, 30)
const context = { nowMs: NOW, zone: 'utc' } as const
const DAY = 86_400_000

function read(text: string): TimeRange {
  const typed = parseRange(text, context)
  assert.ok(typed.ok, `${text}: ${typed.ok ? '' : typed.reason}`)
  return typed.range
}

function relative(seconds: number): TimeRange {
  return { kind: 'relative', seconds }
}

function absolute(fromMs: number, toMs: number): TimeRange {
  return { kind: 'absolute', fromMs, toMs }
}

test('spans are read as people write them', () => {
  const spans = {
    '15m': 900,
    '90s': 90,
    'last 2 hours': 7200,
    'past 3 days': 259_200,
    '1 hour ago': 3600,
    hour: 3600,
    '2w': 1_209_600,
    'LAST 10 MIN': 600,
  }
  for (const [text, seconds] of Object.entries(spans))
    assert.deepEqual(read(text), relative(seconds))
})

test('days are read whole', () => {
  const midnight = Date.UTC(2026, 10, 21)
  assert.deepEqual(read('today'), absolute(midnight, midnight + DAY))
  assert.deepEqual(read('Yesterday'), absolute(midnight - DAY, midnight))
  assert.deepEqual(read('2026-10-31'), absolute(Date.UTC(2026, 9, 31), Date.UTC(2026, 10, 1)))
})

test('one moment means until now', () => {
  assert.deepEqual(read('2026-11-21 08:00'), absolute(NOW - 5_400_000, NOW))
  assert.deepEqual(read('08:00'), absolute(NOW - 5_400_000, NOW))
})

test('two moments are joined by to, dots or a dash, in any form', () => {
  const from = Date.UTC(2026, 10, 20, 8)
  const to = Date.UTC(2026, 10, 20, 9, 15, 30, 250)
  const expected = absolute(from, to)
  assert.deepEqual(read('2026-11-20 08:00 to 2026-11-20 09:15:30.250'), expected)
  assert.deepEqual(read('2026-11-20T08:00:00Z..2026-11-20T09:15:30.25Z'), expected)
  assert.deepEqual(read('2026-11-20T10:00+02:00 - 2026-11-20T09:15:30,250Z'), expected)
  assert.deepEqual(read(`${from / 1000} to ${to}`), expected)
  assert.deepEqual(read(`${from}000 .. ${to}000000`), expected)
  assert.deepEqual(read('2 hours ago to now'), absolute(NOW - 7_200_000, NOW))
})

test('what is no range says why', () => {
  const reasons = {
    '': /type a span/,
    soon: /“soon” is no time/,
    '2026-02-31': /no time/,
    '25:00': /no time/,
    '2026-11-21 09:00 to 2026-11-21 08:00': /before the start/,
    '0m': /at least one second/,
    '900000d': /at most ten years/,
    '08:00 to 09:00 to 09:10': /one start and one end/,
    '5ms': /no time/,
  }
  for (const [text, reason] of Object.entries(reasons)) {
    const typed = parseRange(text, context)
    assert.ok(!typed.ok, text)
    assert.match(typed.reason, reason)
  }
})

test('no text makes the parser fail', () => {
  fc.assert(fc.property(fc.string(), text => void parseRange(text, context)))
})

test('what the typed field shows is read back as the same range', () => {
  const ranges = fc.oneof(
    fc.integer({ min: 1, max: 1e7 }).map(relative),
    fc
      .tuple(fc.integer({ min: 1e12, max: 2e12 }), fc.integer({ min: 1, max: 1e10 }))
      .map(([fromMs, ms]) => absolute(fromMs, fromMs + ms)),
  )
  fc.assert(fc.property(ranges, range => assert.deepEqual(read(rangeInput(range, 'utc')), range)))
})

test('ranges have short names', () => {
  assert.equal(rangeText(relative(900), 'utc'), 'Last 15 minutes')
  assert.equal(rangeText(relative(5400), 'utc'), 'Last 90m')
  assert.equal(rangeText(absolute(NOW, NOW + 60_000), 'utc'), '2026-11-21 09:30 – 09:31 UTC')
})

test('a relative range ends now', () => {
  assert.deepEqual(resolveRange(relative(60), NOW), { fromMs: NOW - 60_000, toMs: NOW })
})

test('zooming out doubles the span but not into the future', () => {
  assert.deepEqual(zoomOut(relative(900), NOW), relative(1800))
  const past = absolute(NOW - DAY, NOW - DAY + 60_000)
  assert.deepEqual(zoomOut(past, NOW), absolute(NOW - DAY - 30_000, NOW - DAY + 90_000))
  assert.deepEqual(zoomOut(absolute(NOW - 60_000, NOW), NOW), absolute(NOW - 90_000, NOW))
})
