import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Row } from '#proto/api.ts'
import type { BatchRecord } from '#proto/batch-builder.ts'
import { openLogBatch } from '#proto/log-batch.ts'
import { parseRowId } from '#proto/row-id.ts'
import { formatTime } from '#proto/time.ts'
import { patternOfText } from './patterns/pattern-ids.ts'
import { rowJson } from './row-json.ts'
import { openRows } from './rows.ts'
import { takeRows } from './take-rows.ts'
import {
  encodeRecords,
  envelopeOf,
  RECEIVED_AT_US,
  recordArbitrary,
  rowsOf,
} from './testing/plain-records.ts'

const RECORD: BatchRecord = {
  timeUs: 1_760_000_000_123_000,
  severity: 17,
  service: 'payment-service',
  host: 'web-1',
  file: '/var/log/a.log',
  message: 'said "no"\n',
  attributes: [],
}

function rowOf(record: Partial<BatchRecord>): Row {
  return JSON.parse(rowJson(rowsOf([{ ...RECORD, ...record }]), 0)) as Row
}

test('is the Row of the REST interface', () => {
  const { id, ...row } = rowOf({
    severityText: 'SEVERE',
    traceId: '0AF7651916CD43DD8448EB211C80319C',
    spanId: 'b7ad6b7169203331',
    attributes: [
      ['http.status', 200],
      ['user', { id: 7, tags: ['a', null] }],
      ['ok', true],
      ['ratio', 0.25],
      ['none', null],
    ],
  })
  assert.deepEqual(row, {
    time: '2025-10-09T08:53:20.123Z',
    level: 'ERROR',
    severity_text: 'SEVERE',
    service: 'payment-service',
    host: 'web-1',
    message: 'said "no"\n',
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    span_id: 'b7ad6b7169203331',
    attributes: {
      'http.status': 200,
      'user.id': 7,
      'user.tags': ['a', null],
      ok: true,
      ratio: 0.25,
      none: null,
    },
    ingested_at: '2025-10-09T08:53:20.000Z',
    file: '/var/log/a.log',
    pattern_id: String(patternOfText(RECORD.message)),
  })
  assert.equal(parseRowId(id)?.row, 0)
})

test('has as many digits of a second as the time has', () => {
  const timeUs = 1_760_000_000_123_000
  assert.equal(rowOf({ timeUs }).time, '2025-10-09T08:53:20.123Z')
  assert.equal(rowOf({ timeUs: timeUs + 4 }).time, '2025-10-09T08:53:20.123004Z')
  assert.equal(rowOf({ timeUs, subNs: 5 }).time, '2025-10-09T08:53:20.123000005Z')
})

test('integers beyond 2^53 are strings, wherever they stand', () => {
  const { attributes } = rowOf({
    attributes: [
      ['safe', 2 ** 53 - 1],
      ['int', 9_007_199_254_740_993n],
      ['negative', -(2n ** 63n)],
      ['beyond', 2n ** 64n],
      ['list', [1, 9_007_199_254_740_993n, '9007199254740993']],
      ['double', 1e21],
    ],
  })
  assert.deepEqual(attributes, {
    safe: 9_007_199_254_740_991,
    int: '9007199254740993',
    negative: '-9223372036854775808',
    beyond: '18446744073709551616',
    list: [1, '9007199254740993', '9007199254740993'],
    double: 1e21,
  })
})

test('every row of a batch has the id of its batch and number', () => {
  const records = Array.from({ length: 300 }, () => RECORD)
  const rows = openRows(envelopeOf({ rejected: [0, 7] }), openLogBatch(encodeRecords(records)))
  const picked = takeRows(rows, Uint32Array.of(297, 0, 31, 32, 5))
  for (let i = 0; i < picked.count; i++) {
    const { id } = JSON.parse(rowJson(picked, i)) as Row
    assert.deepEqual(parseRowId(id), {
      producerLow: 0x76543210,
      producerHigh: 0x7edcba98,
      seqLow: 0x3456789a,
      seqHigh: 0x312,
      row: picked.row[i],
    })
  }
})

test('times print as proto/time.ts prints them', () => {
  const time = fc.record({
    timeUs: fc.integer({ min: 0, max: RECEIVED_AT_US }),
    subNs: fc.constantFrom(0, 0, 1, 999),
  })
  fc.assert(
    fc.property(time, ({ timeUs, subNs }) => {
      assert.equal(rowOf({ timeUs, subNs }).time, formatTime(timeUs, subNs))
    }),
  )
})

test('names what was decided for the row', () => {
  const heads = [{ ...RECORD, timeUs: null, severity: 0, message: 'FATAL' }]
  const row = JSON.parse(
    rowJson(openRows(envelopeOf(), openLogBatch(encodeRecords(heads))), 0),
  ) as Row
  assert.deepEqual(row.flags, ['level_inferred', 'time_missing'])
  assert.deepEqual(row.level, 'FATAL')
  assert.equal(row.time, row.ingested_at)
  assert.equal(rowOf({}).flags, undefined)
})

test('a key that is a trap for objects is a key like others', () => {
  const json = rowJson(rowsOf([{ ...RECORD, attributes: [['__proto__', 'x']] }]), 0)
  assert.match(json, /"attributes":\{"__proto__":"x"\}/)
})

test('keeps every text and attribute of every record', () => {
  fc.assert(
    fc.property(fc.array(recordArbitrary, { minLength: 1, maxLength: 10 }), records => {
      const rows = rowsOf(records)
      records.forEach((record, i) => {
        const row = JSON.parse(rowJson(rows, i)) as Row
        assert.equal(row.message, record.message)
        assert.equal(row.service, record.service)
        const own = record.attributes.map(([key]) => key)
        const held = Object.keys(row.attributes)
        assert.ok(own.every(key => held.includes(key)))
        assert.equal(row.ingested_at, new Date(RECEIVED_AT_US / 1_000).toISOString())
      })
    }),
  )
})
