import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quantile } from '../analysis/quantile.ts'
import { widthOf, windowOf, windowPercents, windowQuantile } from './number-windows.ts'

const SHARES = [0.5, 0.75, 0.9, 0.95, 0.99]
const share = fc.constantFrom(...SHARES)
const numbers = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 200 })
const bound = fc.option(fc.integer({ min: -60, max: 60 }), { nil: null })

/** What is counted and read of a group whose window has these bounds. */
function countsOf(all: readonly number[], from: number | null, to: number | null) {
  const inWindow = all
    .filter(each => (from === null || each >= from) && (to === null || each <= to))
    .sort((a, b) => a - b)
  const above = to === null ? 0 : all.filter(each => each > to).length
  return { rows: all.length, above, numbers: inWindow.map(number => ({ number, rows: 1 })) }
}

test('out of a window comes the quantile of all numbers, or nothing', () => {
  fc.assert(
    fc.property(numbers, share, bound, bound, (all, asked, from, to) => {
      fc.pre(from === null || to === null || from <= to)
      const expected = quantile(Float64Array.from(all), asked)
      const found = windowQuantile(asked, countsOf(all, from, to))
      if (found !== null) assert.equal(found, expected)
      else assert.ok(from !== null || to !== null, 'a window without bounds has every number')
    }),
  )
})

test('samples of a hundredth lead to windows that have the quantile, and little else', () => {
  const all = Array.from({ length: 100_000 }, (_, i) => i)
  const sample = all.filter(each => each % 100 === 57)
  for (const asked of SHARES) {
    const numberAt = new Map(
      windowPercents(asked).map(percent => [percent, sample[Math.floor(percent * 10)] ?? 0]),
    )
    const { from, to } = windowOf(asked, sample.length, numberAt)
    const counts = countsOf(all, from, to)
    assert.equal(windowQuantile(asked, counts), quantile(Float64Array.from(all), asked))
    const width = counts.numbers.length / all.length
    assert.ok(Math.abs(width - widthOf(asked, sample.length)) < 0.01, `${asked} ${width}`)
    assert.ok(width < 0.25, `${asked} ${width}`)
  }
})

test('a sample of a few rows leads to no window', () => {
  assert.deepEqual(windowOf(0.5, 3, new Map([[50, 1]])), { from: null, to: null })
  assert.equal(widthOf(0.5, 3), 1)
  assert.ok(windowPercents(0.99).every(percent => percent > 0 && percent < 100))
})
