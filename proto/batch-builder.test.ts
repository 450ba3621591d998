import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { BatchBuilder, type BatchRecord } from './batch-builder.ts'
import { LogBatchSchema } from './gen/logboy/v1/log_batch_pb.ts'
import { ATTRIBUTES_MAX, BATCH_BYTES_MAX, BATCH_RECORDS_MAX } from './limits.ts'
import { openLogBatch } from './log-batch.ts'
import { checkRecords } from './record-check.ts'
import { type PlainRow, readColumns, readMessage } from './testing/batches.ts'

const options = { sdkName: 'test', sdkVersion: '1.2.3' }
const plain = { severity: 9, service: 'shop', host: 'web-1', file: '', message: 'hello' }

function record(attributes: object, more: Partial<BatchRecord> = {}): BatchRecord {
  return { timeUs: 1_000, ...plain, ...more, attributes: Object.entries(attributes) }
}

/** Appends and seals everything; every batch is proven on the way. */
function build(records: readonly BatchRecord[], builder = new BatchBuilder(options)): PlainRow[] {
  const rows: PlainRow[] = []
  const drain = (): void => {
    while (builder.count > 0) {
      const before = builder.count
      const bytes = builder.seal()
      assert.ok(bytes.length <= BATCH_BYTES_MAX)
      const columns = openLogBatch(bytes)
      assert.equal(columns.count, before - builder.count)
      assert.equal(columns.sdkVersion, '1.2.3')
      assert.deepEqual(checkRecords(columns), [])
      const sealed = readColumns(columns)
      assert.deepEqual(readMessage(fromBinary(LogBatchSchema, bytes)), sealed)
      rows.push(...sealed)
    }
  }
  for (const one of records) {
    assert.equal(builder.append(one), null)
    if (builder.isFull) drain()
  }
  drain()
  return rows
}

function attributesOf(attributes: object): PlainRow['attributes'] | undefined {
  return build([record(attributes)])[0]?.attributes
}

const text = fc.oneof(fc.string({ maxLength: 5 }), fc.string({ unit: 'binary', maxLength: 5 }))
const scalar = fc.oneof(
  text,
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
)
const hexId = (digits: number) =>
  fc.option(fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)), { nil: undefined })
const randomRecord = fc.record({
  timeUs: fc.option(fc.integer({ min: 0, max: 2 ** 51 }), { nil: null }),
  subNs: fc.constantFrom(0, 0, 0, 7, 999),
  severity: fc.nat({ max: 24 }),
  severityText: text,
  service: fc.constantFrom('a', 'b', 'ç'),
  host: text,
  file: fc.constant(''),
  message: text,
  traceId: hexId(32),
  spanId: hexId(16),
  attributes: fc.uniqueArray(fc.tuple(fc.constantFrom('k', 'l', 'm.n', 'é'), scalar), {
    selector: ([key]) => key,
  }),
})

/** What a record must read as, said without the builder. */
function expected(input: Omit<BatchRecord, 'traceId' | 'spanId'> & Ids): PlainRow {
  const attributes = [...input.attributes].map(
    ([key, value]): [string, string | number | bigint | boolean] => {
      if (typeof value === 'string') return [`s.${key}`, asUtf8(value)]
      if (typeof value === 'boolean') return [`b.${key}`, value]
      if (typeof value === 'bigint') return [`i.${key}`, value]
      const number = Number(value)
      const isInteger = Number.isSafeInteger(number) && !Object.is(number, -0)
      return isInteger ? [`i.${key}`, BigInt(number)] : [`d.${key}`, number]
    },
  )
  return {
    timeNs: input.timeUs === null ? null : BigInt(input.timeUs) * 1000n + BigInt(input.subNs ?? 0),
    severity: input.severity,
    texts: {
      severityText: asUtf8(input.severityText ?? ''),
      service: input.service,
      host: asUtf8(input.host),
      file: input.file,
      message: asUtf8(input.message),
    },
    traceId: input.traceId ?? null,
    spanId: input.spanId ?? null,
    attributes: Object.fromEntries(attributes),
  }
}

interface Ids {
  readonly traceId: string | undefined
  readonly spanId: string | undefined
}

/** Lone surrogates have no UTF-8: they become U+FFFD. */
function asUtf8(value: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(value))
}

function toRecord({ traceId, spanId, ...rest }: Omit<BatchRecord, 'traceId' | 'spanId'> & Ids) {
  return {
    ...rest,
    ...(traceId === undefined ? {} : { traceId }),
    ...(spanId === undefined ? {} : { spanId }),
  }
}

test('records come back from a batch as they were appended, batch after batch', () => {
  const builder = new BatchBuilder(options)
  fc.assert(
    fc.property(fc.array(randomRecord, { maxLength: 40 }), inputs => {
      assert.deepEqual(build(inputs.map(toRecord), builder), inputs.map(expected))
    }),
    { numRuns: 300 },
  )
})

test('texts that repeat and texts that do not both survive, in any number', () => {
  const words = fc.constantFrom('', 'a', 'b', 'ünï', 'x'.repeat(200))
  const list = fc.array(fc.oneof(words, text), { minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(list, values => {
      const rows = build(values.map(value => record({ value })))
      assert.deepEqual(
        rows.map(row => row.attributes['s.value']),
        values.map(asUtf8),
      )
    }),
    { numRuns: 100 },
  )
})

test('values are typed by their JavaScript type', () => {
  const values = {
    string: 'x',
    integer: -7,
    large: 2n ** 63n - 1n,
    beyond: 2n ** 63n,
    double: 1.5,
    minusZero: -0,
    unsafe: 2 ** 60,
    notANumber: Number.NaN,
    boolean: false,
    nothing: null,
    array: [1, 'a', null],
    missing: undefined,
    date: new Date(0),
    call: () => 1,
  }
  assert.deepEqual(attributesOf(values), {
    's.string': 'x',
    'i.integer': -7n,
    'i.large': 2n ** 63n - 1n,
    'j.beyond': '9223372036854775808',
    'd.double': 1.5,
    'd.minusZero': -0,
    'd.unsafe': 2 ** 60,
    'j.notANumber': '"NaN"',
    'b.boolean': false,
    'j.nothing': 'null',
    'j.array': '[1,"a",null]',
    's.date': '1970-01-01T00:00:00.000Z',
  })
})

test('objects are flattened to dotted keys; empty, circular and unreadable ones are told', () => {
  const circular: Record<string, unknown> = { name: 'c' }
  circular['self'] = circular
  const angry = {
    get secret(): string {
      throw new Error('no')
    },
  }
  assert.deepEqual(attributesOf({ a: { b: { c: 1 }, d: 'x' }, empty: {}, circular, angry }), {
    'i.a.b.c': 1n,
    's.a.d': 'x',
    'j.empty': '{}',
    's.circular.name': 'c',
    'j.circular.self': '"[circular]"',
    'j.angry': '"[unreadable]"',
  })
  let deep: object = { end: 1 }
  for (let i = 0; i < 40; i++) deep = { n: deep }
  const [[key, value]] = Object.entries(attributesOf({ deep }) ?? {}) as [[string, string]]
  assert.equal(key, `j.deep${'.n'.repeat(16)}`)
  assert.ok(value.includes('"end":1'))
})

test('of two equal flattened keys the first wins and the others join it as an array', () => {
  assert.deepEqual(attributesOf({ 'a.b': 1, a: { b: 'two' } }), { 'j.a.b': '[1,"two"]' })
  assert.deepEqual(attributesOf({ 'a.b.c': [1], 'a.b': { c: null }, a: { 'b.c': 2.5 } }), {
    'j.a.b.c': '[[1],null,2.5]',
  })
  const rows = build([record({ k: 1 }), record({ 'k.l': 1, k: { l: 2 } }), record({ 'k.l': 3 })])
  assert.deepEqual(
    rows.map(row => row.attributes),
    [{ 'i.k': 1n }, { 'j.k.l': '[1,2]' }, { 'i.k.l': 3n }],
  )
})

test('a default attribute gives way to one of the record', () => {
  const builder = new BatchBuilder(options)
  for (const own of [true, false]) {
    builder.begin({ timeUs: 1, ...plain })
    if (own) builder.attribute('k', 'own')
    builder.attributeDefault('k', 'default')
    assert.equal(builder.end(), null)
  }
  const rows = readColumns(openLogBatch(builder.seal()))
  assert.deepEqual(
    rows.map(row => row.attributes['s.k']),
    ['own', 'default'],
  )
})

test('ids that are no 32 or 16 hexadecimal digits stay attributes', () => {
  const good = { traceId: 'AB'.repeat(16), spanId: '0f'.repeat(8) }
  const bad = { traceId: 'xy'.repeat(16), spanId: '123' }
  const rows = build([record({}, good), record({}, bad), record({}, good)])
  const ids = rows.map(({ traceId, spanId, attributes }) => ({ traceId, spanId, attributes }))
  const read = { traceId: 'ab'.repeat(16), spanId: '0f'.repeat(8), attributes: {} }
  const attributes = { 's.trace_id': bad.traceId, 's.span_id': bad.spanId }
  assert.deepEqual(ids, [read, { traceId: null, spanId: null, attributes }, read])
})

test('a refused record leaves nothing behind', () => {
  const builder = new BatchBuilder(options)
  const long = 'x'.repeat(70_000)
  const many = Object.fromEntries(
    Array.from({ length: ATTRIBUTES_MAX + 1 }, (_, i) => [`k${i}`, i]),
  )
  const refusals: [BatchRecord, RegExp][] = [
    [record({ a: 1, b: long }, { traceId: 'ab'.repeat(16) }), /attribute b is longer/],
    [record({ a: 1, b: [long] }), /attribute b is longer/],
    [record({ ['k'.repeat(257)]: 1 }), /key is longer/],
    [record(many), /more than 512 attributes/],
    [record({ a: 2 }, { message: 'é'.repeat(140_000) }), /message is longer/],
    [record({}, { host: 'h'.repeat(1025) }), /host is longer/],
    [record({}, { timeUs: -1 }), /before 1970/],
    [record({}, { timeUs: 1.5 }), /whole number/],
    [record({}, { severity: 25 }), /severity/],
    [record({ a: 'é'.repeat(30_000), ...manyLong() }), /record is longer/],
  ]
  assert.equal(builder.append(record({ a: 'first' })), null)
  for (const [refused, reason] of refusals) assert.match(builder.append(refused) ?? '', reason)
  assert.equal(builder.append(record({ a: 'last' })), null)
  const rows = readColumns(openLogBatch(builder.seal()))
  assert.deepEqual(
    rows.map(({ traceId, attributes }) => ({ traceId, attributes })),
    ['first', 'last'].map(a => ({ traceId: null, attributes: { 's.a': a } })),
  )
})

function manyLong(): object {
  return Object.fromEntries(Array.from({ length: 14 }, (_, i) => [`long${i}`, 'é'.repeat(30_000)]))
}

test('batches never exceed a limit, whatever the texts', () => {
  const cjk = Array.from({ length: 3_000 }, (_, i) => record({ i }, { message: '漢'.repeat(200) }))
  assert.equal(build(cjk).length, 3_000)
  const large = Array.from({ length: 9 }, () => record({}, { message: 'm'.repeat(256 * 1024) }))
  assert.equal(build(large).length, 9)
  const keys = Array.from({ length: 40 }, (_, i) =>
    record(Object.fromEntries(Array.from({ length: 60 }, (_, k) => [`k${i}.${k}`, k]))),
  )
  assert.equal(build(keys).length, 40)
  const small = Array.from({ length: BATCH_RECORDS_MAX + 10 }, () => record({}))
  assert.equal(build(small).length, small.length)
})

test('times further apart than one batch can say are sealed apart', () => {
  const far = Array.from({ length: 20 }, (_, i) =>
    record({}, { timeUs: i % 2 === 0 ? 0 : 2 ** 52, subNs: 1 }),
  )
  assert.deepEqual(
    build(far).map(row => row.timeNs),
    far.map(({ timeUs }) => BigInt(timeUs ?? 0) * 1000n + 1n),
  )
})

test('whole milliseconds are written in milliseconds, finer times as finely as they need', () => {
  const unit = (records: BatchRecord[]): number => {
    const builder = new BatchBuilder(options)
    for (const one of records) builder.append(one)
    return fromBinary(LogBatchSchema, builder.seal()).timeUnitNs
  }
  assert.equal(unit([record({}, { timeUs: 5_000 }), record({}, { timeUs: null })]), 1_000_000)
  assert.equal(unit([record({}, { timeUs: 5_000 }), record({}, { timeUs: 5_001 })]), 1_000)
  assert.equal(unit([record({}, { timeUs: 5_000 }), record({}, { timeUs: 5_000, subNs: 1 })]), 0)
})

test('misuse throws', () => {
  const builder = new BatchBuilder(options)
  assert.throws(() => builder.seal(), /no record/)
  for (let i = 0; i < BATCH_RECORDS_MAX; i++) builder.append(record({}))
  assert.equal(builder.isFull, true)
  assert.throws(() => builder.append(record({})), /full/)
})
