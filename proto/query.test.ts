import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assertSuggestionsLead, assertWithin } from '#proto/testing/parser-properties.ts'
import { QUERY_CHARS_MAX, QUERY_DEPTH_MAX, QUERY_TERMS_MAX, WILDCARD_STARS_MAX } from './limits.ts'
import type { QueryFault } from './query/fault.ts'
import { printQuery } from './query/print.ts'
import type { QueryTerm } from './query/tree.ts'
import { parseQuery } from './query.ts'
import { anyText, queryArbitrary } from './testing/query-arbitrary.ts'

function terms(text: string): readonly QueryTerm[] {
  const parsed = parseQuery(text)
  assert.ok(parsed.type === 'query', `${text}: ${JSON.stringify(parsed)}`)
  return parsed.query.terms
}

function fault(text: string): QueryFault {
  const parsed = parseQuery(text)
  assert.ok(parsed.type === 'fault', text)
  return parsed.fault
}

const phrase = (...tokens: string[]): QueryTerm => ({ type: 'phrase', tokens, hex: null })
const field = (name: string, value: string): QueryTerm => ({ type: 'field', field: name, value })
const not = (term: QueryTerm): QueryTerm => ({ type: 'not', term })
const any = (...list: QueryTerm[]): QueryTerm => ({ type: 'any', terms: list })
const all = (...list: QueryTerm[]): QueryTerm => ({ type: 'all', terms: list })

test('words, phrases and fields are read', () => {
  assert.deepEqual(terms(''), [])
  assert.deepEqual(terms('  Timeout  '), [phrase('timeout')])
  assert.deepEqual(terms('connection timeout'), [phrase('connection'), phrase('timeout')])
  assert.deepEqual(terms('"Connection  timeout!" x'), [
    phrase('connection', 'timeout'),
    phrase('x'),
  ])
  assert.deepEqual(terms('level:error service:payment-service'), [
    field('level', 'error'),
    field('service', 'payment-service'),
  ])
  assert.deepEqual(terms('path:"/api/v1/a b" http.status:200'), [
    field('path', '/api/v1/a b'),
    field('http.status', '200'),
  ])
  assert.deepEqual(terms('"my key":"a \\"b\\" \\\\ \\d"'), [field('my key', 'a "b" \\ \\d')])
  assert.deepEqual(terms('empty:""'), [field('empty', '')])
  assert.deepEqual(terms('message:"User X" message:timeout'), [
    phrase('user', 'x'),
    phrase('timeout'),
  ])
})

test('a word of several tokens is a phrase, also with colons that name no field', () => {
  assert.deepEqual(terms('payment-service'), [phrase('payment', 'service')])
  assert.deepEqual(terms('14:32:15'), [phrase('14', '32', '15')])
  assert.deepEqual(terms('http://host/x'), [phrase('http', 'host', 'x')])
  assert.deepEqual(terms('/api/v1'), [phrase('api', 'v1')])
  assert.deepEqual(terms('at:12:30:00 C:\\path\\file'), [
    field('at', '12:30:00'),
    field('C', '\\path\\file'),
  ])
})

test('a bare word of 32 or 16 hexadecimal digits may be an id, a quoted one is a word', () => {
  const trace = 'AB12'.repeat(8)
  assert.deepEqual(terms(trace), [
    { type: 'phrase', tokens: [trace.toLowerCase()], hex: trace.toLowerCase() },
  ])
  assert.deepEqual(terms(`"${trace}"`), [phrase(trace.toLowerCase())])
  assert.deepEqual(terms('abcd'), [phrase('abcd')])
})

test('AND binds closer than OR, and needs not be written', () => {
  const [a, b, c] = [phrase('a'), phrase('b'), phrase('c')]
  assert.deepEqual(terms('a AND b c'), [a, b, c])
  assert.deepEqual(terms('a OR b c'), [any(a, all(b, c))])
  assert.deepEqual(terms('(a OR b) c'), [any(a, b), c])
  assert.deepEqual(terms('a OR (b OR c)'), [any(a, b, c)])
  assert.deepEqual(terms('((a)) (b (c))'), [a, b, c])
  assert.deepEqual(terms('a or b "OR"'), [a, phrase('or'), b, phrase('or')])
  assert.deepEqual(terms('* a'), [a])
  assert.deepEqual(terms('*'), [])
})

test('NOT, - and ! leave out', () => {
  const [a, b] = [phrase('a'), phrase('b')]
  for (const sign of ['-', '!', 'NOT ']) {
    assert.deepEqual(terms(`${sign}a b`), [not(a), b])
    assert.deepEqual(terms(`${sign}(a b)`), [not(all(a, b))])
    assert.deepEqual(terms(`${sign}host:"a b"`), [not(field('host', 'a b'))])
  }
  assert.deepEqual(terms('--a NOT -b'), [not(not(a)), not(not(b))])
})

test('a group of values is a group of conditions on the field', () => {
  assert.deepEqual(terms('x:(a OR "b c" OR >5) -y:(a b*)'), [
    any(field('x', 'a'), field('x', 'b c'), {
      type: 'range',
      field: 'x',
      from: { value: '5', inclusive: false },
      to: null,
    }),
    not(all(field('y', 'a'), { type: 'wildcard', field: 'y', parts: ['b', ''] })),
  ])
  assert.deepEqual(terms('message:(a OR b)'), [any(phrase('a'), phrase('b'))])
})

test('ranges', () => {
  const bound = (value: string, inclusive: boolean) => ({ value, inclusive })
  const range = (name: string, from: object | null, to: object | null) => ({
    type: 'range',
    field: name,
    from,
    to,
  })
  assert.deepEqual(terms('x:>5 x:>=-5 x:<1e3 x:<="a b"'), [
    range('x', bound('5', false), null),
    range('x', bound('-5', true), null),
    range('x', null, bound('1e3', false)),
    range('x', null, bound('a b', true)),
  ])
  assert.deepEqual(terms('x:[1 TO 9] x:{1 TO 9} x:[ 1 TO *} level:>=warning'), [
    range('x', bound('1', true), bound('9', true)),
    range('x', bound('1', false), bound('9', false)),
    range('x', bound('1', true), null),
    range('level', bound('warning', true), null),
  ])
  assert.deepEqual(terms('time:>now-15m time:[2026-01-01 TO "2026-01-02 12:00"]'), [
    range('time', bound('now-15m', false), null),
    range('time', bound('2026-01-01', true), bound('2026-01-02 12:00', true)),
  ])
  assert.deepEqual(terms('x:[* TO *]'), [{ type: 'exists', field: 'x' }])
})

test('wildcards, fields that are there, exact values, regular expressions', () => {
  assert.deepEqual(terms('Pay* *time*out* x:*'), [
    { type: 'wildcard', field: null, parts: ['pay', ''] },
    { type: 'wildcard', field: null, parts: ['', 'time', 'out', ''] },
    { type: 'exists', field: 'x' },
  ])
  assert.deepEqual(terms('x:Pay\\*** "a*b"'), [
    { type: 'wildcard', field: 'x', parts: ['Pay*', ''] },
    phrase('a', 'b'),
  ])
  assert.deepEqual(terms('x:=Exact x:="a*"'), [
    { type: 'exact', field: 'x', value: 'Exact' },
    { type: 'exact', field: 'x', value: 'a*' },
  ])
  const regex = (name: string | null, source: string, ignoreCase = false) => ({
    type: 'regex',
    field: name,
    source,
    ignoreCase,
  })
  assert.deepEqual(terms('/user \\d+ failed/ path:/api/v[0-9]+/ x:/a\\/b/i'), [
    regex(null, 'user \\d+ failed'),
    regex('path', 'api/v[0-9]+'),
    regex('x', 'a\\/b', true),
  ])
  assert.deepEqual(terms('message:/a b/ (/a/)'), [regex(null, 'a b'), regex(null, 'a')])
})

test('a fault says where it is, what was expected, and what could be written instead', () => {
  assert.deepEqual(fault('a "b c'), {
    position: 2,
    length: 4,
    message: 'the quotation mark is never closed',
    expected: 'a closing "',
    suggestion: 'a "b c"',
  })
  const cases: readonly (readonly [string, number, number, RegExp, string | null])[] = [
    ['x level:', 2, 6, /value is missing/, 'x "level:"'],
    ['error: refused', 0, 6, /value is missing/, '"error:" refused'],
    ['a -- b', 2, 2, /no word/, 'a  b'],
    ['a || b', 2, 2, /written OR/, 'a OR b'],
    ['a OR', 2, 2, /nothing behind OR/, 'a'],
    ['OR a', 0, 2, /nothing before OR/, 'a'],
    ['a AND OR b', 2, 3, /nothing behind AND/, 'a  OR b'],
    ['NOT', 0, 3, /nothing behind NOT/, ''],
    ['(a b', 0, 1, /never closed/, '(a b)'],
    ['a b)', 3, 1, /closes no group/, 'a b'],
    ['foo()', 4, 1, /nothing in this group/, 'foo'],
    ['"":x', 0, 3, /name of a field is missing/, null],
    ['""', 0, 2, /no word/, ''],
    ['x:> 5', 2, 1, /value is missing/, 'x:>5'],
    ['x:[error]', 2, 7, /no whole range/, 'x:"[error]"'],
    ['x:[1 TO b]', 2, 8, /one end is a number/, null],
    ['a x:[9 TO 1} b', 4, 8, /ends before it begins/, 'a x:{1 TO 9] b'],
    ['level:[error TO info]', 6, 15, /ends before it begins/, 'level:[info TO error]'],
    ['time:[now TO now-1h]', 5, 15, /ends before it begins/, 'time:[now-1h TO now]'],
    ['x:>a*', 3, 2, /no wildcards/, 'x:>"a*"'],
    ['x:=a*', 3, 2, /no wildcards/, 'x:="a*"'],
    ['level:notice', 6, 6, /no level notice/, 'severity_text:notice'],
    ['level:>loud', 7, 4, /no level loud/, null],
    ['time:2026-01-01', 5, 10, /compared by ranges/, 'time:>=2026-01-01'],
    ['time:>soon', 6, 4, /soon is no time/, null],
    ['id:abc*', 3, 4, /id knows no wildcards/, null],
    ['trace_id:>5', 10, 1, /trace_id knows no ranges/, null],
    ['x /a(b/ y', 4, 1, /group is never closed/, 'x "a(b" y'],
    ['/a\\bc/', 2, 2, /boundaries/, '"a\\\\bc"'],
    ['/(?=a)/', 1, 3, /not linear/, '"(?=a)"'],
  ]
  for (const [text, position, length, message, suggestion] of cases) {
    const found = fault(text)
    assert.deepEqual([found.position, found.length], [position, length], text)
    assert.match(found.message, message, text)
    assert.equal(found.suggestion, suggestion, text)
    assert.notEqual(found.expected, '', text)
  }
})

test('queries are limited in length, conditions, depth, stars and size of expressions', () => {
  assert.match(fault('x'.repeat(1_000_000)).message, /at most 8192 characters/)
  assert.equal(fault('x'.repeat(1_000_000)).position, QUERY_CHARS_MAX)
  assert.match(fault('x'.repeat(QUERY_CHARS_MAX + 1)).message, /characters/)
  assert.equal(terms('x '.repeat(QUERY_TERMS_MAX)).length, QUERY_TERMS_MAX)
  assert.match(fault('x '.repeat(QUERY_TERMS_MAX + 1)).message, /conditions/)
  assert.match(fault(Array(10_000).fill('x').join(' OR ')).message, /characters/)
  assert.match(fault(Array(1_600).fill('x').join(' OR ')).message, /conditions/)
  const nested = (depth: number) => `${'('.repeat(depth)}x${')'.repeat(depth)}`
  assert.deepEqual(terms(nested(QUERY_DEPTH_MAX)), [phrase('x')])
  for (const deep of [
    nested(QUERY_DEPTH_MAX + 1),
    nested(4_000),
    `${'-'.repeat(4_000)}x`,
    `${'NOT '.repeat(2_000)}x`,
    `x:${'('.repeat(8_000)}`,
  ]) {
    assert.match(fault(deep).message, /nested deeper/)
  }
  assert.match(fault('a*'.repeat(WILDCARD_STARS_MAX + 1)).message, /stars/)
  assert.match(fault(`x:${'a*'.repeat(WILDCARD_STARS_MAX + 1)}`).message, /stars/)
  for (const bomb of ['/(a{99}){99}/', '/((a{9}){99}){9}/', '/a{1001}/', '/x{99999999999}/']) {
    assert.match(fault(bomb).message, /too large/, bomb)
  }
  assert.match(fault(`/${'('.repeat(40)}a${')'.repeat(40)}/`).message, /nested deeper/)
  assert.deepEqual(terms('/(a+)+$/').length, 1, 'is linear here')
})

test('a printed query reads back as the same tree', () => {
  fc.assert(
    fc.property(queryArbitrary, query => {
      const text = printQuery(query)
      const parsed = parseQuery(text)
      assert.ok(parsed.type === 'query', `${text}: ${JSON.stringify(parsed)}`)
      assert.deepEqual(parsed.query, query, text)
    }),
    { numRuns: 3_000 },
  )
})

/** Texts of pieces that mean something, so that most of them get far into the parser. */
const pieces = fc
  .array(
    fc.constantFrom(
      'a',
      ' ',
      '"',
      '\\',
      ':',
      '-',
      '!',
      '*',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      ' TO ',
      '>',
      '<=',
      ' OR ',
      ' AND ',
      ' NOT ',
      '=',
      '/',
      '/i',
      '|',
      '+',
      '?',
      '{2,3}',
      '[^a-z]',
      '^',
      '$',
      'level:',
      'time:',
      'x:',
      'message:',
      'id:',
      'error',
      'now-15m',
      '5',
      '日',
      'é',
      '\ud800',
    ),
    { maxLength: 24 },
  )
  .map(list => list.join(''))

test('any text is a query that prints and reads the same, or a fault within it', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, pieces), text => {
      const parsed = parseQuery(text)
      if (parsed.type === 'query') {
        const printed = printQuery(parsed.query)
        assert.deepEqual(terms(printed), parsed.query.terms, printed)
        return
      }
      assertWithin(parsed.fault, text)
    }),
    { numRuns: 6_000 },
  )
})

test('suggestions can be read, or come closer to what can', () => {
  assertSuggestionsLead(fc.oneof(anyText, pieces), text => {
    const parsed = parseQuery(text)
    return parsed.type === 'query' ? null : parsed.fault
  })
})
