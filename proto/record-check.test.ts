import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { LogBatchSchema } from './gen/logboy/v1/log_batch_pb.ts'
import { ATTRIBUTE_VALUE_BYTES_MAX, MESSAGE_BYTES_MAX, NAME_BYTES_MAX } from './limits.ts'
import { openLogBatch } from './log-batch.ts'
import { checkRecords, type RefusedRecord } from './record-check.ts'
import { batchArbitrary, readMessage } from './testing/batches.ts'

const texts = (...values: string[]) => {
  const encoded = values.map(value => new TextEncoder().encode(value))
  return {
    lengths: encoded.map(bytes => bytes.length),
    heap: Uint8Array.from(Buffer.concat(encoded)),
  }
}

/** Three records, of which `change` makes some wrong. */
function check(change: object): RefusedRecord[] {
  const batch = create(LogBatchSchema, {
    recordCount: 3,
    timeBaseNs: 5_000_000n,
    timeUnitNs: 1_000,
    timeDeltas: [0n, 0n, 0n],
    severities: new Uint8Array(3),
    message: texts('a', 'b', 'c'),
    ...change,
  })
  return checkRecords(openLogBatch(toBinary(LogBatchSchema, batch)))
}

const attribute = (column: object): object => ({ attributes: [{ key: 'k', ...column }] })

test('a batch of good records has none refused', () => {
  assert.deepEqual(check({}), [])
})

test('a time before 1970 refuses its record only', () => {
  const [first, ...others] = check({ timeDeltas: [0n, -5_001n, 5_001n] })
  assert.deepEqual(first, { index: 1, reason: 'time is before 1970' })
  assert.deepEqual(others, [])
})

test('a severity beyond 24 refuses its record only', () => {
  const refused = check({ severities: Uint8Array.of(24, 25, 0) })
  assert.deepEqual(refused, [{ index: 1, reason: 'severity 25 is not 0 to 24' }])
})

test('texts beyond their limit refuse the records that use them', () => {
  const long = 'x'.repeat(MESSAGE_BYTES_MAX + 1)
  assert.deepEqual(
    check({ message: texts('a', 'b', long) }).map(({ index }) => index),
    [2],
  )
  const entries = texts('ok', 'x'.repeat(NAME_BYTES_MAX + 1))
  assert.deepEqual(
    check({ host: { entries, indexes: [1, 0, 1] } }).map(({ index, reason }) => [index, reason]),
    [
      [0, 'host is longer than 1024 bytes'],
      [2, 'host is longer than 1024 bytes'],
    ],
  )
  assert.deepEqual(check({ message: texts('a', 'b', long.slice(1)) }), [])
})

test('attribute values are judged at the records that have them', () => {
  const long = 'x'.repeat(ATTRIBUTE_VALUE_BYTES_MAX + 1)
  const presence = Uint8Array.of(0b101)
  const index = (column: object) => check(attribute(column)).map(record => record.index)
  assert.deepEqual(index({ type: 1, presence, texts: texts('a', long) }), [2])
  assert.deepEqual(index({ type: 5, presence, texts: texts('[1', 'null') }), [0])
  assert.deepEqual(index({ type: 3, presence, doubles: [1, Number.NaN] }), [2])
  assert.deepEqual(index({ key: 'k'.repeat(257), type: 2, presence, ints: [1n, 2n] }), [0, 2])
  assert.deepEqual(index({ type: 5, dictionary: { entries: texts('{}') } }), [])
})

test('a record with two values of one key is refused, records with either are not', () => {
  const columns = (a: number, b: number) => [
    { key: 'k', type: 2, presence: Uint8Array.of(a), ints: a === 1 ? [1n] : [1n, 2n] },
    { key: 'k', type: 3, presence: Uint8Array.of(b), doubles: b === 4 ? [1.5] : [1.5, 2.5] },
  ]
  assert.deepEqual(check({ attributes: columns(0b011, 0b100) }), [])
  assert.deepEqual(check({ attributes: columns(0b011, 0b110) }), [
    { index: 1, reason: 'attribute k has two values' },
  ])
})

test('random batches are judged as their plain rows are', () => {
  fc.assert(
    fc.property(batchArbitrary(), batch => {
      const refused = new Set(
        checkRecords(openLogBatch(toBinary(LogBatchSchema, batch))).map(({ index }) => index),
      )
      readMessage(batch).forEach((row, i) => {
        const keys = Object.keys(row.attributes).map(name => name.slice(2))
        const isWrong =
          (row.timeNs !== null && row.timeNs < 0n) ||
          new Set(keys).size < keys.length ||
          Object.values(row.attributes).some(v => typeof v === 'number' && !Number.isFinite(v))
        assert.equal(refused.has(i), isWrong)
      })
    }),
    { numRuns: 300 },
  )
})
