import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metadataRequest, topicIdIn } from './topic-id.ts'

const ID = Buffer.from('00112233445566778899aabbccddeeff', 'hex')

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length + 1]), Buffer.from(value)])
}

/** Of version 10, with a tagged field that this client does not know. */
function answer(id: Buffer, errorCode = 0): Buffer {
  const broker = [
    Buffer.from([0, 0, 0, 1]),
    text('kafka'),
    Buffer.from([0, 0, 0, 9, 0, 1, 7, 2, 8, 8]),
  ]
  const head = [Buffer.from([0, 0, 0, 0, 0, 2]), ...broker, text('cluster')]
  const topic = [Buffer.from([0, 0, 0, 1, 2, 0, errorCode]), text('logs'), id]
  return Buffer.concat([...head, ...topic, Buffer.from([0, 1, 0, 0])])
}

test('the id of a topic is in the answer, or there is none', () => {
  assert.equal(topicIdIn(answer(ID), 'logs'), ID.toString('base64url'))
  assert.equal(topicIdIn(answer(ID), 'other'), '')
  assert.equal(topicIdIn(answer(Buffer.alloc(16), 3), 'logs'), '', 'it is not there')
  const end = answer(ID).indexOf(ID) + ID.length
  for (let length = 0; length < end; length++) {
    assert.throws(() => topicIdIn(answer(ID).subarray(0, length), 'logs'), /cut off/)
  }
})

test('a request asks for one topic, which is not made by that', () => {
  const asked = metadataRequest('logs').toString('hex')
  assert.equal(asked, `0002${'00'.repeat(16)}05${Buffer.from('logs').toString('hex')}0000000000`)
})
