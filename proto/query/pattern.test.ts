import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { certainText, type Pattern, patternSize } from './pattern.ts'
import { patternMatches } from './pattern-matcher.ts'
import { parseRegex } from './regex-parser.ts'

const atom = fc.constantFrom(
  'a',
  'b',
  'C',
  '.',
  '[ab]',
  '[^a]',
  '\\d',
  '\\W',
  '\\.',
  '(?:a|bc)',
  'ß',
)
const repeat = fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '{2,}', '*?')
const branch = fc
  .array(fc.tuple(atom, repeat), { maxLength: 4 })
  .map(items => items.flat().join(''))
const source = fc
  .tuple(fc.constantFrom('', '^'), branch, fc.constantFrom('', '$'), fc.option(branch))
  .map(
    ([start, first, end, second]) => `${start}${first}${end}${second === null ? '' : `|${second}`}`,
  )
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'C', '1', '.', '\n', 'ß', '_') })

test('an expression finds what the same one of JavaScript finds', () => {
  fc.assert(
    fc.property(source, text, fc.boolean(), (expression, subject, ignoreCase) => {
      const parsed = parseRegex(expression, ignoreCase)
      assert.ok(parsed.type === 'regex', `${expression}: ${JSON.stringify(parsed)}`)
      // Of the same alphabet, and of such size, JavaScript's own can do no harm here.
      const judge = new RegExp(expression, ignoreCase ? 'i' : '')
      assert.equal(patternMatches(parsed.branches, subject), judge.test(subject))
    }),
    { numRuns: 3_000 },
  )
})

test('a text that is certain is in every text that matches', () => {
  fc.assert(
    fc.property(source, text, (expression, subject) => {
      const parsed = parseRegex(expression, true)
      assert.ok(parsed.type === 'regex')
      const certain = certainText(parsed.branches)
      if (!patternMatches(parsed.branches, subject)) return
      assert.ok(subject.toLowerCase().includes(certain), `${expression} in ${subject}: ${certain}`)
    }),
    { numRuns: 2_000 },
  )
})

test('characters are written as people write them', () => {
  const set = (expression: string): Pattern => {
    const parsed = parseRegex(expression, false)
    assert.ok(parsed.type === 'regex')
    return parsed.branches[0]?.pattern as Pattern
  }
  assert.deepEqual(set('\\x41'), { type: 'set', ranges: [[0x41, 0x41]] })
  assert.deepEqual(set('\\u{1f600}'), set('\u{1f600}'))
  assert.deepEqual(set('[]a-c\\d-]'), {
    type: 'set',
    ranges: [
      [0x2d, 0x2d],
      [0x30, 0x39],
      [0x5d, 0x5d],
      [0x61, 0x63],
    ],
  })
  assert.deepEqual(set('{"a":1}'), set('\\{"a":1\\}'), 'braces that repeat nothing are signs')
  assert.equal(patternSize(set('(?:ab{3}){2}')), 13)
})

test('what some engine would read otherwise is refused with its place', () => {
  for (const [expression, position] of [
    ['a^', 1],
    ['a$b', 1],
    ['(^a)', 1],
    ['(a$)', 2],
    ['\\1', 0],
    ['a\\b', 1],
    ['(?<n>a)', 0],
    ['(?i:a)', 0],
    ['a++', 2],
    ['*a', 0],
    ['[b-a]', 1],
    ['[a', 0],
    ['(a', 0],
    ['a)', 1],
    ['a{3,2}', 1],
    ['\\x{110000}', 0],
    ['\\', 0],
  ] as const) {
    const parsed = parseRegex(expression, false)
    assert.ok(parsed.type === 'fault', expression)
    assert.equal(parsed.fault.position, position, `${expression}: ${parsed.fault.message}`)
    assert.ok(parsed.fault.position + parsed.fault.length <= expression.length, expression)
  }
})
