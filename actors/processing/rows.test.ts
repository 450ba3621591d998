import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { type LogColumns, ROW_FLAGS, type RowColumns } from '#proto/columns.ts'
import { LogBatchSchema } from '#proto/gen/logboy/v1/log_batch_pb.ts'
import { openLogBatch } from '#proto/log-batch.ts'
import { batchArbitrary, readColumns } from '#proto/testing/batches.ts'
import { openRows } from './rows.ts'
import { takeRows } from './take-rows.ts'
import { encodeRecords, envelopeOf, RECEIVED_AT_US } from './testing/plain-records.ts'

const HOUR_US = 3_600_000_000
const HEAD = {
  timeUs: 1,
  severity: 9,
  service: '',
  host: '',
  file: '',
  message: '',
  attributes: [],
}

function columnsOf(...heads: Partial<Parameters<typeof encodeRecords>[0][number]>[]): LogColumns {
  return openLogBatch(encodeRecords(heads.map(head => ({ ...HEAD, ...head }))))
}

test('keeps times up to an hour ahead; missing and later ones become the receive time', () => {
  const rows = openRows(
    envelopeOf(),
    columnsOf(
      { timeUs: RECEIVED_AT_US - 9, subNs: 7 },
      { timeUs: null },
      { timeUs: RECEIVED_AT_US + HOUR_US, subNs: 999 },
      { timeUs: RECEIVED_AT_US + HOUR_US + 1, subNs: 5 },
    ),
  )
  const expected = [RECEIVED_AT_US - 9, RECEIVED_AT_US, RECEIVED_AT_US + HOUR_US, RECEIVED_AT_US]
  assert.deepEqual([...rows.timeUs], expected)
  assert.deepEqual([...(rows.timeSubNs ?? [])], [7, 0, 999, 0])
  assert.deepEqual([...rows.flags], [0, ROW_FLAGS.timeMissing, 0, ROW_FLAGS.timeClamped])
})

test('takes the given level, else the one in the message, else INFO, and says which', () => {
  const rows = openRows(
    envelopeOf(),
    columnsOf(
      { severity: 20, message: 'DEBUG x' },
      { severity: 0, message: 'ERROR disk full' },
      { severity: 0, message: 'hello' },
    ),
  )
  assert.deepEqual([...rows.severity], [20, 17, 9])
  const { levelInferred, levelDefaulted } = ROW_FLAGS
  assert.deepEqual([...rows.flags], [0, levelInferred, levelDefaulted])
})

test('leaves rejected records out; the others keep their numbers', () => {
  const columns = columnsOf({ message: 'a' }, { message: 'b' }, { message: 'c' }, { message: 'd' })
  const rows = openRows(envelopeOf({ rejected: [0, 2] }), columns)
  assert.equal(rows.count, 2)
  assert.deepEqual([...rows.row], [1, 3])
  assert.deepEqual([...new Set(rows.receivedAtUs)], [RECEIVED_AT_US])
})

test('refuses rejected numbers that the batch does not have', () => {
  assert.throws(() => openRows(envelopeOf({ rejected: [4] }), columnsOf({}, {})))
})

test('splits the identity into halves', () => {
  const rows = openRows(envelopeOf(), columnsOf({}, {}))
  assert.deepEqual([...rows.producer], [0x76543210, 0x7edcba98, 0x76543210, 0x7edcba98])
  assert.deepEqual([...rows.seq], [0x3456789a, 0x312, 0x3456789a, 0x312])
})

test('picks any rows in any order, in every form that columns have', () => {
  const picks = fc.array(fc.nat({ max: 19 }), { maxLength: 30 })
  fc.assert(
    fc.property(batchArbitrary(), picks, (message, numbers) => {
      const columns = openLogBatch(toBinary(LogBatchSchema, message))
      const picked = Uint32Array.from(numbers, number => number % columns.count)
      const rows = takeRows(openRows(envelopeOf(), columns), picked)
      const plain = readColumns(asColumns(openRows(envelopeOf(), columns)))
      assert.deepEqual(
        readColumns(asColumns(rows)),
        [...picked].map(row => plain[row]),
      )
      assert.deepEqual([...rows.row], [...picked])
      assert.ok(rows.attributes.every(attribute => attribute.present > 0))
    }),
  )
})

test('the same batch gives the same rows, and its columns stay as they were', () => {
  fc.assert(
    fc.property(batchArbitrary(), message => {
      const bytes = toBinary(LogBatchSchema, message)
      const columns = openLogBatch(bytes)
      const before = readColumns(columns)
      assert.deepEqual(
        allColumns(openRows(envelopeOf(), columns)),
        allColumns(openRows(envelopeOf(), openLogBatch(bytes))),
      )
      assert.deepEqual(readColumns(columns), before)
      assert.deepEqual(fromBinary(LogBatchSchema, bytes), message)
    }),
    { numRuns: 30 },
  )
})

function asColumns(rows: RowColumns): LogColumns {
  const { severityText, service, host, file, message, traceId, spanId, attributes } = rows
  const { count, timeUs, timeSubNs, severity } = rows
  const texts = { severityText, service, host, file, message, traceId, spanId, attributes }
  const own = { kind: 0, timeMissing: null, sdkName: '', sdkVersion: '' }
  return { count, timeUs, timeSubNs, severity, ...texts, ...own }
}

/** Columns are made when they are touched: all of them are. */
function allColumns(rows: RowColumns) {
  const { receivedAtUs, kind, flags, producer, seq, row, patternId } = rows
  return { ...asColumns(rows), receivedAtUs, kind, flags, producer, seq, row, patternId }
}
