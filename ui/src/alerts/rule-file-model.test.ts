import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileFaults, offsetOf } from './rule-file-model.ts'

test('what the server says of a file leads to its place, whatever else it says', () => {
  const problem = 'line 2, column 5: rules.0.name: expected a name\nline 7, column 12: no: 5'
  assert.deepEqual(fileFaults(problem), [
    { line: 2, column: 5, message: 'rules.0.name: expected a name' },
    { line: 7, column: 12, message: 'no: 5' },
  ])
  assert.deepEqual(fileFaults('the server cannot be reached'), [])
  assert.equal(offsetOf('ab\ncdef\n', 2, 3), 5)
  assert.equal(offsetOf('ab', 9, 9), 2)
})
