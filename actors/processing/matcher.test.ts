import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RowColumns } from '#proto/columns.ts'
import { parseQuery } from '#proto/query.ts'
import { foldCodePoint } from '#proto/tokens.ts'
import { ANY_TIME, compileMatcher, type RowFilter } from './matcher.ts'
import { rowJson } from './row-json.ts'
import { takeRows } from './take-rows.ts'
import {
  filterArbitrary,
  matches,
  type PlainRecord,
  recordArbitrary,
  rowsOf,
} from './testing/plain-records.ts'

const PLAIN: PlainRecord = {
  timeUs: 1_760_000_000_000_000,
  severity: 9,
  severityText: '',
  service: 'api',
  host: 'web-1',
  file: '',
  message: '',
  traceId: '',
  spanId: '',
  attributes: [],
}

function filterOf(query: string, rest: Partial<RowFilter> = {}): RowFilter {
  const parsed = parseQuery(query)
  assert(parsed.type === 'query', `${query} is a query`)
  return { query: parsed.query, services: [], levels: [], ...ANY_TIME, ...rest }
}

function select(query: string, ...records: Partial<PlainRecord>[]): number[] {
  const rows = rowsOf(records.map(record => ({ ...PLAIN, ...record })))
  return [...compileMatcher(filterOf(query)).select(rows)]
}

test('agrees with a filter on plain objects, whatever the records and the query are', () => {
  const records = fc.array(recordArbitrary, { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(records, filterArbitrary, (plain, filter) => {
      const expected = plain.flatMap((record, i) => (matches(record, filter, i) ? [i] : []))
      assert.deepEqual([...compileMatcher(filter).select(rowsOf(plain))], expected)
    }),
    { numRuns: 2_000 },
  )
})

test('gives the same answer over rows that were picked and reordered', () => {
  const records = fc.array(recordArbitrary, { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(records, filterArbitrary, fc.infiniteStream(fc.nat()), (plain, filter, numbers) => {
      const picked = Array.from({ length: 8 }, () => (numbers.next().value ?? 0) % plain.length)
      const rows = takeRows(rowsOf(plain), Uint32Array.from(picked))
      const expected = picked.flatMap((row, i) => {
        return matches(plain[row] as PlainRecord, filter, row) ? [i] : []
      })
      assert.deepEqual([...compileMatcher(filter).select(rows)], expected)
    }),
  )
})

test('an empty filter selects every row', () => {
  assert.deepEqual(select('', {}, {}, {}), [0, 1, 2])
})

test('words are whole tokens in any case', () => {
  const texts = ['Timeout!', 'timeouts', 'a timeout_ms', 'x:TIMEOUT', 'time out'].map(message => ({
    message,
  }))
  assert.deepEqual(select('timeout', ...texts), [0, 3])
})

test('a phrase is adjacent tokens, whatever stands between them', () => {
  const texts = [
    'connection timeout',
    'Connection: (timeout)',
    'connection had a timeout',
    'connections timeout',
    'reconnection timeout',
    'a connection connection timeout b',
  ].map(message => ({ message }))
  assert.deepEqual(select('"connection timeout"', ...texts), [0, 1, 5])
})

test('a token next to letters beyond ASCII is not the token', () => {
  const texts = ['errorä', 'äerror', 'error\u0301', 'error…', '错error误', 'xerror'].map(
    message => ({
      message,
    }),
  )
  assert.deepEqual(select('error', ...texts), [3, 4])
})

test('all terms must match, and a bare hex word is also a trace or span id', () => {
  const trace = '0AF7651916CD43DD8448EB211C80319C'
  const span = 'b7ad6b7169203331'
  assert.deepEqual(select(trace, { traceId: trace }, { message: `on ${trace}` }, {}), [0, 1])
  assert.deepEqual(select(`${span} boom`, { spanId: span, message: 'Boom' }, { spanId: span }), [0])
})

test('an id finds exactly its row', () => {
  const rows = rowsOf([PLAIN, PLAIN, PLAIN])
  const { id } = JSON.parse(rowJson(rows, 1)) as { id: string }
  assert.deepEqual([...compileMatcher(filterOf(`id:${id}`)).select(rows)], [1])
  assert.deepEqual([...compileMatcher(filterOf(`id:${id.toUpperCase()}`)).select(rows)], [1])
  assert.deepEqual([...compileMatcher(filterOf('id:nonsense')).select(rows)], [])
})

test('touches only the columns that a filter is about', () => {
  const rows = rowsOf([PLAIN, { ...PLAIN, service: 'worker', message: 'boom' }])
  const touched = new Set<string>()
  const watched = new Proxy(rows, {
    get(target, name) {
      touched.add(String(name))
      return target[name as keyof RowColumns]
    },
  })
  const onlyService = filterOf('', { services: ['worker'] })
  assert.deepEqual([...compileMatcher(onlyService).select(watched)], [1])
  assert.deepEqual(touched, new Set(['count', 'service']))
  touched.clear()
  // No row is left after the service: the message is never looked at.
  assert.deepEqual([...compileMatcher(filterOf('boom service:nobody')).select(watched)], [])
  assert.deepEqual(touched, new Set(['count', 'service']))
})

test('only the two known characters fold into ASCII, and caseless ones never change', () => {
  for (let code = 0x80; code < 0x110000; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue
    const folded = foldCodePoint(code)
    if (folded === code) continue
    if (folded < 0x80) {
      assert([0x130, 0x212a].includes(code), `U+${code.toString(16)} folds into ASCII`)
      continue
    }
    const char = String.fromCodePoint(folded)
    assert.notEqual(char.toLowerCase(), char.toUpperCase(), `U+${code.toString(16)} has a case`)
  }
})
