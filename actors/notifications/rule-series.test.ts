/** The series of a firing, also where it is not the value of its rule. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alertChange } from '#actors/catalog/testing/alert-tests.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import type { SearchPlanInput, SearchResult } from '#actors/store/store.ts'
import type { AlertRuleText } from '#proto/alert-rule.ts'
import { formatTime } from '#proto/time.ts'
import { isBeyond } from './findings.ts'
import { ruleSeries } from './rule-series.ts'

const END_US = Date.UTC(2026, 10, 29, 10) * 1_000
const WINDOW_US = 10_000_000

/** A store that has so many rows in each second, and hands out none. */
function world(rule: AlertRuleText, rowsPerS: number) {
  const searches: SearchPlanInput[] = []
  const search = async (plan: SearchPlanInput): Promise<SearchResult> => {
    searches.push(plan)
    const seconds = (plan.endUs - plan.startUs) / 1_000_000
    const histogram = Array.from({ length: seconds }, (_, second) => ({
      time: formatTime(plan.startUs + second * 1_000_000),
      counts: { INFO: rowsPerS - 1, ERROR: 1 },
    }))
    return {
      total: null,
      logs: [],
      aggregations: { by_level: {}, by_service: {}, histogram, interval: 1 },
      next_cursor: null,
      positions: Positions.NONE,
      receivedAtUs: 0,
      explain: {},
    }
  }
  const stored = {
    id: 'r',
    projectId: 'p',
    rule,
    version: 1,
    createdAtUs: 0,
    updatedAtUs: 0,
    updatedBy: '',
    fault: null,
    warmUp: null,
    uncounted: null,
  }
  const spans: number[] = []
  const deps = {
    store: { search },
    rules: { find: async () => stored },
    pool: {
      run: async <Result>(_name: string, input: unknown): Promise<Result> => {
        const [{ updatedAtUs }] = (input as { rules: [{ updatedAtUs: number }] }).rules
        spans.push((END_US - updatedAtUs) / WINDOW_US)
        return { points: [] } as Result
      },
    },
  }
  const series = (condition: string) => {
    const { about, ...change } = alertChange('p', 'r', { windowEndUs: END_US })
    const told = { ...about, condition, window_s: 10, group: {} }
    const entry = { ...change, id: 1, from: 'ok' as const, actor: null, note: null, about: told }
    return ruleSeries(entry, deps, AbortSignal.timeout(10_000))
  }
  return { series, searches, spans }
}

test('as far back as its rows are few enough, and else the logs that match', async () => {
  const rule = { name: 'slow', aggregate: 'p95(ms)', window: '10s', condition: '> 5' }
  for (const [rowsPerS, windows] of [
    [600, 5],
    [601, 4],
    [1_500, 2],
  ] as const) {
    const { series, spans } = world(rule, rowsPerS)
    const told = await series('p95(ms) > 5')
    assert.deepEqual([told?.of, spans], ['p95(ms)', [windows]], `${rowsPerS} rows a second`)
    assert.equal(told?.values.length, (windows - 1) * 10 + 1)
  }
  const { series, spans } = world(rule, 1_501)
  const told = await series('p95(ms) > 5')
  assert.deepEqual([told?.of, told?.condition, spans], [null, null, []])
  assert.deepEqual(told?.values, Array(41).fill(15_010))
  assert.equal(told?.fromUs, END_US - 40_000_000)
})

test('a rate is of a second, a change against the window before, an anomaly what it is a score of', async () => {
  const change = { name: 'x', aggregate: 'change', window: '10s', condition: '> 5' }
  const rate = await world({ ...change, aggregate: 'rate' }, 10).series('rate > 5')
  assert.deepEqual(rate?.values, Array(41).fill(10))
  const told = await world(change, 10).series('change > 5')
  assert.deepEqual([told?.of, told?.values], ['change', Array(41).fill(0)])
  const unusual = { ...change, aggregate: 'anomaly(count)' }
  const measured = await world(unusual, 10).series('anomaly(count) > 5')
  assert.deepEqual([measured?.of, measured?.values[0], measured?.condition], ['count', 100, null])
})

test('of a rule that is another one by now, or has no value, the logs that match', async () => {
  const rule = { name: 'x', window: '10s', condition: '> 5' }
  assert.equal((await world(rule, 10).series('count > 6'))?.of, null)
  const absence = { name: 'x', window: '10s', aggregate: 'absence' }
  const { series, searches } = world(absence, 10)
  assert.equal((await series('absence'))?.of, null)
  assert.match(JSON.stringify(searches), /logboy-alerts/, 'what rules said is not counted')
})

test('a value is beyond a threshold on the side where it fires', () => {
  const below = { condition: { operator: '<', threshold: 5 } as const }
  assert.deepEqual(
    [4, 5, 6].map(value => isBeyond(below, value)),
    [true, false, false],
  )
  assert.equal(isBeyond({ condition: null }, 9), false)
})
