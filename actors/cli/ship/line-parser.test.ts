import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type LineRecord, parseLine } from './line-parser.ts'

const ORIGIN = {
  file: '/var/log/payment.log',
  host: 'web-1',
  service: 'payment',
  readAtUs: 1_760_000_000_000_000,
}
const ATTACHED = { file: ORIGIN.file, host: ORIGIN.host }

/** As the server will read it. */
function sent(line: string): LineRecord {
  return JSON.parse(JSON.stringify(parseLine(line, ORIGIN))) as LineRecord
}

test('reads our text format: time, level, service, message', () => {
  const line = '2025-10-23 14:32:15 INFO [payment-service] Payment completed for order order_45231'
  assert.deepEqual(sent(line), {
    time: '2025-10-23 14:32:15',
    level: 'INFO',
    service: 'payment-service',
    message: 'Payment completed for order order_45231',
    ...ATTACHED,
  })
})

test('text that nearly has the format is plain text, kept whole', () => {
  const near = [
    '2025-10-23 14:32:15 INFO Payment completed',
    '2025-10-23 14:32:15 LOUD [payment-service] Payment completed',
    '2025-10-23 14:32:15 INFO [] Payment completed',
    'x 2025-10-23 14:32:15 INFO [payment-service] Payment completed',
    '{"level":"info"',
    '',
  ]
  for (const line of near) {
    assert.deepEqual(sent(line), {
      time: '2025-10-09T08:53:20.000Z',
      service: 'payment',
      message: line,
      ...ATTACHED,
    })
  }
})

test('a JSON line keeps its fields and gets only what it lacks', () => {
  const line = '{"ts":1760000000,"msg":"hi","service":"own","a":{"b":null},"__proto__":1}'
  assert.deepEqual(sent(line), {
    service: 'own',
    host: 'web-1',
    file: '/var/log/payment.log',
    ...(JSON.parse(line) as object),
  })
  assert.deepEqual(sent('{"a":1}'), {
    time: '2025-10-09T08:53:20.000Z',
    service: 'payment',
    a: 1,
    ...ATTACHED,
  })
})

test('JSON that is no object is plain text', () => {
  for (const line of ['[1]', '1', '"x"', 'null']) assert.equal(sent(line)['message'], line)
})

test('no digit of a number is lost on the way', () => {
  const digits = '{"a":12345678901234567890123,"b":[9007199254740993],"c":0.10000000000000000001}'
  const text = JSON.stringify(parseLine(digits, ORIGIN))
  for (const number of ['12345678901234567890123', '9007199254740993', '0.10000000000000000001']) {
    assert.ok(text.includes(number), `${number} is in ${text}`)
  }
})

test('every line is a record, and plain ones come back as they were', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), line => {
      const record = sent(line)
      if (!line.trimStart().startsWith('{')) assert.equal(record['message'], line)
    }),
  )
})

test('our text comes back equal for any service and message', () => {
  const service = fc.stringMatching(/^[a-z-]{1,20}$/)
  const message = fc.string({ unit: 'grapheme' }).filter(text => !text.includes('\n'))
  const level = fc.constantFrom('TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL')
  fc.assert(
    fc.property(service, message, level, (ownService, ownMessage, ownLevel) => {
      const record = sent(`2025-10-23 14:32:15 ${ownLevel} [${ownService}] ${ownMessage}`)
      assert.equal(record['service'], ownService)
      assert.equal(record['message'], ownMessage)
      assert.equal(record['level'], ownLevel)
    }),
  )
})
