import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linesProblem, replayedText } from './dead-letter-model.ts'

test('repaired lines are objects in JSON, one a line', () => {
  assert.equal(linesProblem('{"message":"a"}\n\n{"message":"b"}\n'), null)
  assert.match(linesProblem('{"message":"a"}\n{') ?? '', /^line 2: /)
  assert.equal(linesProblem('[1]'), 'line 1: expected an object')
  assert.equal(linesProblem(' \n'), 'there is nothing to send')
})

test('what became of a replay is told, also what was refused again', () => {
  assert.equal(replayedText({ accepted: 1, rejected: [] }), '1 record stored')
  const rejected = [{ letter: 'a', index: 0, reason: 'too large' }]
  assert.equal(replayedText({ accepted: 1200, rejected }), '1,200 records stored, 1 refused again')
})
