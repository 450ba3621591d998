import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CountedValues } from './counted-values.ts'
import { countedQuantile, quantile } from './quantile.ts'

const number = fc.oneof(
  fc.constantFrom(0, -0, 1, 1.5, -1.5, 5e-324, 2 ** 53, -1e300),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: 0, max: 20 }),
)
const pairs = fc.array(fc.tuple(number, fc.integer({ min: 1, max: 9 })), {
  minLength: 1,
  maxLength: 200,
})

test('a quantile of counted numbers is that of each of them', () => {
  fc.assert(
    fc.property(pairs, fc.double({ min: 0, max: 1, noNaN: true }), (counted, share) => {
      const all = counted.flatMap(([value, times]) => Array.from({ length: times }, () => value))
      const values = Float64Array.from(counted, ([value]) => value)
      const times = Float64Array.from(counted, ([, count]) => count)
      const found = countedQuantile(values, times, all.length, share)
      assert.equal(found + 0, quantile(Float64Array.from(all), share) + 0)
    }),
    { numRuns: 1_000 },
  )
})

test('numbers are kept as often as they come, and no more of them than there are', () => {
  const counted = new CountedValues()
  const numbers = Float64Array.from({ length: 10_000 }, (_, i) => (i - 5_000) / 8)
  const twice = new Float64Array(numbers.length).fill(2)
  const zero = Float64Array.of(-0)
  for (let i = 0; i < 200; i++) {
    counted.add(numbers, twice)
    counted.add(zero, Float64Array.of(1))
    assert.ok(counted.size <= 131_072, `${counted.size} entries`)
  }
  const sums = new Map<number, number>()
  const { values, times } = counted
  for (const [i, value] of values.entries()) {
    sums.set(value, (sums.get(value) ?? 0) + (times[i] as number))
  }
  assert.equal(sums.size, numbers.length)
  for (const value of numbers) assert.equal(sums.get(value), value === 0 ? 600 : 400)
})
