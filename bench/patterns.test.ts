import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupingAccuracy, measureSet } from './patterns.bench.ts'

test('a group counts where it has all lines of one event and no other', () => {
  const events = ['a', 'a', 'b', 'b', 'c', 'd']
  assert.equal(groupingAccuracy([1, 1, 2, 2, 3, 4], events), 1)
  // b is split, c and d are one.
  assert.equal(groupingAccuracy([1, 1, 2, 3, 4, 4], events), 2 / 6)
})

test('a set is measured by its wordings, and by its patterns', () => {
  const names = ['ann', 'bob', 'cyd', 'dan', 'eve']
  const lines = names.map(name => `login of ${name} from 10.0.0.1 refused`)
  const events = lines.map(() => 'E1')
  const { wordings, patterns, wordingAccuracy, accuracy } = measureSet('small', lines, events)
  assert.deepEqual([wordings, patterns, wordingAccuracy, accuracy], [5, 1, 0, 1])
})
