import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { QUERY_CHARS_MAX, QUERY_TERMS_MAX } from './limits.ts'
import { parseQuery, printQuery, type Query, type QueryFault, type QueryTerm } from './query.ts'
import { tokenize } from './tokens.ts'

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
  assert.deepEqual(terms('"my key":"a \\"b\\" \\\\"'), [field('my key', 'a "b" \\')])
  assert.deepEqual(terms('empty:""'), [field('empty', '')])
})

test('a word of several tokens is a phrase, also with colons that name no field', () => {
  assert.deepEqual(terms('payment-service'), [phrase('payment', 'service')])
  assert.deepEqual(terms('14:32:15'), [phrase('14', '32', '15')])
  assert.deepEqual(terms('http://host/x'), [phrase('http', 'host', 'x')])
  assert.deepEqual(terms('/api/v1'), [phrase('api', 'v1')])
  assert.deepEqual(terms('time:12:30:00'), [field('time', '12:30:00')])
})

test('a bare word of 32 or 16 hexadecimal digits may be an id, a quoted one is a word', () => {
  const trace = 'AB12'.repeat(8)
  assert.deepEqual(terms(trace), [
    { type: 'phrase', tokens: [trace.toLowerCase()], hex: trace.toLowerCase() },
  ])
  assert.deepEqual(terms(`"${trace}"`), [phrase(trace.toLowerCase())])
  assert.deepEqual(terms('abcd'), [phrase('abcd')])
})

test('a fault says where it is, and what could be written instead', () => {
  assert.deepEqual(fault('a "b c'), {
    position: 2,
    message: 'the quotation mark is never closed',
    suggestion: 'a "b c"',
  })
  assert.equal(fault('x level:').position, 8)
  assert.equal(fault('a -- b').suggestion, 'a  b')
  assert.equal(fault('a AND b').suggestion, 'a  b')
  assert.equal(fault('a OR b').position, 2)
  assert.equal(fault('-host:web').suggestion, '"-host:web"')
  assert.equal(fault('(a b)').position, 0)
  assert.equal(fault('pay*').suggestion, '"pay*"')
  assert.equal(fault('x duration_ms:>500').position, 14)
  assert.match(fault('key:*').message, /wildcards/)
  assert.match(fault('/err.r/').message, /regular expressions/)
  assert.match(fault('"":x').message, /name is missing/)
  assert.match(fault('""').message, /no word/)
})

test('queries are limited in length and terms', () => {
  assert.match(fault('x'.repeat(QUERY_CHARS_MAX + 1)).message, /characters/)
  assert.equal(terms('x '.repeat(QUERY_TERMS_MAX)).length, QUERY_TERMS_MAX)
  assert.match(fault('x '.repeat(QUERY_TERMS_MAX + 1)).message, /terms/)
})

const anyText = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', ':', '-', '*', '('), maxLength: 8 }),
)
const phraseTerm = anyText
  .map(text => tokenize(text))
  .filter(tokens => tokens.length > 0)
  .map(tokens => phrase(...tokens))
const hexTerm = fc
  .stringMatching(/^[0-9a-f]{16}([0-9a-f]{16})?$/)
  .chain(hex => fc.constantFrom<QueryTerm>({ type: 'phrase', tokens: [hex], hex }, phrase(hex)))
const fieldTerm = fc
  .tuple(
    anyText.filter(name => name !== ''),
    anyText,
  )
  .map(([name, value]) => field(name, value))

test('a printed query reads back as the same tree', () => {
  const query: fc.Arbitrary<Query> = fc
    .array(fc.oneof(phraseTerm, fieldTerm, hexTerm), { maxLength: 6 })
    .map(list => ({ terms: list }))
  fc.assert(
    fc.property(query, one => {
      assert.deepEqual(terms(printQuery(one)), one.terms)
    }),
    { numRuns: 2_000 },
  )
})

test('any text is a query that prints and reads the same, or a fault within it', () => {
  fc.assert(
    fc.property(anyText, text => {
      const parsed = parseQuery(text)
      if (parsed.type === 'fault') {
        assert.ok(parsed.fault.position >= 0 && parsed.fault.position <= text.length)
        return
      }
      assert.deepEqual(terms(printQuery(parsed.query)), parsed.query.terms)
    }),
    { numRuns: 3_000 },
  )
})

test('suggestions can be read, or come closer to what can', () => {
  fc.assert(
    fc.property(anyText, text => {
      let next: string = text
      for (let i = 0; i < 40; i++) {
        const parsed = parseQuery(next)
        if (parsed.type === 'query' || parsed.fault.suggestion === null) return
        assert.notEqual(parsed.fault.suggestion, next)
        next = parsed.fault.suggestion
      }
      assert.fail(text)
    }),
    { numRuns: 1_000 },
  )
})
