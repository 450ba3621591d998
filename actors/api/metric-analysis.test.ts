import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inStoreWorld } from '#actors/store/testing/store-world.ts'
import { isAnalysed } from './metric-analysis.ts'
import { metricAnalysisTests } from './testing/metric-analysis-tests.ts'

metricAnalysisTests('Parquet', (seed, body) => inStoreWorld(seed, {}, body))

test('quantiles, newest values and labels that are called like fields of rows need the points', () => {
  const range = { startUs: 0, endUs: 60, stepUs: 60 }
  const wish = { name: 'took', by: ['path', 'service'], labels: { host: 'a' }, ...range }
  assert.equal(isAnalysed('rate', wish), true)
  assert.equal(isAnalysed('p95', wish), false)
  assert.equal(isAnalysed('last', wish), false)
  assert.equal(isAnalysed('rate', { ...wish, by: ['level'] }), false)
  assert.equal(isAnalysed('rate', { ...wish, labels: { time: 'x' } }), false)
  assert.equal(isAnalysed('rate', { ...wish, labels: { path: '' } }), false)
})
