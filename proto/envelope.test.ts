import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, toBinary } from '@bufbuild/protobuf'
import { decodeEnvelope, ENVELOPE_VERSION, EnvelopeError, encodeEnvelope } from './envelope.ts'
import { BatchKind, EnvelopeSchema } from './gen/logboy/v1/envelope_pb.ts'

const envelope = create(EnvelopeSchema, {
  version: ENVELOPE_VERSION,
  kind: BatchKind.LOGS,
  schema: 1,
  projectId: 'abcdefghij',
  keyId: 'abcdefghijkl',
  producer: 2n ** 63n - 1n,
  epoch: 3,
  sequence: 2n ** 40n - 1n,
  receivedAtUs: 1_761_229_935_123_456n,
  recordCount: 5,
  rejected: [1, 4],
  request: {
    bodySha256: new Uint8Array(32),
    chunk: 1,
    of: 2,
    rejected: [{ index: 7, reason: 'x' }],
  },
})

test('an envelope comes back as it was written', () => {
  assert.deepEqual(decodeEnvelope(encodeEnvelope(envelope)), envelope)
})

test('an envelope of a newer version is refused, naming both versions', () => {
  const newer = toBinary(EnvelopeSchema, { ...envelope, version: ENVELOPE_VERSION + 1 })
  assert.throws(
    () => decodeEnvelope(newer),
    error =>
      error instanceof EnvelopeError &&
      error.code === 'LOGBOY_ENVELOPE_NEWER' &&
      /version 2, this program reads 1/.test(error.message),
  )
})

test('damaged and empty envelopes are refused', () => {
  for (const bytes of [
    new Uint8Array(0),
    Uint8Array.of(0xff),
    encodeEnvelope(envelope).subarray(0, -1),
  ]) {
    assert.throws(() => decodeEnvelope(bytes), { code: 'LOGBOY_ENVELOPE_INVALID' })
  }
})
