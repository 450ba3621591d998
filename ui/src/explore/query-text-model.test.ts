import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseQuery } from '#proto/query.ts'
import { lightUp, phrasesOf } from './highlight-model.ts'
import { checkQuery } from './query-check.ts'
import { fieldTerm, textSpans, withTerm } from './query-text-model.ts'

function kinds(text: string): string {
  return textSpans(text, null)
    .filter(({ kind }) => kind !== 'space')
    .map(span => `${span.kind}(${span.text})`)
    .join(' ')
}

test('a query is cut into coloured pieces', () => {
  assert.equal(kinds('timeout "card declined"'), 'word(timeout) phrase("card declined")')
  assert.equal(kinds('status:500 x'), 'field(status:) value(500) word(x)')
  assert.equal(kinds('user:"Ada L" b'), 'field(user:) value("Ada L") word(b)')
  assert.equal(kinds('open "quo'), 'word(open) phrase("quo)')
})

test('the pieces join to the text, whatever is typed and wherever it is wrong', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(20), fc.nat(20), (text, from, length) => {
      const spans = textSpans(text, { from, to: from + length })
      assert.equal(spans.map(span => span.text).join(''), text)
      const wrong = spans.filter(span => span.wrong).map(span => span.text)
      assert.equal(wrong.join(''), text.slice(from, from + length))
    }),
  )
})

test('a field and its value are read back as they were', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string(), (field, value) => {
      const parsed = parseQuery(fieldTerm(field, value))
      assert.deepEqual(parsed, {
        type: 'query',
        query: { terms: [{ type: 'field', field, value }] },
      })
    }),
  )
})

test('a term is added once', () => {
  assert.equal(withTerm('', 'a:1'), 'a:1')
  assert.equal(withTerm(' x ', 'a:1'), 'x a:1')
  assert.equal(withTerm('x a:1 y', 'a:1'), 'x a:1 y')
  assert.equal(withTerm('x OR y', 'a:1'), '(x OR y) a:1')
  assert.equal(withTerm('(x OR y)', 'a:1'), '(x OR y) a:1')
  assert.equal(withTerm('(x) OR (y)', 'a:1'), '((x) OR (y)) a:1')
})

test('a right query has no problem', () => {
  assert.equal(checkQuery('timeout "card declined" status:500'), null)
  assert.equal(checkQuery(''), null)
})

test('what is wrong is marked from its start to the end of the term', () => {
  const marked = (text: string): string => {
    const problem = checkQuery(text)
    assert.ok(problem, text)
    return text.slice(problem.from, problem.to)
  }
  assert.equal(marked('fine "never closed at all'), '"never closed at all')
  assert.equal(marked('fine status: more'), 'status:')
  assert.equal(marked('a duration:>5* b'), '5*')
  assert.equal(marked('a (b c'), '(')
  assert.equal(marked('a OR'), 'OR')
})

test('a problem comes with a way out where there is one', () => {
  assert.equal(checkQuery('fine "never closed')?.suggestion, 'fine "never closed"')
})

test('no text makes the check fail, and the mark lies in the text', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      const problem = checkQuery(text)
      if (problem === null) return
      assert.ok(problem.from >= 0 && problem.from < problem.to && problem.to <= text.length)
    }),
  )
})

test('found tokens light up, parts of words do not', () => {
  const lit = (text: string, query: string): string =>
    lightUp(text, phrasesOf(query))
      .map(part => (part.hit ? `[${part.text}]` : part.text))
      .join('')
  assert.equal(lit('Order order_1 in ORDER', 'order'), '[Order] order_1 in [ORDER]')
  assert.equal(
    lit('card was declined, card declined', '"card declined"'),
    'card was declined, [card declined]',
  )
  assert.equal(lit('a b c', '"a b" "b c"'), '[a b][ c]')
  assert.equal(lit('status 500', 'status:500'), 'status 500')
  assert.equal(lit('東京タワー', '京'), '東[京]タワー')
  assert.equal(lit('x', '"unread'), 'x')
  assert.equal(lit('a b c', '(a OR c) -b'), '[a] b [c]')
  assert.equal(lit('timeouts, a time-out', 'time* *out*'), '[timeouts], a [time]-[out]')
})

test('lighting up loses nothing', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, query) => {
      const parts = lightUp(text, phrasesOf(query))
      assert.equal(parts.map(part => part.text).join(''), text)
    }),
  )
})
