import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  agoText,
  clockText,
  dayText,
  fromWallTime,
  momentText,
  secondText,
  sinceText,
  startOfDay,
  toWallTime,
  zoneText,
} from './wall-time.ts'

const MS = Date.UTC(2026, 10, 21, 9, 14, 3, 120)

test('a moment reads as date and time', () => {
  assert.equal(clockText(MS, 'utc'), '09:14:03.120')
  assert.equal(dayText(MS, 'utc'), 'Nov 21')
  assert.equal(momentText(MS, 'utc'), '2026-11-21 09:14:03.120')
  assert.equal(momentText(MS - 120, 'utc'), '2026-11-21 09:14:03')
  assert.equal(momentText(MS - 3120, 'utc'), '2026-11-21 09:14')
  assert.equal(secondText(MS, 'utc'), '2026-11-21 09:14:03')
  assert.equal(secondText(MS - 3120, 'utc'), '2026-11-21 09:14:00')
})

test('since when something is names the day where it is not today', () => {
  const since = (nowMs: number): string => sinceText(MS, nowMs, 'utc')
  assert.equal(since(MS + 1_000), '09:14:03')
  assert.equal(since(startOfDay(MS, 'utc', 1) - 1), '09:14:03')
  assert.equal(since(startOfDay(MS, 'utc', 1)), 'Nov 21 09:14:03')
  assert.equal(since(startOfDay(MS, 'utc') - 1), 'Nov 21 09:14:03')
})

test('a moment goes to wall time and back in UTC', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), ms => {
      assert.equal(fromWallTime(toWallTime(ms, 'utc'), 'utc'), ms)
    }),
  )
})

test('a local moment is the same moment', () => {
  assert.equal(fromWallTime(toWallTime(MS, 'local'), 'local'), MS)
})

test('a day begins at midnight, also days away', () => {
  assert.equal(startOfDay(MS, 'utc'), Date.UTC(2026, 10, 21))
  assert.equal(startOfDay(MS, 'utc', -21), Date.UTC(2026, 9, 31))
})

test('distances are told in the unit people would use', () => {
  const ago = (ms: number): string => agoText(MS - ms, MS)
  assert.equal(ago(400), 'just now')
  assert.equal(ago(42_000), '42 s ago')
  assert.equal(ago(3 * 60_000), '3 min ago')
  assert.equal(ago(5 * 3_600_000), '5 h ago')
  assert.equal(ago(3 * 86_400_000), '3 d ago')
  assert.equal(ago(-120_000), 'in 2 min')
})

test('UTC is called so', () => {
  assert.equal(zoneText(MS, 'utc'), 'UTC')
})
