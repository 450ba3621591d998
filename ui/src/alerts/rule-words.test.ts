import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uncountedText } from './rule-words.ts'

test('rows that did not count are told by why', () => {
  assert.equal(uncountedText({ late: 1, left_out: 0 }), '1 row came late')
  const both = uncountedText({ late: 12, left_out: 300 })
  assert.equal(both, '12 rows came late, 300 rows of groups beyond the limit')
})
