import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { QUANTILE_ERROR } from '#proto/metric-buckets.ts'
import { ByteReader, ByteWriter } from './byte-stream.ts'
import { DISTINCT_ERROR, DistinctSketch } from './distinct-sketch.ts'
import { type PartKind, WindowPart } from './window-part.ts'

const number = fc
  .oneof(
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    fc.integer({ min: -50, max: 50 }),
    fc.constantFrom(0, 1e-12, 2 ** 40, -(2 ** 40)),
  )
  // -0 is 0.
  .map(value => value + 0)
const numbers = fc.array(fc.array(number, { maxLength: 30 }), { maxLength: 4 })

function partOf(values: readonly number[], kind: PartKind): WindowPart {
  const part = new WindowPart()
  for (const value of values) part.addNumber(value, kind)
  return part
}

/** As another thread would have it. */
function carried(part: WindowPart, kind: PartKind): WindowPart {
  const writer = new ByteWriter()
  part.write(kind, writer)
  return WindowPart.read(kind, new ByteReader(writer.finish()))
}

test('parts add up to the whole, and quantiles of it are within their error', () => {
  fc.assert(
    fc.property(numbers, fc.constantFrom(0, 0.5, 0.9, 0.95, 0.99, 1), (groups, q) => {
      const whole = new WindowPart()
      for (const group of groups) whole.merge(carried(partOf(group, 'quantiles'), 'quantiles'))
      const sorted = groups.flat().toSorted((a, b) => a - b)
      assert.equal(whole.count, sorted.length)
      assert.equal(whole.min, sorted[0] ?? Number.POSITIVE_INFINITY)
      assert.equal(whole.max, sorted.at(-1) ?? Number.NEGATIVE_INFINITY)
      const told = whole.quantile(q)
      if (sorted.length === 0) return assert.equal(told, null)
      const exact = sorted[Math.floor(q * (sorted.length - 1))] as number
      // Below 2^-32 all numbers are one bucket.
      const most = Math.abs(exact) * QUANTILE_ERROR * (1 + 1e-9) + 2 ** -32
      assert.ok(Math.abs((told ?? Number.NaN) - exact) <= most, `${told} for ${exact}`)
    }),
    { numRuns: 1_000 },
  )
})

test('every kind of part crosses threads unchanged', () => {
  const part = partOf([1, 2.5, -3], 'quantiles')
  part.part = 2
  assert.deepEqual(carried(part, 'quantiles').negative, part.negative)
  assert.deepEqual([carried(part, 'rows').count, carried(part, 'share').part], [3, 2])
  const { count, sum, min, max } = carried(part, 'numbers')
  assert.deepEqual([count, sum, min, max], [3, 0.5, -3, 2.5])
})

function sketchOf(from: number, to: number): DistinctSketch {
  const sketch = new DistinctSketch()
  for (let value = from; value < to; value++) {
    const bytes = Buffer.from(`user-${value}`)
    sketch.add(bytes, 0, bytes.length)
  }
  return sketch
}

test('few different values are counted exactly, however they are parted', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(56)), { maxLength: 5 }), ranges => {
      const whole = new DistinctSketch()
      const wanted = new Set<number>()
      for (const [from, length] of ranges) {
        whole.merge(sketchOf(from, from + length))
        for (let value = from; value < from + length; value++) wanted.add(value)
      }
      assert.equal(whole.estimate(), wanted.size)
    }),
  )
})

test('many are estimated within four standard errors; parts give what the whole gives', () => {
  const errors: number[] = []
  for (const size of [257, 400, 1_000, 3_000, 5_120, 10_000, 50_000, 200_000]) {
    const whole = sketchOf(0, size)
    const parted = new DistinctSketch()
    // They overlap.
    for (const [from, to] of [
      [0, 0.4],
      [0.3, 0.5],
      [0.5, 1],
    ] as const) {
      parted.merge(sketchOf(Math.floor(size * from), Math.floor(size * to)))
    }
    const writer = new ByteWriter()
    parted.write(writer)
    const estimate = DistinctSketch.read(new ByteReader(writer.finish())).estimate()
    assert.equal(estimate, whole.estimate())
    errors.push(Math.abs(estimate - size) / size)
  }
  assert.ok(Math.max(...errors) < 4 * DISTINCT_ERROR, String(errors))
})
