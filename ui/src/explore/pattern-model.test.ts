import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pattern } from '../api/facts.ts'
import { orderPatterns, patternPieces, sparkPath, timeBefore } from './pattern-model.ts'

const pattern = (id: string, first_seen: string): Pattern => ({
  pattern_id: id,
  pattern: 'a <*>',
  count: 1,
  share: 0.5,
  first_seen,
  last_seen: first_seen,
  counts: [],
  examples: [],
})

test('a pattern is cut into wording and places of values', () => {
  assert.deepEqual(
    patternPieces('from <*> port <*>').map(({ text }) => text),
    ['from ', '<*>', ' port ', '<*>'],
  )
  assert.deepEqual(patternPieces(''), [])
})

test('new means: not for a day before, or for as long as the range is', () => {
  const day = 86_400_000
  assert.deepEqual(timeBefore({ fromMs: 10 * day, toMs: 10 * day + 60_000 }), {
    fromMs: 9 * day,
    toMs: 10 * day,
  })
  assert.equal(timeBefore({ fromMs: 10 * day, toMs: 13 * day }).fromMs, 7 * day)
})

test('the newest patterns stand first where that is asked for', () => {
  const patterns = [pattern('a', '2026-01-01T00:00:00Z'), pattern('b', '2026-01-02T00:00:00Z')]
  const ids = (order: 'frequent' | 'newest') =>
    orderPatterns(patterns, order).map(each => each.pattern_id)
  assert.deepEqual(
    [ids('frequent'), ids('newest')],
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
  )
})

test('bars of a spark stay inside of it', () => {
  const counts = [
    { time: '1970-01-01T00:00:00.000Z', count: 1 },
    { time: '1970-01-01T00:00:09.000Z', count: 4 },
  ]
  const place = { interval: { fromMs: 1000, toMs: 10_000 }, width: 90, height: 20 }
  assert.equal(sparkPath(counts, 1000, place), 'M0.0 20v-5.0h9.5v5.0zM80.0 20v-20.0h9.5v20.0z')
})
