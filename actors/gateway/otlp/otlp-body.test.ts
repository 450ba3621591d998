import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX } from '#proto/limits.ts'
import { openLogBatch } from '#proto/log-batch.ts'
import { checkRecords } from '#proto/record-check.ts'
import { type PlainRow, readColumns } from '#proto/testing/batches.ts'
import type { DecodedRecords } from '../json/json-body.ts'
import { requestOf as decode } from './decode-otlp.ts'
import {
  expectedRows,
  jsonOf,
  protobufOf,
  requestArbitrary,
  requestOf,
} from './testing/otlp-requests.ts'

function decoded(bytes: Uint8Array, isJson = false): DecodedRecords {
  const result = decode(bytes, isJson)
  assert(result.type === 'decoded', JSON.stringify(result).slice(0, 300))
  return result
}

function rowsOf({ chunks }: DecodedRecords): PlainRow[] {
  return chunks.flatMap(({ batch }) => {
    assert.ok(batch.length <= BATCH_BYTES_MAX)
    const columns = openLogBatch(batch)
    assert.deepEqual(checkRecords(columns), [])
    return readColumns(columns)
  })
}

const string = (value: string): object => ({ value: { case: 'stringValue', value } })
const pair = (key: string, value: object): { key: string; value: object } => ({ key, value })
const list = (...values: object[]): object => ({
  value: { case: 'kvlistValue', value: { values } },
})

/** One request with these records, of one resource. */
function logs(logRecords: readonly object[], attributes: readonly object[] = []): Uint8Array {
  const resource = { attributes }
  return protobufOf(requestOf({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }))
}

function only(record: object, attributes: readonly object[] = []): PlainRow {
  const [row, ...more] = rowsOf(decoded(logs([record], attributes)))
  assert(row !== undefined && more.length === 0)
  return row
}

test('every record becomes the row that the rules say, from protobuf and from JSON', () => {
  fc.assert(
    fc.property(requestArbitrary, request => {
      const expected = expectedRows(request)
      const result = decoded(protobufOf(request))
      assert.deepEqual(rowsOf(result), expected)
      assert.deepEqual([result.accepted, result.rejected], [expected.length, []])
      const ofJson = decoded(Buffer.from(jsonOf(request)), true)
      assert.deepEqual(
        ofJson.chunks.map(({ batch }) => Buffer.from(batch)),
        result.chunks.map(({ batch }) => Buffer.from(batch)),
      )
    }),
    { numRuns: 400 },
  )
})

test('a resource and a scope count for all their records, wherever they stand', () => {
  const resource = protobufOf(
    requestOf({
      resourceLogs: [{ resource: { attributes: [pair('service.name', string('shop'))] } }],
    }),
  )
  const record = logs([{ body: string('hello') }])
  // The parts of one ResourceLogs, in the other order than they are written in.
  const body = Buffer.concat([record.subarray(2), resource.subarray(2)])
  const bytes = Buffer.concat([Buffer.from([0x0a, body.length]), body])
  const [row] = rowsOf(decoded(bytes))
  assert.deepEqual([row?.texts['service'], row?.texts['message']], ['shop', 'hello'])
})

test('the record wins over its scope, and that over the resource', () => {
  const values = (name: string): object[] => ['a', 'b', 'c'].map(key => pair(key, string(name)))
  const request = requestOf({
    resourceLogs: [
      {
        resource: { attributes: values('resource') },
        scopeLogs: [
          {
            scope: { name: 'lib', version: '1', attributes: values('scope').slice(0, 2) },
            logRecords: [{ attributes: values('record').slice(0, 1) }, {}],
          },
        ],
      },
    ],
  })
  const rows = rowsOf(decoded(protobufOf(request)))
  const named = { 's.scope.name': 'lib', 's.scope.version': '1' }
  assert.deepEqual(
    rows.map(({ attributes }) => attributes),
    [
      { 's.a': 'record', 's.b': 'scope', 's.c': 'resource', ...named },
      { 's.a': 'scope', 's.b': 'scope', 's.c': 'resource', ...named },
    ],
  )
})

test('a bad record costs itself, with its reason and as JSON', () => {
  const many = Array.from({ length: 513 }, (_, index) => pair(`key-${index}`, string('x')))
  const deep = Array.from({ length: 70 }).reduce<object>(
    inner => ({ value: { case: 'arrayValue', value: { values: [inner] } } }),
    string('x'),
  )
  const reasons: readonly (readonly [object, RegExp])[] = [
    [{ attributes: many }, /^more than 512 attributes$/],
    [{ attributes: [pair('a', deep)] }, /^nested deeper than 64$/],
    [{ body: deep }, /^nested deeper than 64$/],
    [{ attributes: [pair('k'.repeat(257), string('x'))] }, /^an attribute key is longer than 256/],
    [{ attributes: [pair('a', string('x'.repeat(65_537)))] }, /^attribute a is longer than 65536/],
    [{ body: string('x'.repeat(300_000)) }, /^body is longer than 262144 bytes$/],
    [{ body: string('x'.repeat(400_000)) }, /^record is longer than/],
    [{ timeUnixNano: 2n ** 64n - 1n }, /^time_unix_nano is not a time$/],
  ]
  const good = { body: string('good') }
  const bytes = logs(reasons.flatMap(([record]) => [good, record]))
  const result = decoded(bytes)
  assert.equal(result.accepted, reasons.length)
  for (const [at, [, reason]] of reasons.entries()) {
    assert.equal(result.rejected[at]?.index, 2 * at + 1)
    assert.match(result.rejected[at]?.reason ?? '', reason)
  }
  const lines = Buffer.from(result.refused ?? [])
    .toString()
    .trimEnd()
    .split('\n')
  assert.ok(lines.length >= 5)
  for (const line of lines) assert.equal(typeof JSON.parse(line), 'object')
})

test('text that is not UTF-8 costs its record', () => {
  for (const where of ['body', 'key', 'value', 'severity', 'event']) {
    const mark = 'MARKER'
    const record = {
      body: string(where === 'body' ? mark : 'b'),
      attributes: [pair(where === 'key' ? mark : 'k', string(where === 'value' ? mark : 'v'))],
      severityText: where === 'severity' ? mark : '',
      eventName: where === 'event' ? mark : '',
    }
    const bytes = logs([record, { body: string('good') }])
    bytes[Buffer.from(bytes).indexOf(mark)] = 0xff
    const { accepted, rejected, refused } = decoded(bytes)
    assert.deepEqual([accepted, rejected[0]?.reason], [1, 'record is not UTF-8'], where)
    assert.match(Buffer.from(refused ?? []).toString(), /\uFFFDARKER/)
  }
})

test('refused records are JSON that ingest would take, with their fields', () => {
  const record = {
    timeUnixNano: 1_763_596_800_123_456_789n,
    severityNumber: 17,
    body: string('no "room"'),
    traceId: new Uint8Array(16).fill(0xab),
    attributes: [
      pair('a', list(pair('b', { value: { case: 'intValue', value: 2n ** 60n } }))),
      pair('k'.repeat(257), string('x')),
    ],
  }
  const { refused } = decoded(logs([record], [pair('service.name', string('shop'))]))
  assert.match(
    Buffer.from(refused ?? []).toString(),
    /^\{"time":"2025-11-20T00:00:00\.123456789Z","level":"ERROR","message":"no \\"room\\"","trace_id":"(ab){16}","service":"shop","a\.b":1152921504606846976,"k{257}":"x"\}\n$/,
  )
})

test('integers and times of JSON are exact as texts and as numbers', () => {
  const record = (int: string, time: string): string =>
    `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":${time},"severityNumber":9,"attributes":[{"key":"n","value":{"intValue":${int}}}],"unknown":{"a":[1]}}]}]}]}`
  for (const quote of ['', '"']) {
    const wrap = (text: string): string => `${quote}${text}${quote}`
    const body = record(wrap('9007199254740993'), wrap('1763596800123456789'))
    const [row] = rowsOf(decoded(Buffer.from(body), true))
    assert.equal(row?.attributes['i.n'], 9007199254740993n)
    assert.equal(row?.timeNs, 1763596800123456789n)
    assert.equal(row?.severity, 9)
  }
})

test('a record of JSON that cannot be read costs itself alone, and is kept as it came', () => {
  const trace = 'ab'.repeat(16)
  const unreadable: readonly (readonly [string, RegExp])[] = [
    [`{"timeUnixNano":-1,"traceId":"${trace}"}`, /time_unix_nano/],
    ['{"traceId":5}', /trace_id/],
    ['{"body":"no value"}', /AnyValue/],
    ['{"attributes":{}}', /attributes/],
    ['null', /LogRecord/],
  ]
  const good = `{"body":{"stringValue":"good"},"traceId":"${trace}"}`
  const records = unreadable.flatMap(([record]) => [good, record]).join(',')
  const body = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[]},{"logRecords":[${records}]}]},{"scope_logs":[{"log_records":[${good}]}]}]}`
  const result = decoded(Buffer.from(body), true)
  assert.equal(result.accepted, unreadable.length + 1)
  assert.ok(rowsOf(result).every(({ texts }) => texts['message'] === 'good'))
  for (const [at, [, reason]] of unreadable.entries()) {
    assert.equal(result.rejected[at]?.index, 2 * at + 1)
    assert.match(result.rejected[at]?.reason ?? '', reason)
  }
  const kept = Buffer.from(result.refused ?? []).toString()
  assert.equal(kept, unreadable.map(([record]) => `${record}\n`).join(''))
})

test('an id that is none costs no record: there it is an attribute', () => {
  const records = [
    '{"traceId":"xyz","span_id":"12345","body":{"stringValue":"one"}}',
    '{"trace_id":"not-hex","attributes":[{"key":"a","value":{"boolValue":true}}]}',
    `{"traceId":"${'AB'.repeat(16)}","spanId":"abc0"}`,
  ]
  const body = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${records.join(',')}]}]}]}`
  const result = decoded(Buffer.from(body), true)
  assert.deepEqual(
    rowsOf(result).map(({ attributes }) => attributes),
    [
      { 's.trace_id': 'xyz', 's.span_id': '12345' },
      { 'b.a': true, 's.trace_id': 'not-hex' },
      { 's.span_id': 'abc0' },
    ],
  )
})

test('what is no request says why, and nothing of it is taken', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['', /JSON/],
    ['hello', /JSON/],
    ['[]', /not an OTLP request: /],
    ['{"resourceLogs":1}', /resource_logs/],
    ['{"resourceLogs":[{"scopeLogs":[{"logRecords":1}]}]}', /log_records/],
    ['{"resourceLogs":[{"resource":1,"scopeLogs":[{"logRecords":[null]}]}]}', /Resource/],
    [deep, /nested too deep/],
    ['{"resourceLogs":[]', /JSON/],
  ]
  for (const [text, reason] of wrong) {
    const result = decode(Buffer.from(text), true)
    assert(result.type === 'malformed', text.slice(0, 40))
    assert.match(result.reason, reason)
  }
  const notUtf8 = decode(Buffer.from([0x22, 0xff, 0x22]), true)
  assert.match(notUtf8.type === 'malformed' ? notUtf8.reason : '', /not UTF-8/)
  const cut = logs([{ body: string('hello') }])
  const result = decode(cut.subarray(0, -1), false)
  assert.match(
    result.type === 'malformed' ? result.reason : '',
    /^not an OTLP request: length beyond/,
  )
})

test('an empty request is one without records', () => {
  assert.deepEqual(decoded(new Uint8Array(0)).accepted, 0)
  assert.deepEqual(decoded(Buffer.from('{}'), true).accepted, 0)
})

test('garbage never crashes, also where it begins well', () => {
  const bytesOf = fc
    .tuple(requestArbitrary, fc.array(fc.tuple(fc.nat(), fc.nat(255))))
    .map(([request, changes]) => {
      const bytes = protobufOf(request)
      for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
      return bytes
    })
  fc.assert(
    fc.property(fc.oneof(bytesOf, fc.uint8Array()), bytes => {
      const result = decode(bytes, false)
      if (result.type === 'decoded') rowsOf(result)
    }),
    { numRuns: 1_000 },
  )
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), text => {
      const result = decode(Buffer.from(text), true)
      assert.ok(result.type === 'decoded' || result.type === 'malformed')
    }),
  )
})

test('many records are cut into batches that fit, and keep their order', () => {
  const count = BATCH_RECORDS_MAX + 100
  const records = Array.from({ length: count }, (_, index) => ({ body: string(`${index}`) }))
  const result = decoded(logs(records))
  assert.ok(result.chunks.length >= 2)
  assert.deepEqual(
    rowsOf(result).map(({ texts }) => texts['message']),
    records.map((_, index) => `${index}`),
  )
})

test('a small request that would become a large one is refused', () => {
  const attributes = Array.from({ length: 400 }, (_, index) => pair(`k${index}`, string('x')))
  const records = Array.from({ length: 100_000 }, () => ({}))
  assert.equal(decode(logs(records, attributes), false).type, 'too-large')
})

test('values that are joined as JSON still fit their batch', () => {
  const value = string('\u0001'.repeat(9_000))
  const records = Array.from({ length: 40 }, () => ({
    attributes: [pair('a', value), pair('a', string(''))],
  }))
  assert.equal(rowsOf(decoded(logs(records))).length, 40)
})

test('made-up keys are forgotten, and the resource keeps counting', () => {
  const records = Array.from({ length: 20_000 }, (_, index) => ({
    attributes: [pair(`made-up-${index}`, string('x'))],
  }))
  const rows = rowsOf(
    decoded(logs(records, [pair('region', string('eu')), pair('service.name', string('s'))])),
  )
  assert.equal(rows.length, records.length)
  for (const { attributes, texts } of rows) {
    assert.deepEqual([attributes['s.region'], texts['service']], ['eu', 's'])
  }
})

test('a resource of very many attributes is read once, not for each of its records', () => {
  // Lists without members, of which each would be a key without a value.
  const nothing = { value: { case: 'kvlistValue', value: { values: [] } } }
  const attributes = Array.from({ length: 50_000 }, (_, index) => pair(`k${index}`, nothing))
  const records = Array.from({ length: 5_000 }, () => ({}))
  const bytes = logs(records, attributes)
  // The same with a member.
  const junk = logs(
    records,
    attributes.map(({ key }) => pair(key, list({ key: '' }))),
  )
  for (const request of [bytes, junk]) {
    const result = decode(request, false)
    assert(result.type === 'decoded')
    assert.equal(result.accepted, 0)
    assert.equal(result.rejected[0]?.reason, 'more than 512 attributes')
  }
})

test('many resources of keys of their own keep counting, each for its own records', () => {
  const resourceLogs = Array.from({ length: 200 }, (_, at) => ({
    resource: {
      attributes: Array.from({ length: 100 }, (_, n) => pair(`r${at}-${n}`, string(`${at}`))),
    },
    scopeLogs: [
      { scope: { attributes: [pair(`s${at}`, string('s'))] }, logRecords: [{}, {}] },
      { logRecords: [{}] },
    ],
  }))
  const request = requestOf({ resourceLogs })
  assert.deepEqual(rowsOf(decoded(protobufOf(request))), expectedRows(request))
})

test('a level is its number, and its text where there is none', () => {
  const levels = [
    [{ severityNumber: 13, severityText: 'info' }, 13, ''],
    [{ severityNumber: 10, severityText: 'Notice' }, 10, 'Notice'],
    [{ severityText: 'ERROR' }, 17, ''],
    [{ severityText: 'strange' }, 0, 'strange'],
    [{ severityNumber: 99, severityText: 'warn' }, 13, ''],
    [{}, 0, ''],
  ] as const
  for (const [record, severity, text] of levels) {
    const row = only(record)
    assert.deepEqual([row.severity, row.texts['severityText']], [severity, text])
  }
})

test("what OpenTelemetry's own SDK sent is read as it was meant, in both encodings", () => {
  const file = new URL('testing/recorded/sdk-logs-0.223.1.json', import.meta.url)
  const { requests } = JSON.parse(readFileSync(file, 'utf8')) as {
    requests: readonly { type: string; body: string }[]
  }
  assert.equal(requests.length, 2)
  for (const { type, body } of requests) {
    const isJson = type === 'application/json'
    const [first, second] = rowsOf(decoded(Buffer.from(body, 'base64'), isJson))
    const name = isJson ? 'http' : 'proto'
    assert.equal(first?.timeNs, 1_795_168_800_123_000_000n)
    assert.deepEqual([first?.severity, second?.severity], [17, 9])
    assert.deepEqual(first?.texts, {
      severityText: '',
      service: 'shop',
      host: 'web-1',
      file: '',
      message: `hello by ${name}`,
    })
    assert.equal(second?.texts['message'], '{"event":"structured","n":5}')
    assert.deepEqual(first?.attributes, {
      'i.http.status_code': 500n,
      'b.ok': false,
      'd.ratio': 0.25,
      'j.list': '["a",1]',
      's.nested.a.b': 'c',
      's.exception.type': 'TypeError',
      's.exception.stacktrace': 'at x',
      's.event.name': 'user.login',
      's.scope.name': 'lib',
      's.scope.version': '1.2.3',
      's.telemetry.sdk.language': 'nodejs',
    })
  }
})
