import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PLAIN_DEFAULTS, parseExplore } from '../explore/explore-url-model.ts'
import {
  type DashboardState,
  exploreSearch,
  metricChoice,
  parseDashboard,
  printDashboard,
  withMetricChoice,
} from './dashboard-url-model.ts'

const defaults = { zone: 'local' } as const
const name = fc.stringMatching(/^[a-z][a-z_.]{0,9}$/)
const states: fc.Arbitrary<DashboardState> = fc.record({
  project: fc.option(fc.string({ minLength: 1 })),
  query: fc.constantFrom('', 'level:error', '"a b" x:1'),
  range: fc.oneof(
    fc.integer({ min: 1, max: 1e7 }).map(seconds => ({ kind: 'relative' as const, seconds })),
    fc
      .integer({ min: 1e12, max: 2e12 })
      .map(fromMs => ({ kind: 'absolute' as const, fromMs, toMs: fromMs + 60_000 })),
  ),
  zone: fc.constantFrom('utc' as const, 'local' as const),
  stream: fc.boolean(),
  slowBy: fc.option(name),
  slowField: fc.option(name),
  metrics: fc.array(
    fc.record({ name, fn: fc.constantFrom('', 'p99'), by: fc.constantFrom('', 'x') }),
  ),
})

test('every state goes into the URL and comes back', () => {
  fc.assert(
    fc.property(states, state => {
      const plain: unknown = JSON.parse(JSON.stringify(state))
      assert.deepEqual(parseDashboard(printDashboard(state, defaults), defaults), plain)
    }),
  )
})

test('a part of the dashboard leads to its logs, within the same conditions', () => {
  const state = parseDashboard('?project=p&q=a+OR+b&last=1h', defaults)
  const interval = { fromMs: 1_764_000_000_000, toMs: 1_764_000_060_000 }
  const search = exploreSearch(state, { terms: ['path:x'], levels: ['ERROR'], interval }, defaults)
  const shown = parseExplore(search, PLAIN_DEFAULTS)
  assert.equal(shown.query, '(a OR b) path:x')
  assert.deepEqual([shown.project, shown.levels], ['p', ['ERROR']])
  assert.deepEqual(shown.range, { kind: 'absolute', ...interval })
})

test('stages are no part of a dashboard', () => {
  assert.equal(parseDashboard('?q=error+%7C+count', defaults).query, 'error')
})

test('a choice for a metric takes the place of the one before', () => {
  const state = parseDashboard('?metric=a~p99~&metric=b~~path', defaults)
  assert.deepEqual(metricChoice(state, 'b'), { name: 'b', fn: '', by: 'path' })
  assert.deepEqual(metricChoice(state, 'c'), { name: 'c', fn: '', by: '' })
  assert.deepEqual(
    withMetricChoice(state, { name: 'a', fn: '', by: '' }).map(each => each.name),
    ['b'],
  )
})
