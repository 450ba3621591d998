import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseTime } from './time.ts'
import { timeZone, timeZoneName } from './time-zone.ts'

const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Africa/Casablanca',
  'Pacific/Apia',
  'America/Boa_Vista',
  '-03:30',
]

/** What a clock on the wall shows, by another way than the one under test. */
function wallText(zone: string, timeMs: number): string {
  const options = { timeZone: zone, hourCycle: 'h23', dateStyle: 'short', timeStyle: 'medium' }
  return new Intl.DateTimeFormat('sv-SE', options as Intl.DateTimeFormatOptions).format(timeMs)
}

function read(text: string, zone: string): string {
  const time = parseTime(text, timeZone(zone))
  assert(time !== null)
  return new Date(time.timeUs / 1_000).toISOString()
}

/** Hours around which clocks of these zones are changed, and all others. */
const moments = fc.oneof(
  fc.integer({ min: 0, max: 2_145_916_800 }),
  fc
    .tuple(
      fc.constantFrom('2000-10-08', '2000-10-15', '2011-12-30', '2025-03-30', '2026-10-25'),
      fc.integer({ min: -30 * 3_600, max: 60 * 3_600 }),
    )
    .map(([day, seconds]) => Date.parse(day) / 1_000 + seconds),
)

test('what the wall shows at a moment is read as that moment, or the earlier with the same face', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), moments, (zone, seconds) => {
      const shown = wallText(zone, seconds * 1_000)
      const readMs = Date.parse(read(shown, zone))
      assert.equal(wallText(zone, readMs), shown)
      assert.ok(readMs <= seconds * 1_000, `${readMs} is later than ${seconds * 1_000}`)
    }),
    { numRuns: 2_000 },
  )
})

test('an hour that comes twice means the first; one that is skipped, the time after it', () => {
  assert.equal(read('2026-10-25 02:30:00', 'Europe/Berlin'), '2026-10-25T00:30:00.000Z')
  assert.equal(read('2026-10-25 03:00:00', 'Europe/Berlin'), '2026-10-25T02:00:00.000Z')
  assert.equal(read('2026-03-29 02:30:00', 'Europe/Berlin'), '2026-03-29T01:30:00.000Z')
  assert.equal(read('2026-03-29 03:30:00', 'Europe/Berlin'), '2026-03-29T01:30:00.000Z')
  // A whole day that Samoa never had.
  assert.equal(read('2011-12-30 12:00:00', 'Pacific/Apia'), '2011-12-30T22:00:00.000Z')
  // Half an hour of daylight saving.
  assert.equal(read('2026-04-05 01:45:00', 'Australia/Lord_Howe'), '2026-04-04T14:45:00.000Z')
})

test('only times without a zone are read in it', () => {
  const moment = '2026-07-01T10:00:00.000Z'
  for (const text of ['2026-07-01 12:00:00', '2026-07-01T12:00', '2026-07-01 12:00:00,000']) {
    assert.equal(read(text, 'Europe/Berlin'), moment, text)
  }
  for (const text of ['2026-07-01T10:00:00Z', '2026-07-01 06:00:00-04:00', '1782900000']) {
    assert.equal(read(text, 'Europe/Berlin'), moment, text)
  }
  assert.equal(read('2026-07-01', 'Europe/Berlin'), '2026-06-30T22:00:00.000Z')
  assert.equal(read('2026-07-01 10:00:00', 'UTC'), moment)
})

test('zones are named as people name them, and what is none is told', () => {
  assert.equal(timeZoneName('europe/berlin'), 'Europe/Berlin')
  assert.equal(timeZoneName('Europe/Kyiv'), 'Europe/Kyiv')
  assert.equal(timeZoneName('+05:30'), '+05:30')
  for (const text of ['utc', 'UTC', 'Etc/UTC', 'GMT', '+00:00']) {
    assert.ok(['UTC', '+00:00'].includes(timeZoneName(text) ?? ''), text)
  }
  for (const text of ['', 'Mars/Olympus', '+5', 'local']) assert.equal(timeZoneName(text), null)
})
