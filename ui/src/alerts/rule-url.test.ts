import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExploreState } from '../explore/explore-url-model.ts'
import { alertOnPath, readNewRule } from './rule-url.ts'

const begun = (state: Partial<Pick<ExploreState, 'query' | 'levels' | 'services'>>) => {
  const path = alertOnPath('p', { query: '', levels: [], services: [], ...state })
  const { pathname, search } = new URL(path, 'http://x')
  assert.equal(pathname, '/alerts/rules/new')
  const { name: _, ...rule } = readNewRule(search)
  return rule
}

test('an alert on what Explore shows has its conditions, filters, measure and groups', () => {
  assert.deepEqual(begun({}), { by: [] })
  assert.deepEqual(begun({ query: 'a OR b', levels: ['ERROR', 'FATAL'], services: ['cart'] }), {
    query: '(a OR b) (level:error OR level:fatal) service:cart',
    by: [],
  })
  assert.deepEqual(begun({ query: 'x | timechart 1m p95(duration_ms) by host' }), {
    query: 'x',
    aggregate: 'p95(duration_ms)',
    by: ['host'],
  })
  assert.deepEqual(begun({ query: '| count by service, host' }), { by: ['service', 'host'] })
  assert.deepEqual(begun({ query: '| top 5 user_id' }), { by: ['user_id'] })
  assert.deepEqual(begun({ query: '| uniq user_id' }), { aggregate: 'distinct(user_id)', by: [] })
  assert.deepEqual(begun({ query: 'level:error | patterns' }), {
    query: 'level:error',
    aggregate: 'new_pattern',
    by: [],
  })
})
