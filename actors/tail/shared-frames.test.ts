import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SharedFrames } from './shared-frames.ts'

test('equal frames are one text and one encoding, others are their own', () => {
  const frames = new SharedFrames()
  const pieces = ['{"message":"ä"}', '{"message":"b"}']
  const first = frames.rows(pieces, 'token')
  assert.deepEqual(JSON.parse(first), {
    type: 'rows',
    rows: [{ message: 'ä' }, { message: 'b' }],
    token: 'token',
  })
  assert.equal(frames.rows([...pieces], 'token'), first)
  assert.equal(frames.utf8(first), frames.utf8(first))
  assert.equal(Buffer.from(frames.utf8(first)).toString(), first)
  for (const [texts, token] of [
    [pieces, 'later'],
    [pieces.slice(0, 1), 'token'],
    [[pieces[0] ?? '', '{}'], 'token'],
  ] as const) {
    const other = frames.rows(texts, token)
    assert.equal(other, `{"type":"rows","rows":[${texts.join(',')}],"token":"${token}"}`)
  }
})

test('of many frames only the last few are kept', () => {
  const frames = new SharedFrames()
  const first = frames.rows(['{"n":0}'], 't')
  const bytes = frames.utf8(first)
  for (let n = 1; n <= 1_000; n++) frames.utf8(frames.rows([`{"n":${n}}`], 't'))
  assert.notEqual(frames.utf8(frames.rows(['{"n":0}'], 't')), bytes)
})
