import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchBuilder } from './batch-builder.ts'
import { ROW_KINDS } from './columns.ts'
import { openLogBatch } from './log-batch.ts'
import { type MetricPoint, pointAttributes, readPoint } from './metric.ts'
import {
  addBuckets,
  type Buckets,
  bucketOf,
  formatBuckets,
  parseBuckets,
  QUANTILE_ERROR,
  quantileOf,
} from './metric-buckets.ts'
import { checkPoints } from './metric-check.ts'

/** Numbers as durations and sizes are: from nanoseconds to petabytes, and 0. */
const measured = fc.oneof(
  fc.double({ min: 2 ** -32, max: 2 ** 60, noNaN: true }),
  fc.double({ min: -20, max: 40, noNaN: true }).map(power => 2 ** power),
  fc.nat({ max: 1_000 }),
)

function bucketsOf(values: readonly number[]): Buckets {
  const buckets: Buckets = new Map()
  for (const value of values) buckets.set(bucketOf(value), (buckets.get(bucketOf(value)) ?? 0) + 1)
  return buckets
}

test('a quantile is within its error of the exact one, also of histograms that were added', () => {
  const values = fc.array(measured, { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(values, values, fc.double({ min: 0, max: 1, noNaN: true }), (some, others, q) => {
      const sum = bucketsOf(some)
      addBuckets(sum, bucketsOf(others))
      const all = [...some, ...others].sort((a, b) => a - b)
      const exact = all[Math.floor(q * (all.length - 1))] ?? Number.NaN
      const [min, max] = [Math.min(...all), Math.max(...all)]
      const told = quantileOf(sum, q, { min, max }) ?? Number.NaN
      const limit = exact * (QUANTILE_ERROR + 1e-9) + 2 ** -32
      assert.ok(Math.abs(told - exact) <= limit, `${told} for ${exact}`)
    }),
    { numRuns: 500 },
  )
})

test('the error is 2.2 %, and what is beyond the last bucket is told as the largest', () => {
  assert.ok(QUANTILE_ERROR < 0.022)
  const [least, most] = [1, 2 ** 200]
  assert.equal(quantileOf(bucketsOf([least, most]), 1, { min: least, max: most }), most)
  assert.equal(quantileOf(new Map(), 0.5, { min: 0, max: 0 }), null)
})

test('buckets as text are read as they were; other texts are none', () => {
  fc.assert(
    fc.property(fc.array(measured, { minLength: 1, maxLength: 60 }), values => {
      const buckets = bucketsOf(values)
      const sorted = new Map([...buckets].sort(([a], [b]) => a - b))
      assert.deepEqual(parseBuckets(formatBuckets(buckets)), sorted)
    }),
  )
  for (const text of [
    '',
    '1',
    '1:0',
    '1:-1',
    '2:1 1:1',
    '1:1 1:1',
    '1:1  2:1',
    '1025:1',
    '-514:1',
  ]) {
    assert.equal(parseBuckets(text), null, text)
  }
  fc.assert(fc.property(fc.string(), text => void parseBuckets(text)))
})

const point: fc.Arbitrary<MetricPoint> = fc
  .record({
    type: fc.constantFrom('counter' as const, 'gauge' as const, 'histogram' as const),
    unit: fc.constantFrom('', 'ms'),
    intervalMs: fc.nat(),
    values: fc.array(measured, { minLength: 1, maxLength: 20 }),
  })
  .map(({ type, unit, intervalMs, values }) => {
    const head = { type, unit, intervalMs }
    if (type === 'counter') return { ...head, ...NOTHING, value: values[0] ?? 0 }
    const sum = values.reduce((a, b) => a + b, 0)
    const [min, max] = [Math.min(...values), Math.max(...values)]
    const facts = { ...head, count: values.length, sum, min, max }
    return type === 'gauge'
      ? { ...facts, value: values[0] ?? 0, buckets: new Map() }
      : { ...facts, value: 0, buckets: bucketsOf(values) }
  })
const NOTHING = { value: 0, count: 0, sum: 0, min: 0, max: 0, buckets: new Map<number, number>() }

test('a point survives the batch that it travels in, and the door takes it', () => {
  fc.assert(
    fc.property(point, given => {
      const columns = openLogBatch(batchOf('took', { path: '/x', ...pointAttributes(given) }))
      assert.equal(columns.kind, ROW_KINDS.metric)
      assert.deepEqual(checkPoints(columns), [])
      const read = readPoint(pointAttributes(given))
      assert.ok(typeof read !== 'string')
      const sorted = new Map([...given.buckets].sort(([a], [b]) => a - b))
      assert.deepEqual(read, { ...given, buckets: sorted })
    }),
  )
})

const SOUND = {
  'metric.type': 'histogram',
  'metric.interval_ms': 10_000,
  'metric.count': 2,
  'metric.sum': 3,
  'metric.min': 1,
  'metric.max': 2,
  'metric.buckets': '0:1 16:1',
}

const WRONG: readonly (readonly [reason: RegExp, name: string, attributes: object])[] = [
  [/no name of a metric/, '', SOUND],
  [/no name of a metric/, 'two words', SOUND],
  [/metric\.type is none of/, 'took', { ...SOUND, 'metric.type': 'summary' }],
  [/metric\.type is none of/, 'took', {}],
  [/interval_ms is no number/, 'took', { ...SOUND, 'metric.interval_ms': -1 }],
  [/count of a histogram/, 'took', { ...SOUND, 'metric.count': 0 }],
  [/count of a histogram/, 'took', { ...SOUND, 'metric.count': 1.5 }],
  [/no range/, 'took', { ...SOUND, 'metric.min': 3 }],
  [/no range/, 'took', { ...SOUND, 'metric.max': 'high' }],
  [/no list of INDEX:COUNT/, 'took', { ...SOUND, 'metric.buckets': '16:1 0:1' }],
  [/no list of INDEX:COUNT/, 'took', { ...SOUND, 'metric.buckets': [1, 2] }],
  [/buckets count 3, metric\.count is 2/, 'took', { ...SOUND, 'metric.buckets': '0:3' }],
  [/below 0/, 'took', { ...SOUND, 'metric.min': -1 }],
  [/value of a counter/, 'n', { ...SOUND, 'metric.type': 'counter', 'metric.value': -1 }],
  [/value of a gauge/, 'n', { ...SOUND, 'metric.type': 'gauge' }],
  [/metric\.unit/, 'took', { ...SOUND, 'metric.unit': 'x'.repeat(64) }],
  [/label path is no text/, 'took', { ...SOUND, path: 7 }],
  [/label path is longer/, 'took', { ...SOUND, path: 'x'.repeat(257) }],
  [/label service: every point has one already/, 'took', { ...SOUND, service: 'x' }],
  [
    /17 labels/,
    'took',
    { ...SOUND, ...Object.fromEntries('abcdefghijklmnopq'.split('').map(k => [k, k])) },
  ],
]

for (const [reason, name, attributes] of WRONG) {
  test(`a wrong point is refused with its reason, its neighbours are not: ${reason.source}`, () => {
    const bytes = batchOf('took', SOUND, [name, attributes], ['took', SOUND])
    const refused = checkPoints(openLogBatch(bytes))
    assert.deepEqual(
      refused.map(({ index }) => index),
      [1],
    )
    assert.match(refused[0]?.reason ?? '', reason)
  })
}

test('a batch of an unknown kind is refused as a whole', () => {
  const builder = new BatchBuilder({ sdkName: '', sdkVersion: '', kind: 7 })
  builder.append(recordOf('x', {}))
  assert.throws(
    () => openLogBatch(builder.seal()),
    /kind 7 is neither 0 \(logs\) nor 1 \(metrics\)/,
  )
})

function batchOf(
  name: string,
  attributes: object,
  ...more: readonly (readonly [name: string, attributes: object])[]
): Uint8Array {
  const builder = new BatchBuilder({ sdkName: '', sdkVersion: '', kind: ROW_KINDS.metric })
  for (const [each, its] of [[name, attributes] as const, ...more]) {
    assert.equal(builder.append(recordOf(each, its)), null)
  }
  return builder.seal()
}

function recordOf(message: string, attributes: object) {
  const head = { timeUs: 1_000_000, severity: 9, service: 'shop', host: 'web-1', file: '' }
  return { ...head, message, attributes: Object.entries(attributes) }
}
