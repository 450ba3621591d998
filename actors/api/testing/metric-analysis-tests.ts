/** What a store adds up of metrics is what its points add up to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricsOf } from '#actors/store/streams.ts'
import type { PlainLog } from '#actors/store/testing/random-logs.ts'
import { searchAll } from '#actors/store/testing/random-searches.ts'
import {
  NEVER,
  PROJECT,
  type RunInWorld,
  START_US,
  withRig,
} from '#actors/store/testing/store-rig.ts'
import type { MetricType } from '#proto/metric.ts'
import { pointAttributes } from '#proto/metric.ts'
import { type Random, seededRandom } from '#runtime/random.ts'
import { analysedCells, isAnalysed } from '../metric-analysis.ts'
import { cellsOf } from '../metric-cells.ts'
import { readPoints } from '../metric-points.ts'
import { MetricTable, type TableSeries, type TableWish } from '../metric-table.ts'
import { pointOf } from './metric-samples.ts'

const STEP_US = 60_000_000
const STEPS = 10
const POINTS = 300
const ROUNDS = 12

export function metricAnalysisTests(name: string, run: RunInWorld): void {
  test(`${name}: sums near the store are those of the points`, () =>
    withRig(run, async rig => {
      const random = seededRandom(9)
      const pick = <Value>(values: readonly Value[]): Value =>
        values[random.below(values.length)] as Value
      const project = metricsOf(PROJECT)
      for (const type of ['counter', 'gauge', 'histogram'] as const) {
        await rig.appendLogs(project, pointsOf(type, random))
        if (type === 'gauge') await rig.store.flush()
      }
      // Of other metrics whose names have the same words.
      await rig.appendLogs(project, pointsOf('counter', random, 'my.took.counter'))
      await rig.covered()
      let numbers = 0
      for (let round = 0; round < ROUNDS; round++) {
        const type = pick(['counter', 'gauge', 'histogram'] as const)
        const fn = pick(FUNCTIONS[type])
        const by = ['service', 'path', 'host', 'none'].filter(() => random.below(3) === 0)
        const labels: Record<string, string> = pick([{}, { path: '/A' }, { service: 'shop' }])
        const range = { startUs: START_US, endUs: START_US + STEPS * STEP_US, stepUs: STEP_US }
        const wish: TableWish = { name: `took.${type}`, fn, by, labels, ...range }
        assert.ok(isAnalysed(fn, wish))
        const plan = searchAll(PROJECT, { startUs: range.startUs, endUs: range.endUs })
        const cells = await analysedCells({ plan, fn, cellsMax: 1_000 }, wish, rig.store, NEVER)
        assert.ok(cells !== null)
        const found = seriesOf(wish, table => table.add(cells))
        const points: string[] = []
        const read = { plan, name: wish.name, labels, max: 10_000 }
        assert.ok(await readPoints(read, rig.store, NEVER, page => void points.push(...page)))
        const expected = seriesOf(wish, table => table.add(cellsOf(points, wish)))
        assert.deepEqual(found, expected, JSON.stringify(wish))
        numbers += found.length
      }
      assert.ok(numbers > ROUNDS)
      const wish = { name: 'took.counter', fn: 'rate', by: [], labels: {}, stepUs: STEP_US }
      const whole = { ...wish, startUs: START_US, endUs: START_US + STEPS * STEP_US }
      const plan = searchAll(PROJECT)
      const few = { plan, fn: 'rate', cellsMax: 3 }
      assert.equal(await analysedCells(few, whole, rig.store, NEVER), null, 'too many are told')
    }))
}

const FUNCTIONS: Readonly<Record<MetricType, readonly string[]>> = {
  counter: ['rate', 'increase'],
  gauge: ['avg', 'min', 'max'],
  histogram: ['rate', 'increase', 'avg', 'min', 'max'],
}

function seriesOf(wish: TableWish, fill: (table: MetricTable) => void): TableSeries[] {
  const table = new MetricTable(wish)
  fill(table)
  return table.series()
}

function pointsOf(type: MetricType, random: Random, name = `took.${type}`): PlainLog[] {
  return Array.from({ length: POINTS }, () => {
    const values = Array.from({ length: 1 + random.below(5) }, () => random.below(10_000))
    const path = ['/a', '/A', ''][random.below(3)] as string
    const labels = random.below(3) === 0 ? {} : { path }
    return {
      timeUs: START_US + random.below(STEPS * 60_000) * 1_000,
      subNs: 0,
      severity: 9,
      severityText: '',
      service: ['shop', 'mail'][random.below(2)] as string,
      host: ['web-1', ''][random.below(2)] as string,
      file: '',
      message: name,
      traceId: '',
      spanId: '',
      attributes: Object.entries({ ...labels, ...pointAttributes(pointOf(type, values)) }),
    }
  })
}
