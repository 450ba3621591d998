import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { LogBatchSchema } from '#proto/gen/logboy/v1/log_batch_pb.ts'
import { batchArbitrary } from '#proto/testing/batches.ts'
import { type ProvenBatch, proveBatch } from './prove-batch.ts'
import { encodeRecords } from './testing/plain-records.ts'

const RECORD = { severity: 9, service: '', host: '', file: '', message: '', attributes: [] }

function prove(bytes: Uint8Array, schema = 1): ProvenBatch {
  const memory = new SharedArrayBuffer(bytes.length + 8)
  new Uint8Array(memory).set(bytes, 8)
  return proveBatch({ memory, offset: 8, length: bytes.length, schema })
}

test('tells the number of records, their range of times, and how many have none', () => {
  const heads = [{ timeUs: 50 }, { timeUs: null }, { timeUs: 20 }, { timeUs: 90 }]
  const bytes = encodeRecords(heads.map(head => ({ ...RECORD, ...head })))
  const times = { minUs: 20, maxUs: 90 }
  const facts = { kind: 0, records: 4, rejected: [], times, untimed: 1, refused: null }
  assert.deepEqual(prove(bytes), { type: 'sound', ...facts })
})

test('a record that is wrong is rejected with its reason and counts in no range', () => {
  const heads = [{ timeUs: 50 }, { timeUs: 60 }]
  const bytes = encodeRecords(heads.map(head => ({ ...RECORD, ...head })))
  // Severities are stored as they are: the last byte 9 pair of the batch becomes 9, 77.
  const at = Buffer.from(bytes).indexOf(Buffer.of(9, 9))
  bytes[at + 1] = 77
  const result = prove(bytes)
  assert(result.type === 'sound')
  assert.deepEqual(result.rejected, [{ index: 1, reason: 'severity 77 is not 0 to 24' }])
  assert.deepEqual(result.times, { minUs: 50, maxUs: 50 })
  assert.deepEqual(JSON.parse(Buffer.from(result.refused ?? []).toString()), {
    time: '1970-01-01T00:00:00.000060Z',
    level: 'FATAL',
    message: '',
  })
})

test('a record of another century can still be read', () => {
  const wrong = create(LogBatchSchema, {
    recordCount: 1,
    timeUnitNs: 1_000,
    timeDeltas: [-8_520_000_000_000_001n],
    severities: Uint8Array.of(9),
    message: { lengths: [5], heap: Buffer.from('wrong') },
  })
  const result = prove(toBinary(LogBatchSchema, wrong))
  assert(result.type === 'sound' && result.rejected.length === 1)
  const line = JSON.parse(Buffer.from(result.refused ?? []).toString()) as { time: string }
  assert.equal(line.time, '1700-01-04T21:19:59.999999Z')
})

test('no time at all is no range', () => {
  const result = prove(encodeRecords([{ ...RECORD, timeUs: null }]))
  assert(result.type === 'sound')
  assert.equal(result.times, null)
})

test('a schema that this version does not read is invalid', () => {
  const bytes = encodeRecords([{ ...RECORD, timeUs: 1 }])
  assert.equal(prove(bytes, 0).type, 'invalid')
  assert.equal(prove(bytes, 2).type, 'invalid')
})

test('every sound batch is sound, and damage is an answer, never an exception', () => {
  fc.assert(
    fc.property(batchArbitrary(), fc.nat(), fc.nat({ max: 255 }), (message, place, byte) => {
      const bytes = toBinary(LogBatchSchema, message)
      assert.equal(prove(bytes).type, 'sound')
      bytes[place % bytes.length] = byte
      prove(bytes)
      prove(bytes.subarray(0, place % bytes.length))
    }),
  )
})
