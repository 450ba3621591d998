import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Row } from '#proto/api.ts'
import type { MetricPoint } from '#proto/metric.ts'
import { QUANTILE_ERROR } from '#proto/metric-buckets.ts'
import { formatTime } from '#proto/time.ts'
import { cellsOf } from './metric-cells.ts'
import { MetricTable, type TableWish } from './metric-table.ts'
import { rowOf, type Sample } from './testing/metric-samples.ts'

const STEP_US = 60_000_000
const START_US = 1_700_000_040_000_000
const STEPS = 5

const sample: fc.Arbitrary<Sample> = fc.record({
  atUs: fc.integer({ min: -2_000, max: STEPS * 60_000 + 2_000 }).map(ms => START_US + ms * 1_000),
  service: fc.constantFrom('shop', 'mail'),
  labels: fc.dictionary(fc.constantFrom('path', 'zone'), fc.constantFrom('a', 'b', 'A')),
  values: fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 8 }),
})

/** Newest first. */
function add(table: MetricTable, asked: TableWish, rows: readonly Row[]): void {
  table.add(
    cellsOf(
      rows.map(row => JSON.stringify(row)),
      asked,
    ),
  )
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
        // As pages come.
        for (let at = 0; at < samples.length; at += 7) {
          const page = samples.slice(at, at + 7).map(each => rowOf('histogram', each))
          add(table, asked, page)
        }
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
    const asked = wishOf(fn, [])
    const table = new MetricTable(asked)
    for (const each of newestFirst) add(table, asked, [rowOf(type, each)])
    return table.series().flatMap(({ points }) => points.map(({ value }) => value))
  }
  assert.deepEqual(told('counter', 'increase'), [16, 0, 0, 0, 0])
  assert.deepEqual(told('counter', 'rate'), [16 / 60, 0, 0, 0, 0])
  assert.deepEqual(told('gauge', 'last'), [5])
  assert.deepEqual(told('gauge', 'avg'), [4])
})

test('two types under one name, and too many numbers, are told', () => {
  const one: Sample = { atUs: START_US, service: 'shop', labels: {}, values: [1] }
  const asked = wishOf('increase', ['path'])
  const table = new MetricTable(asked)
  add(table, asked, [rowOf('counter', one)])
  assert.throws(() => add(table, asked, [rowOf('histogram', one)]), /a histogram and a counter/)
  const many = Array.from({ length: 20_001 }, (_, i) =>
    rowOf('counter', { ...one, labels: { path: `${i}` } }),
  )
  assert.throws(() => add(table, asked, many), /more than 100000 numbers/)
})
