/** The season of a baseline is the day: what it learns of one, and until when it knows nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anomalyScore, leastSpread } from './anomaly-score.ts'
import { Baseline, RECENT_SAMPLES_MIN, SEASON_S, SEASONS, slotOf } from './baseline.ts'

const WINDOW_S = 300
const SLOTS = SEASON_S / slotOf(WINDOW_S)
const SLOTS_OF_HOUR = SLOTS / 24
/** Days after which a time of day is known: three values in each. */
const LEARNT_DAYS = 4
/** What rules are advised to fire at. */
const UNUSUAL = 5

/** Counts of each hour of a day, and how far each value is from them, at most half its root. */
const shapes = fc.array(fc.integer({ min: 100, max: 10_000 }), { minLength: 24, maxLength: 24 })
const noises = fc.array(fc.double({ min: -0.5, max: 0.5, noNaN: true }), {
  minLength: 7,
  maxLength: 31,
})
const firsts = fc.integer({ min: 0, max: 40_000 })

/** Values by slot, `shift` hours later than the shape has them. */
function valueOf(shape: readonly number[], noise: readonly number[], slot: number, shift = 0) {
  const hour = Math.floor((slot % SLOTS) / SLOTS_OF_HOUR)
  const level = shape[(hour - shift + 24) % 24] ?? 0
  return level + (noise[slot % noise.length] ?? 0) * Math.sqrt(level)
}

function scoreOf(baseline: Baseline, slot: number, value: number): number {
  const usual = baseline.at(slot)
  assert.ok(usual.isKnown)
  return anomalyScore(value, usual, leastSpread({ fn: 'count' }, WINDOW_S, usual.median))
}

test('a day that repeats is learnt after four, and what is four times as much is unusual', () => {
  fc.assert(
    fc.property(shapes, noises, firsts, (shape, noise, first) => {
      const baseline = new Baseline(WINDOW_S)
      const last = first + (LEARNT_DAYS + 1) * SLOTS
      for (let slot = first; slot < last; slot++) {
        const value = valueOf(shape, noise, slot)
        if (slot > first + LEARNT_DAYS * SLOTS) {
          assert.ok(Math.abs(scoreOf(baseline, slot, value)) < UNUSUAL, `slot ${slot - first}`)
          // As long as neighbours are not as different: they count as the same time of day.
          assert.ok(
            scoreOf(baseline, slot, 4 * baseline.at(slot).median) > UNUSUAL ||
              !isLevel(shape, slot),
          )
        }
        baseline.record(slot, value)
      }
    }),
    { numRuns: 20 },
  )
})

/** The hours around are alike enough that values of both make no large spread. */
function isLevel(shape: readonly number[], slot: number): boolean {
  const hours = [-1, 0, 1].map(each =>
    Math.floor(((((slot + each) % SLOTS) + SLOTS) % SLOTS) / SLOTS_OF_HOUR),
  )
  const levels = hours.map(hour => shape[hour] ?? 0)
  return Math.max(...levels) < 1.5 * Math.min(...levels)
}

test('until six hours are known it says how many values it has, and knows nothing', () => {
  fc.assert(
    fc.property(shapes, noises, firsts, (shape, noise, first) => {
      const baseline = new Baseline(WINDOW_S)
      for (let known = 0; known <= RECENT_SAMPLES_MIN + 1; known++) {
        const slot = first + known
        const { isKnown, samples } = baseline.at(slot)
        // The quarter before is not compared with: its rows may be those of the window.
        assert.deepEqual([isKnown, samples], [known > RECENT_SAMPLES_MIN, Math.max(0, known - 1)])
        baseline.record(slot, valueOf(shape, noise, slot))
      }
    }),
    { numRuns: 20 },
  )
})

test('days are compared with days: a quiet weekend is unusual, a moved clock for four days', () => {
  const shape = Array.from({ length: 24 }, (_, hour) => (hour >= 9 && hour < 17 ? 4_000 : 400))
  const baseline = new Baseline(WINDOW_S)
  for (let slot = 0; slot < SEASONS * SLOTS; slot++)
    baseline.record(slot, valueOf(shape, [0], slot))
  const noon = SEASONS * SLOTS + 12 * SLOTS_OF_HOUR
  const morning = SEASONS * SLOTS + 9 * SLOTS_OF_HOUR + 1
  assert.ok(scoreOf(baseline, noon, 400) < -UNUSUAL, 'a Saturday like a night')
  assert.ok(scoreOf(baseline, morning, valueOf(shape, [0], morning, 1)) < -UNUSUAL, 'an hour later')
  const days = LEARNT_DAYS * SLOTS
  for (let slot = SEASONS * SLOTS; slot < SEASONS * SLOTS + days; slot++) {
    baseline.record(slot, valueOf(shape, [0], slot, 1))
  }
  assert.equal(scoreOf(baseline, morning + days, valueOf(shape, [0], morning, 1)), 0)
})
