import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { batchAnswerJson, type HttpBatchAnswer, parseBatchAnswer } from './batch-answer.ts'
import { StreamRequestSchema } from './gen/logboy/v1/ingest_pb.ts'
import {
  encodeClientMessage,
  encodeServerMessage,
  parseClientMessage,
  parseServerMessage,
} from './stream.ts'

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true })
const sequence = fc.integer({ min: 0, max: 2 ** 40 - 1 })
const uint32 = fc.nat({ max: 2 ** 32 - 1 })
const rejected = fc.array(record({ index: uint32, reason: fc.string() }), { maxLength: 3 })
const answer = fc.oneof(
  record({ type: fc.constant('ack' as const), sequence, rejectedCount: uint32, rejected }),
  record({ type: fc.constant('reject' as const), sequence, reason: fc.string() }),
  record({
    type: fc.constant('throttle' as const),
    fromSequence: sequence,
    retryAfterMs: uint32,
    reason: fc.string(),
  }),
  record({ type: fc.constant('new_epoch' as const), after: sequence }),
)

test('a batch is framed as protobuf-es frames it, and read without a copy', () => {
  fc.assert(
    fc.property(sequence, uint32, fc.uint8Array({ maxLength: 300 }), (number, schema, batch) => {
      const framed = encodeClientMessage({ type: 'batch', sequence: number, schema, batch })
      const { message } = fromBinary(StreamRequestSchema, framed)
      assert.ok(message.case === 'batch')
      assert.equal(message.value.sequence, BigInt(number))
      assert.equal(message.value.schema, schema)
      assert.deepEqual(Buffer.from(message.value.batch), Buffer.from(batch))
      const plain = toBinary(StreamRequestSchema, create(StreamRequestSchema, { message }))
      const parsed = parseClientMessage(plain)
      assert.ok(parsed?.type === 'batch')
      assert.equal(parsed.sequence, number)
      assert.equal(parsed.schema, schema)
      assert.deepEqual(Buffer.from(parsed.batch), Buffer.from(batch))
      if (batch.length > 0) assert.equal(parsed.batch.buffer, plain.buffer)
    }),
  )
})

test('a hello comes back as it was sent', () => {
  const hello = record({
    type: fc.constant('hello' as const),
    key: fc.string(),
    producer: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    epoch: fc.nat({ max: 0xffff }),
    firstUnacked: sequence,
    schema: uint32,
  })
  fc.assert(
    fc.property(hello, message => {
      assert.deepEqual(parseClientMessage(encodeClientMessage(message)), message)
    }),
  )
})

test('what a server says comes back as it was said, over gRPC and as JSON', () => {
  const welcome = record({
    type: fc.constant('welcome' as const),
    lastDurable: fc.option(sequence, { nil: null }),
    highestSchema: uint32,
    batchBytesMax: uint32,
    batchRecordsMax: uint32,
  })
  fc.assert(
    fc.property(fc.oneof(welcome, answer), message => {
      assert.deepEqual(parseServerMessage(encodeServerMessage(message)), message)
    }),
  )
  const expired: HttpBatchAnswer = { type: 'epoch_expired' }
  fc.assert(
    fc.property(fc.oneof(answer, fc.constant(expired)), message => {
      assert.deepEqual(parseBatchAnswer(batchAnswerJson(message)), message)
    }),
  )
})

test('a body that is no answer is told apart', () => {
  for (const text of ['', '<html>', 'null', '7', '{}', '{"type":"ack"}', '{"type":"welcome"}']) {
    assert.equal(parseBatchAnswer(text), null, text)
  }
})

test('damaged messages throw an error and never hang', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      for (const parse of [parseClientMessage, parseServerMessage]) {
        try {
          parse(bytes)
        } catch (error) {
          assert.ok(error instanceof Error)
        }
      }
    }),
    { numRuns: 2_000 },
  )
})

test('an unknown message is null, so that older programs pass over newer ones', () => {
  const unknown = Uint8Array.of(0x7a, 0)
  assert.equal(parseClientMessage(unknown), null)
  assert.equal(parseServerMessage(unknown), null)
})
