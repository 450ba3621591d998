import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseQuery } from '../query.ts'
import { queryArbitrary } from '../testing/query-arbitrary.ts'
import { explainQuery } from './explain.ts'

test('a query is said in words as it was understood', () => {
  for (const [text, words] of [
    ['', 'all logs'],
    ['timeout', 'logs whose message has the word "timeout"'],
    [
      'pay* level:>=error',
      'logs whose message has a word like pay*, and whose level is ERROR or FATAL',
    ],
    [
      'a OR b c',
      'logs (whose message has the word "a" or (whose message has the word "b" and whose message has the word "c"))',
    ],
    ['a -b', 'logs whose message has the word "a", but not those whose message has the word "b"'],
    ['-host:web-1', 'logs but not those whose host is "web-1" in any case'],
    [
      'x:[1 TO 5} time:>now-1h',
      'logs whose x is at least 1 and below 5, and whose time is after now-1h',
    ],
    ['x:* x:=A', 'logs that have x, and whose x is exactly "A"'],
    [
      '/a/i *a-b*',
      'logs whose message matches /a/ in any case, and whose message contains "*a-b*"',
    ],
  ] as const) {
    const parsed = parseQuery(text)
    assert.ok(parsed.type === 'query')
    assert.equal(explainQuery(parsed.query), words)
  }
})

test('every query can be said', () => {
  fc.assert(
    fc.property(queryArbitrary, query => {
      assert.match(explainQuery(query), /^(?:all logs$|logs )/)
    }),
  )
})
