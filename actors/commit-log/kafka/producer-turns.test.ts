import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envelopeOf } from '../testing/envelopes.ts'
import { ProducerTurns, TURN_KEPT_MS } from './producer-turns.ts'

const at = (sequence: bigint, epoch = 0, producer = 1n) => envelopeOf({ sequence, epoch, producer })

test('after a failure nothing later of the producer is taken until the failed one comes again', () => {
  const turns = new ProducerTurns()
  turns.fail(at(5n), 0)
  turns.fail(at(6n), 0)
  assert.equal(turns.take(at(6n), 1), false)
  assert.equal(turns.take(at(9n), 1), false)
  assert.equal(turns.take(at(9n, 0, 2n), 1), true, 'other producers go on')
  assert.equal(turns.take(at(4n), 1), true, 'what was stored before may be repeated')
  assert.equal(turns.take(at(5n), 1), true)
  assert.equal(turns.take(at(6n), 1), true)
})

test('an earlier failure moves the turn back, a newer epoch ends it', () => {
  const turns = new ProducerTurns()
  turns.fail(at(5n), 0)
  turns.fail(at(3n), 0)
  assert.equal(turns.take(at(5n), 1), false)
  assert.equal(turns.take(at(1n, 1), 1), true)
  assert.equal(turns.take(at(8n, 1), 1), true)
  turns.fail(at(2n, 0), 2)
  assert.equal(turns.take(at(9n, 1), 3), true)
})

test('turns are forgotten once nothing of that time can still arrive', () => {
  const turns = new ProducerTurns()
  turns.fail(at(5n), 0)
  assert.equal(turns.take(at(8n), TURN_KEPT_MS - 1), false)
  assert.equal(turns.take(at(8n), TURN_KEPT_MS), true)
  assert.equal(turns.size, 0)
})
