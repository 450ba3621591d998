import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IDEMPOTENCY_KEEP_MS, PRODUCER_IDLE_MS, PRODUCER_REMEMBERED_MS } from '#proto/limits.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { Admission } from '../admission.ts'
import { NO_BATCH } from '../commit-log.ts'
import { envelopeOf } from '../testing/envelopes.ts'
import { JournalAppender } from './journal-appender.ts'

test('a table of keys that is full is told apart from one of producers', async () => {
  const limits = {
    producerIdleMs: PRODUCER_IDLE_MS,
    producersMax: 1,
    producerRememberedMs: PRODUCER_REMEMBERED_MS,
    keyedKeepMs: IDEMPOTENCY_KEEP_MS,
    keyedMax: 1,
  }
  const request = { bodySha256: new Uint8Array(32), chunk: 1, of: 1, firstIndex: 0, rejected: [] }
  const [sender, key] = [envelopeOf({}), envelopeOf({ producer: 2n, request })]
  const admission = new Admission(undefined, limits)
  const clock = new VirtualClock()
  const receivedAtUs = BigInt(clock.nowUs())
  for (const envelope of [sender, key]) admission.apply({ ...envelope, receivedAtUs })
  const appender = new JournalAppender({
    writer: {
      call: () => Promise.reject(new Error('nothing is written')),
      observe: () => ({}),
      close: () => Promise.resolve(),
    },
    clock,
    admission,
    fileBytes: 1_000,
    files: [],
    end: 0,
    lastEntryEnd: 0,
    lastReceivedAtUs: 1,
    unflushedBytes: () => 0,
    neededFrom: () => 0,
    onCommitted: () => undefined,
    onFailure: () => undefined,
  })
  const unavailable = { type: 'unavailable', mayBeStored: false }
  const offer = (producer: bigint, fields: { request?: typeof request }) =>
    appender.append({ envelope: envelopeOf({ producer, ...fields }), batch: NO_BATCH })
  const more = await offer(3n, {})
  assert.deepEqual(more, { ...unavailable, reason: 'overloaded', retryAfterMs: 50 })
  const another = await offer(4n, { request })
  assert.deepEqual(another, { ...unavailable, reason: 'too-many-keys', retryAfterMs: 60_000 })
})
