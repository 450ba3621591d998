import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LETTER_BYTES_MAX } from '#actors/commit-log/dead-letters/dead-letters.ts'
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX, BODY_BYTES_MAX } from '#proto/limits.ts'
import { openLogBatch } from '#proto/log-batch.ts'
import { checkRecords } from '#proto/record-check.ts'
import { type PlainRow, readColumns } from '#proto/testing/batches.ts'
import { type DecodedBody, decodeBody } from './json-body.ts'
import { expectedRow, normal, recordJson, writeJson } from './testing/plain-json.ts'

const SENDER = { sdkName: 'test', sdkVersion: '1', zone: null }
type Decoded = Extract<DecodedBody, { type: 'decoded' }>

function decode(body: string | Uint8Array): DecodedBody {
  return decodeBody(Buffer.from(body), SENDER)
}

function decoded(body: string | Uint8Array): Decoded {
  const result = decode(body)
  assert(result.type === 'decoded', JSON.stringify(result).slice(0, 200))
  return result
}

function rowsOf({ chunks }: Decoded): PlainRow[] {
  return chunks.flatMap(({ batch }) => {
    const columns = openLogBatch(batch)
    assert.deepEqual(checkRecords(columns), [])
    return readColumns(columns).map(withNormalJson)
  })
}

function withNormalJson(row: PlainRow): PlainRow {
  const attributes = Object.entries(row.attributes).map(([key, value]) => {
    return [key, key.startsWith('j.') ? normal(String(value)) : value]
  })
  return { ...row, attributes: Object.fromEntries(attributes) as PlainRow['attributes'] }
}

function only(record: string): PlainRow {
  const [row] = rowsOf(decoded(record))
  assert(row)
  return row
}

function reasonOf(record: string): string | undefined {
  return decoded(`${record}\n{}`).rejected[0]?.reason
}

const SHAPES = {
  ndjson: (texts: readonly string[]) => texts.join('\n'),
  windows: (texts: readonly string[]) => `\ufeff${texts.join('\r\n\r\n')}\r\n`,
  array: (texts: readonly string[]) => `[${texts.join(' ,\n')}]`,
  joined: (texts: readonly string[]) => texts.join(''),
}

for (const [name, join] of Object.entries(SHAPES)) {
  test(`${name}: every record becomes the row that the rules say, however it is written`, () => {
    const records = fc.array(recordJson, { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.nat()), (plain, numbers) => {
        const choose = (): number => numbers.next().value ?? 0
        const texts = plain.map(record => writeJson(record, choose, name !== 'array'))
        const result = decoded(join(texts))
        const expected = plain.map(expectedRow)
        const rows = expected.filter(row => typeof row !== 'string')
        assert.deepEqual(rowsOf(result), rows)
        assert.equal(result.accepted, rows.length)
        const refused = expected.flatMap((row, index) => (typeof row === 'string' ? [index] : []))
        assert.deepEqual(
          result.rejected.map(({ index }) => index),
          refused,
        )
        for (const { index, reason } of result.rejected) {
          assert.ok(reason.endsWith(expected[index] as string), reason)
        }
      }),
      { numRuns: 150 },
    )
  })
}

test('one bad record among 500 is rejected with its reason, the others are stored', () => {
  const lines = Array.from({ length: 500 }, (_, n) => `{"message":"m${n}","n":${n}}`)
  const bad = {
    '{"message":"x"': 'not JSON: unexpected "{" at position',
    '{"time":"soon"}': 'time is not a time',
    '[1,2]': 'record is not an object',
    '{"a":1},': 'not JSON: unexpected ","',
    '{"a":01}': 'not JSON: unexpected "0"',
    '{"a":"\u0001"}': 'not JSON: unexpected byte 0x1',
    'GET / HTTP/1.1': 'not JSON: unexpected "G"',
  }
  for (const [line, reason] of Object.entries(bad)) {
    const result = decoded(lines.with(250, line).join('\n'))
    assert.equal(result.accepted, 499)
    assert.equal(result.rejected.length, 1)
    assert.equal(result.rejected[0]?.index, 250)
    assert.ok(result.rejected[0]?.reason.startsWith(reason), result.rejected[0]?.reason)
  }
})

test('an empty time or level is as one that is not there, and the next name has its turn', () => {
  const [nothing, spaces, other] = rowsOf(
    decoded(
      [
        '{"time":"","level":""}',
        '{"time":" \\u0020","level":" "}',
        '{"time":"","ts":"2025-11-20T00:00:00Z","level":"","severity":"error"}',
      ].join('\n'),
    ),
  )
  assert.deepEqual([nothing?.timeNs, nothing?.severity], [null, 0])
  assert.deepEqual(nothing?.attributes, { 's.time': '', 's.level': '' })
  assert.deepEqual([spaces?.timeNs, spaces?.severity], [null, 0])
  assert.deepEqual([other?.timeNs, other?.severity], [1_763_596_800_000_000_000n, 17])
})

test('a body of which nothing is JSON is told with the position', () => {
  const faults: Record<string, number> = {
    '': 0,
    '  \n': 3,
    hello: 0,
    '{"a":1': 6,
    '{"a" 1}': 5,
    '[{"a":1},]': 9,
    '[{"a":1}': 8,
    '[{"a":1}] x': 10,
    '{"a":1}}': 7,
    '{"a":tru}': 5,
    '{"a":"\\x"}': 6,
    '{"a":1.}': 7,
  }
  for (const [body, position] of Object.entries(faults)) {
    const result = decode(body)
    assert(result.type === 'not-json', `${body} is no JSON`)
    assert.equal(result.position, position, body)
  }
})

test('an array without records is no error', () => {
  const { chunks, accepted, rejected } = decoded(' [ ] ')
  assert.deepEqual({ chunks, accepted, rejected }, { chunks: [], accepted: 0, rejected: [] })
})

test('bytes that are not UTF-8 cost their record alone', () => {
  const body = Buffer.concat([
    Buffer.from('{"message":"a"}\n{"message":"'),
    Buffer.of(0xff, 0xfe),
    Buffer.from('"}\n{"message":"c"}'),
  ])
  const result = decoded(body)
  assert.deepEqual(result.rejected, [{ index: 1, reason: 'record is not UTF-8' }])
  assert.deepEqual(
    rowsOf(result).map(({ texts }) => texts['message']),
    ['a', 'c'],
  )
})

test('what is nested too deep is refused before it is walked, wherever it stands', () => {
  const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
  const arrays = (levels: number): string => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`
  assert.equal(decoded(deep(64)).accepted, 1)
  assert.equal(decoded(arrays(63)).accepted, 1)
  for (const record of [deep(65), deep(10_000), arrays(64), arrays(10_000)]) {
    assert.equal(reasonOf(record), 'nested deeper than 64')
    const result = decoded(`[{"n":1},${record},{"n":2}]`)
    assert.deepEqual(result.rejected, [{ index: 1, reason: 'nested deeper than 64' }])
    assert.equal(result.accepted, 2)
  }
  for (const bracket of ['[', '{"a":', '[{"a":']) {
    const body = bracket.repeat(Math.floor(BODY_BYTES_MAX / bracket.length))
    assert.equal(decode(body).type, 'not-json')
  }
})

test('objects beyond sixteen levels stay JSON text', () => {
  const text = `${'{"a":'.repeat(18)}1${'}'.repeat(18)}`
  const key = `j.${Array.from({ length: 17 }, () => 'a').join('.')}`
  assert.deepEqual(only(text).attributes, { [key]: '{"a":1}' })
})

test('records beyond the limits are refused one by one', () => {
  const long = (length: number): string => 'x'.repeat(length)
  assert.equal(reasonOf(`{"msg":"${long(262_145)}"}`), 'msg is longer than 262144 bytes')
  assert.equal(reasonOf(`{"service":"${long(1_025)}"}`), 'service is longer than 1024 bytes')
  assert.equal(reasonOf(`{"level":"${long(1_025)}"}`), 'level is longer than 1024 bytes')
  assert.equal(reasonOf(`{"a":"${long(65_537)}"}`), 'attribute a is longer than 65536 bytes')
  assert.equal(reasonOf(`{"a":["${long(65_537)}"]}`), 'attribute a is longer than 65536 bytes')
  assert.equal(
    reasonOf(`{"a":1${long(0)}${'0'.repeat(65_536)}}`),
    'attribute a is longer than 65536 bytes',
  )
  assert.equal(reasonOf(`{"${long(257)}":1}`), 'an attribute key is longer than 256 bytes')
  assert.equal(reasonOf(`{"a":{"${long(255)}":1}}`), 'an attribute key is longer than 256 bytes')
  const keys = Array.from({ length: 513 }, (_, n) => `"k${n}":${n}`)
  assert.equal(reasonOf(`{${keys.join(',')}}`), 'more than 512 attributes')
  assert.equal(
    reasonOf(`{${Array.from({ length: 5_000 }, (_, n) => `"k${n}":0`).join(',')}}`),
    'more than 512 attributes',
  )
  assert.equal(decoded(`{${keys.slice(1).join(',')},"msg":"","level":"info"}`).accepted, 1)
  const parts = Array.from({ length: 7 }, (_, n) => `"k${n}":"${long(60_000)}"`)
  assert.match(reasonOf(`{${parts.join(',')}}`) ?? '', /^record is longer than/)
  // Escapes count for what they mean, not for how long they are written.
  assert.equal(decoded(`{"a":"${'\\u0041'.repeat(60_000)}"}`).accepted, 1)
})

test('more rejections than are told are counted', () => {
  const result = decoded(`{"ok":1}\n${'nonsense\n'.repeat(1_000)}`)
  assert.equal(result.rejected.length, 100)
  assert.equal(result.rejectedMore, 900)
  assert.equal(result.chunks[0]?.endIndex, 1_001)
})

test('the first alias in the listed order wins, the others stay attributes', () => {
  const row = only(
    '{"msg":"second","log":"third","message":"first","ts":1,"time":2,"lvl":"a","level":"warn"}',
  )
  assert.equal(row.texts['message'], 'first')
  assert.equal(row.timeNs, 2_000_000_000n)
  assert.equal(row.severity, 13)
  assert.deepEqual(row.attributes, {
    's.msg': 'second',
    's.log': 'third',
    'i.ts': 1n,
    's.lvl': 'a',
  })
})

test('the level of pino and of syslog is understood, an unknown one is kept as text', () => {
  assert.equal(only('{"level":30}').severity, 9)
  assert.equal(only('{"level":3}').severity, 17)
  assert.equal(only('{"level":"Fatal"}').severity, 21)
  const odd = only('{"level":"loud"}')
  assert.deepEqual([odd.severity, odd.texts['severityText']], [0, 'loud'])
})

test('keys that are traps for objects are keys like others', () => {
  const { attributes } = only('{"__proto__":{"polluted":1},"constructor":{"prototype":{"x":2}}}')
  assert.deepEqual(Object.keys(attributes), ['i.__proto__.polluted', 'i.constructor.prototype.x'])
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('chunks are whole, in order, within every limit, and cut the same every time', () => {
  const line = fc.oneof(
    fc.constant('{}'),
    fc.nat({ max: 3_000 }).map(n => `{"k${n}":${n}}`),
    fc.nat({ max: 90_000 }).map(n => `{"message":"${'y'.repeat(n)}"}`),
    fc.nat({ max: 300 }).map(n => `{"v":0.5,"w":"${n}","time":${n}}`),
    fc.constant('{"time":"1971-01-01T00:00:00.000000001Z"}'),
    fc.constant('broken'),
  )
  const many = fc.tuple(line, fc.integer({ min: 1, max: 6_000 }))
  fc.assert(
    fc.property(fc.array(many, { minLength: 1, maxLength: 4 }), runs => {
      const body = runs
        .map(([text, times]) => {
          const fitting = Math.min(times, Math.ceil((1024 * 1024) / text.length))
          return `${text}\n`.repeat(fitting)
        })
        .join('')
      const result = decode(body)
      if (result.type === 'not-json') return
      let index = 0
      for (const { firstIndex, endIndex, batch, records } of result.chunks) {
        assert.equal(firstIndex, index)
        index = endIndex
        assert.ok(batch.length <= BATCH_BYTES_MAX && records <= BATCH_RECORDS_MAX)
        assert.equal(openLogBatch(batch).count, records)
      }
      assert.equal(index, result.accepted + result.rejected.length + result.rejectedMore)
      const again = decode(body)
      assert(again.type === 'decoded')
      assert.deepEqual(
        again.chunks.map(({ batch }) => Buffer.from(batch).toString('base64')),
        result.chunks.map(({ batch }) => Buffer.from(batch).toString('base64')),
      )
    }),
    { numRuns: 8 },
  )
})

test('any bytes are a body or none, and never throw', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    'a',
    '1',
    '-',
    'e',
    '.',
    ' ',
    '\n',
    'true',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), pieces => {
      const body = pieces.join('')
      const result = decode(body)
      let value: unknown
      try {
        value = JSON.parse(body)
      } catch {
        return
      }
      assert.equal(result.type, 'decoded', `${body} is JSON`)
      assert.equal((result as Decoded).accepted > 0, isRecord(value))
    }),
    { numRuns: 3_000 },
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => void decode(bytes)))
})

function isRecord(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(item => isRecord(item) && !Array.isArray(item))
  return typeof value === 'object' && value !== null
}

test('refused records are kept as they came, and a body that is no JSON', () => {
  const text = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString()
  const old = '{"time": "1066-01-01",\n "message":"old"}'
  const array = decoded(`[{"message":"good"}, ${old}, 7]`)
  assert.equal(text(array.refused), `${old}\n7\n`)
  const again = decoded(text(array.refused).replace('1066', '2066'))
  assert.deepEqual([again.accepted, again.rejected.length], [1, 1])
  assert.equal(text(decoded('{"a":1}\n{"a":\n{"b":2}').refused), '{"a":\n')
  assert.equal(decoded('{"a":1}').refused, null)
  const noJson = decode('level=info message')
  assert.equal(noJson.type === 'not-json' && text(noJson.refused), 'level=info message')
})

test('what is kept of refused records is bounded', () => {
  const long = `{"time":"1066-01-01","message":"${'x'.repeat(500_000)}"}\n`
  const refused = decoded(`{}\n${long.repeat(3)}`).refused ?? new Uint8Array()
  assert.equal(refused.length, long.length)
  const huge = decoded(`{}\n{"message":"${'x'.repeat(1_000_000)}"}`).refused ?? new Uint8Array()
  assert.equal(huge.length, LETTER_BYTES_MAX)
  assert.ok((decoded(`{}\n${'7\n'.repeat(50_000)}`).refused ?? []).length <= 20_000)
})
