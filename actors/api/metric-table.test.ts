import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Row } from '#proto/api.ts'
import { type MetricPoint, pointAttributes } from '#proto/metric.ts'
import { bucketOf, QUANTILE_ERROR } from '#proto/metric-buckets.ts'
import { formatTime } from '#proto/time.ts'
import { MetricTable, type TableWish } from './metric-table.ts'

const STEP_US = 60_000_000
const START_US = 1_700_000_040_000_000
const STEPS = 5

/** What one series of an application measured in an interval. */
interface Sample {
  readonly atUs: number
  readonly service: string
  readonly labels: Readonly<Record<string, string>>
  readonly values: readonly number[]
}

const sample: fc.Arbitrary<Sample> = fc.record({
  atUs: fc.integer({ min: -2_000, max: STEPS * 60_000 + 2_000 }).map(ms => START_US + ms * 1_000),
  service: fc.constantFrom('shop', 'mail'),
  labels: fc.dictionary(fc.constantFrom('path', 'zone'), fc.constantFrom('a', 'b', 'A')),
  values: fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 8 }),
})

function pointOf(type: MetricPoint['type'], values: readonly number[]): MetricPoint {
  const sum = values.reduce((a, b) => a + b, 0)
  const buckets = new Map<number, number>()
  for (const value of values) buckets.set(bucketOf(value), (buckets.get(bucketOf(value)) ?? 0) + 1)
  const value = type === 'counter' ? sum : (values.at(-1) ?? 0)
  const range = { min: Math.min(...values), max: Math.max(...values) }
  return {
    type,
    unit: 'ms',
    intervalMs: 10_000,
    value,
    count: values.length,
    sum,
    ...range,
    buckets,
  }
}

function rowOf(type: MetricPoint['type'], { atUs, service, labels, values }: Sample): Row {
  const attributes = { ...labels, ...pointAttributes(pointOf(type, values)) }
  const ids = { trace_id: null, span_id: null, pattern_id: null, file: '', id: '' }
  const head = { level: 'INFO', service, host: 'h', message: 'took', ingested_at: '' } as const
  return { ...ids, ...head, time: formatTime(atUs), attributes }
}

function wishOf(fn: string, by: readonly string[], labels: TableWish['labels'] = {}): TableWish {
  const range = { startUs: START_US, endUs: START_US + STEPS * STEP_US, stepUs: STEP_US }
  return { name: 'took', fn, by, labels, ...range }
}

/** All values of a group and step, as somebody would gather them who has time. */
function gathered(samples: readonly Sample[], { by, labels }: TableWish): Map<string, number[]> {
  const cells = new Map<string, number[]>()
  for (const { atUs, service, labels: own, values } of samples) {
    const all: Record<string, string | undefined> = { ...own, service, host: 'h' }
    const step = Math.floor((atUs - START_US) / STEP_US)
    if (step < 0 || step >= STEPS) continue
    if (Object.entries(labels).some(([key, value]) => (all[key] ?? '') !== value)) continue
    const id = JSON.stringify([
      by.map(key => all[key] ?? ''),
      formatTime(START_US + step * STEP_US),
    ])
    cells.set(id, [...(cells.get(id) ?? []), ...values])
  }
  return cells
}

const FUNCTIONS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  increase: values => values.length,
  rate: values => values.length / 60,
  avg: values => values.reduce((a, b) => a + b, 0) / values.length,
  min: values => Math.min(...values),
  max: values => Math.max(...values),
  p50: values => quantile(values, 0.5),
  'p99.9': values => quantile(values, 0.999),
}

function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? Number.NaN
}

const wish = fc
  .record({
    by: fc.subarray(['service', 'path', 'zone']),
    labels: fc.constantFrom({}, { path: 'a' }, { service: 'mail', zone: 'b' }, { path: '' }),
  })
  .map(({ by, labels }) => ({ by, labels }))

for (const [fn, exact] of Object.entries(FUNCTIONS)) {
  test(`${fn} of a histogram is that of all its values, by any labels`, () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 40 }), wish, (samples, { by, labels }) => {
        const asked = wishOf(fn, by, labels)
        const table = new MetricTable(asked)
        for (const each of samples) table.add(rowOf('histogram', each))
        const expected = gathered(samples, asked)
        let found = 0
        for (const { labels: own, points } of table.series()) {
          for (const { time, value } of points) {
            const values = expected.get(JSON.stringify([by.map(key => own[key]), time]))
            if (values === undefined) {
              assert.ok(['rate', 'increase'].includes(fn) && value === 0, 'only zeros are added')
              continue
            }
            found++
            const right = exact(values)
            const limit = fn.startsWith('p') ? right * QUANTILE_ERROR : right * 1e-9
            assert.ok(Math.abs(value - right) <= limit + 1e-9, `${value} for ${right}`)
          }
        }
        assert.equal(found, expected.size)
      }),
      { numRuns: 60 },
    )
  })
}

test('a counter adds up, a gauge tells its newest value', () => {
  const at = (ms: number, values: readonly number[]): Sample => ({
    atUs: START_US + ms * 1_000,
    service: 'shop',
    labels: {},
    values,
  })
  const newestFirst = [at(50_000, [5]), at(40_000, [7, 1]), at(10_000, [3])]
  const told = (type: MetricPoint['type'], fn: string): readonly number[] => {
    const table = new MetricTable(wishOf(fn, []))
    for (const each of newestFirst) table.add(rowOf(type, each))
    return table.series().flatMap(({ points }) => points.map(({ value }) => value))
  }
  assert.deepEqual(told('counter', 'increase'), [16, 0, 0, 0, 0])
  assert.deepEqual(told('counter', 'rate'), [16 / 60, 0, 0, 0, 0])
  assert.deepEqual(told('gauge', 'last'), [5])
  assert.deepEqual(told('gauge', 'avg'), [4])
})

test('two types under one name, and too many numbers, are told', () => {
  const one: Sample = { atUs: START_US, service: 'shop', labels: {}, values: [1] }
  const table = new MetricTable(wishOf('increase', ['path']))
  table.add(rowOf('counter', one))
  assert.throws(() => table.add(rowOf('histogram', one)), /took is a histogram and a counter/)
  assert.throws(() => {
    for (let i = 0; i <= 20_000; i++)
      table.add(rowOf('counter', { ...one, labels: { path: `${i}` } }))
  }, /more than 100000 numbers/)
})
