import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatTime, parseDuration, parseTime, parseTimeAround } from './time.ts'
import { timeZone } from './time-zone.ts'

/** Nanoseconds since 1970 of what was read. */
function ns(value: string | number | bigint, zone = 'UTC'): bigint | null {
  const time = parseTime(value, timeZone(zone))
  return time === null ? null : BigInt(time.timeUs) * 1000n + BigInt(time.subNs)
}

const anyNs = fc.bigInt({ min: 0n, max: 9_000_000_000_000_000_000n })

test('a formatted time reads back exactly, with 3, 6 or 9 digits', () => {
  const coarse = anyNs.map(value => value - (value % 1_000n))
  const coarser = anyNs.map(value => value - (value % 1_000_000n))
  fc.assert(
    fc.property(fc.oneof(anyNs, coarse, coarser), time => {
      const text = formatTime(Number(time / 1000n), Number(time % 1000n))
      assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(\d{3}|\d{6}|\d{9})Z$/)
      assert.equal(ns(text), time)
    }),
    { numRuns: 1_000 },
  )
})

test('dates are those of the calendar, over all years that four digits have', () => {
  const ms = fc.integer({ min: Date.UTC(0, 0) - 60_000_000_000_000, max: Date.UTC(9999, 11, 31) })
  fc.assert(
    fc.property(ms, time => {
      const text = new Date(time).toISOString()
      if (text.length !== 24) return
      assert.equal(parseTime(text)?.timeUs, time * 1000)
    }),
    { numRuns: 2_000 },
  )
})

test('offsets, missing zones, spaces, commas and short forms are read', () => {
  const noon = 1_761_220_800_000_000_000n
  const same = [
    '2025-10-23T12:00:00Z',
    '2025-10-23t12:00:00z',
    '2025-10-23T14:00:00+02:00',
    '2025-10-23T14:00:00+0200',
    '2025-10-23T14:00:00+02',
    '2025-10-23T06:30:00.000-05:30',
    '2025-10-23 12:00:00',
    '2025-10-23 12:00:00 UTC',
    '2025-10-23 12:00:00 +0000',
    '2025-10-23 12:00',
    '2025-10-23T12:00Z',
    '2025-10-23 12:00:00.000000000Z',
  ]
  for (const text of same) assert.equal(ns(text), noon, text)
  assert.equal(ns('2025-10-23 14:00:00', '+02:00'), noon)
  assert.equal(ns('2025-10-23T12:00:00Z', '+02:00'), noon)
  assert.equal(ns('2025-10-23'), noon - 43_200_000_000_000n)
  assert.equal(ns('2025-10-23 12:00:00,5'), noon + 500_000_000n)
  assert.equal(ns('2025-10-23T12:00:00.1234567899Z'), noon + 123_456_789n)
  assert.equal(ns('2016-12-31T23:59:60Z'), ns('2017-01-01T00:00:00Z'))
  assert.equal(ns('2024-02-29T00:00:00Z'), 1_709_164_800_000_000_000n)
})

test('what is no time is null', () => {
  const bad = [
    '',
    'yesterday',
    '2025-13-01',
    '2025-02-29',
    '2025-10-23T24:00:00Z',
    '2025-10-23T12:60:00Z',
    '2025-10-23T12:00:61Z',
    '2025-10-23T12:00:00+24:00',
    '2025-10-23T12:00:00Zjunk',
    '2025-10-23T12:00:00 ',
    '2025-10-23X12:00:00',
    '2025-1-23',
    '12:00:00',
    '1e3',
    '99999999999999999999',
    '2025-10-23T12:00:00+2',
  ]
  for (const text of bad) assert.equal(parseTime(text), null, text)
  assert.equal(parseTime(Number.NaN), null)
  assert.equal(parseTime(Number.POSITIVE_INFINITY), null)
})

test('an epoch says its unit by its size, as number, text or bigint, without loss', () => {
  const expected = 1_761_229_935_000_000_000n
  assert.equal(ns(1_761_229_935), expected)
  assert.equal(ns('1761229935'), expected)
  assert.equal(ns(1_761_229_935_123), expected + 123_000_000n)
  assert.equal(ns(1_761_229_935_123_456), expected + 123_456_000n)
  assert.equal(ns('1761229935123456789'), expected + 123_456_789n)
  assert.equal(ns(1_761_229_935_123_456_789n), expected + 123_456_789n)
  assert.equal(ns('1761229935.123456789'), expected + 123_456_789n)
  assert.equal(ns(1_761_229_935.123456), expected + 123_456_000n)
  assert.equal(ns('1761229935123.456789'), expected + 123_456_789n)
  assert.equal(ns(0), 0n)
  assert.equal(ns(-1), -1_000_000_000n)
  assert.equal(ns('-0.000000001'), -1n)
})

test('epoch texts of any precision are exact', () => {
  const recent = fc.bigInt({ min: 100_000_000_000_000_000n, max: 4_000_000_000_000_000_000n })
  fc.assert(
    fc.property(recent, fc.constantFrom(9, 6, 3, 0), (time, digits) => {
      const text = String(time)
      const cut = text.length - digits
      const written = digits === 0 ? text : `${text.slice(0, cut)}.${text.slice(cut)}`
      assert.equal(ns(written), time)
    }),
    { numRuns: 1_000 },
  )
})

test('any text is read or refused without an error', () => {
  const pieces = fc.constantFrom('2025', '-', '10', '23', 'T', ':', '.', '+', 'Z', ' ', 'x')
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), list => {
      const time = parseTime(list.join(''))
      assert.ok(time === null || (Number.isSafeInteger(time.timeUs) && time.subNs < 1_000))
    }),
    { numRuns: 2_000 },
  )
})

test('relative times count from now', () => {
  const now = 1_761_229_935_000_000
  assert.equal(parseTimeAround('now', now), now)
  assert.equal(parseTimeAround('now-15m', now), now - 900_000_000)
  assert.equal(parseTimeAround(' now-1d+2h ', now), now - 22 * 3_600_000_000)
  assert.equal(parseTimeAround('2025-10-23T14:32:15Z', 0), now)
  assert.equal(parseTimeAround(1_761_229_935, 0), now)
  for (const bad of ['now-', 'now-5y', 'then', 'now 5m']) {
    assert.equal(parseTimeAround(bad, now), null, bad)
  }
})

test('durations are numbers of seconds or of a unit', () => {
  assert.equal(parseDuration('90s'), 90)
  assert.equal(parseDuration('5m'), 300)
  assert.equal(parseDuration('2w'), 1_209_600)
  assert.equal(parseDuration(0.5), 0.5)
  assert.equal(parseDuration('60'), 60)
  for (const bad of ['', '0s', '5y', '-5m', 'm', 0, -1, Number.NaN]) {
    assert.equal(parseDuration(bad), null, String(bad))
  }
})
