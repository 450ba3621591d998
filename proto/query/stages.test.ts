import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assertSuggestionsLead, assertWithin } from '#proto/testing/parser-properties.ts'
import { ANALYSIS_KEYS_MAX, ANALYSIS_STAGES_MAX } from '../limits.ts'
import { parseQuery, parseSearch } from '../query.ts'
import { anyText } from '../testing/query-arbitrary.ts'
import { searchArbitrary } from '../testing/stage-arbitrary.ts'
import type { Stage } from './analysis.ts'
import { explainSearch } from './explain-stages.ts'
import type { QueryFault } from './fault.ts'
import { printSearch } from './print-stages.ts'

function stages(text: string): readonly Stage[] {
  const parsed = parseSearch(text)
  assert.ok(parsed.type === 'search', `${text}: ${JSON.stringify(parsed)}`)
  return parsed.search.stages
}

function fault(text: string): QueryFault {
  const parsed = parseSearch(text)
  assert.ok(parsed.type === 'fault', text)
  return parsed.fault
}

const count = { fn: 'count' } as const

test('stages stand behind bars', () => {
  assert.deepEqual(stages('timeout'), [])
  assert.deepEqual(stages('level:error | count'), [
    { type: 'summarize', measures: [count], by: [] },
  ])
  assert.deepEqual(stages('| Count() BY service,level'), [
    { type: 'summarize', measures: [count], by: ['service', 'level'] },
  ])
  assert.deepEqual(stages('a|count, avg( x ),p95("my key") by "by", user.id'), [
    {
      type: 'summarize',
      measures: [count, { fn: 'avg', field: 'x' }, { fn: 'p95', field: 'my key' }],
      by: ['by', 'user.id'],
    },
  ])
  assert.deepEqual(stages('| timechart 5m by level'), [
    { type: 'timechart', everyS: 300, measures: [count], by: ['level'] },
  ])
  assert.deepEqual(stages('| timechart p95(x), count by path'), [
    { type: 'timechart', everyS: null, measures: [{ fn: 'p95', field: 'x' }, count], by: ['path'] },
  ])
  assert.deepEqual(stages('| timechart 90'), [
    { type: 'timechart', everyS: 90, measures: [count], by: [] },
  ])
  assert.deepEqual(stages('| top 20 user_id'), [{ type: 'top', count: 20, field: 'user_id' }])
  assert.deepEqual(stages('| top user_id'), [{ type: 'top', count: 10, field: 'user_id' }])
  assert.deepEqual(stages('| uniq trace_id'), [{ type: 'uniq', field: 'trace_id' }])
  assert.deepEqual(stages('| patterns | sort -count | limit 3'), [
    { type: 'patterns' },
    { type: 'sort', keys: [{ column: 'count', isDescending: true }] },
    { type: 'limit', count: 3 },
  ])
  assert.deepEqual(stages('x | fields time, "a b" | limit 5'), [
    { type: 'fields', fields: ['time', 'a b'] },
    { type: 'limit', count: 5 },
  ])
  assert.deepEqual(stages('| p95(x) by a | sort -p95(x), a | fields p95(x)'), [
    { type: 'summarize', measures: [{ fn: 'p95', field: 'x' }], by: ['a'] },
    {
      type: 'sort',
      keys: [
        { column: 'p95(x)', isDescending: true },
        { column: 'a', isDescending: false },
      ],
    },
    { type: 'fields', fields: ['p95(x)'] },
  ])
})

test('a bar in quotation marks or in a regular expression is a sign', () => {
  assert.deepEqual(stages('"a | b" path:"x|y" /c|d/ *e\\|f*'), [])
  assert.equal(stages('/c|d/|count').length, 1)
})

test('conditions alone know no stages', () => {
  const parsed = parseQuery('level:error | count')
  assert.ok(parsed.type === 'fault')
  assert.equal(parsed.fault.position, 12)
  assert.equal(parsed.fault.suggestion, 'level:error')
})

test('a fault in a stage says where it is and what could be written', () => {
  const cases: readonly (readonly [string, number, number, RegExp, string | null])[] = [
    ['a |', 2, 1, /nothing behind/, 'a'],
    ['a | | count', 2, 1, /nothing behind/, 'a | count'],
    ['a | cuont', 4, 5, /no stage cuont/, null],
    ['a | stats', 4, 5, /no stage stats/, 'a | count'],
    ['a | limi 5', 4, 4, /no stage limi/, 'a | limit 5'],
    ['a | count by', 12, 0, /name is missing behind by/, null],
    ['a | count service', 10, 7, /stage has ended/, 'a | count'],
    ['a | count(x)', 4, 8, /count counts logs/, 'a | count'],
    ['a | count, mean(x)', 11, 4, /no function mean/, 'a | count, avg(x)'],
    ['a | p95 x', 4, 3, /p95 needs a field/, null],
    ['a | p95(x by y', 4, 5, /p95 needs a field/, 'a | p95(x) by y'],
    ['a | avg(level)', 4, 10, /no field of numbers/, null],
    ['a | count by time', 13, 4, /different in nearly every log/, null],
    ['a | uniq id', 9, 2, /different in nearly every log/, null],
    ['a | top pattern_id', 8, 10, /stage of their own/, null],
    ['a | count by a, a', 4, 13, /two columns a/, null],
    ['a | timechart 5x', 14, 2, /no width/, null],
    ['a | limit', 9, 0, /number is missing/, null],
    ['a | limit 0', 10, 1, /not between 1/, 'a | limit 1'],
    ['a | limit 99999', 10, 5, /not between 1/, 'a | limit 10000'],
    ['a | sort -x', 4, 7, /order of time/, null],
    ['a | fields x | sort -x', 15, 7, /order of time/, null],
    ['a | fields x, y | fields z', 18, 8, /no column z/, null],
    ['a | count | count', 12, 5, /only the first stage/, null],
    ['a | limit 5 | count', 14, 5, /only the first stage/, null],
    ['a | count by b | sort -c', 17, 7, /no column c/, 'a | count by b | sort -count'],
    ['a | p95(x) by b | sort p95', 18, 8, /no column p95/, 'a | p95(x) by b | sort p95(x)'],
    ['a | count by b | fields b | sort -count', 28, 11, /no column count/, null],
    ['(a | count', 0, 1, /never closed/, '(a) | count'],
    ['a OR | count', 2, 2, /nothing behind OR/, 'a  | count'],
    ['a || b', 2, 2, /written OR/, 'a OR b'],
  ]
  for (const [text, position, length, message, suggestion] of cases) {
    const found = fault(text)
    assert.match(found.message, message, text)
    const place = [found.position, found.length, found.suggestion]
    assert.deepEqual(place, [position, length, suggestion], text)
    assert.notEqual(found.expected, '', text)
  }
})

test('stages are limited in number and width', () => {
  const limits = (n: number): string => '| limit 5 '.repeat(n)
  assert.equal(stages(limits(ANALYSIS_STAGES_MAX)).length, ANALYSIS_STAGES_MAX)
  assert.match(fault(limits(ANALYSIS_STAGES_MAX + 1)).message, /at most/)
  const by = (n: number): string =>
    `| count by ${Array.from({ length: n }, (_, i) => `f${i}`).join()}`
  assert.equal(stages(by(ANALYSIS_KEYS_MAX)).length, 1)
  assert.match(fault(by(ANALYSIS_KEYS_MAX + 1)).message, /at most/)
  assert.match(fault(by(500)).message, /at most/)
})

test('a printed search reads back as the same', () => {
  fc.assert(
    fc.property(searchArbitrary, search => {
      const text = printSearch(search)
      assert.deepEqual(parseSearch(text), { type: 'search', search }, text)
      assert.match(explainSearch(search), /^(?:all logs|logs )/)
    }),
    { numRuns: 3_000 },
  )
})

const pieces = fc
  .array(
    fc.constantFrom(
      ...'| | |, ( ) " - by count p95( avg(x) timechart 5m top uniq fields sort limit'.split(' '),
      ...'patterns 7 x level time error || OR 日 / * \\ stats head'.split(' '),
      ' ',
      ' | ',
      ' by ',
      '\ud800',
    ),
    { maxLength: 24 },
  )
  .map(list => list.join(''))

test('any text is a search that prints and reads the same, or a fault within it', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, pieces), text => {
      const parsed = parseSearch(text)
      if (parsed.type === 'search') {
        const printed = printSearch(parsed.search)
        assert.deepEqual(parseSearch(printed), parsed, printed)
        return
      }
      assertWithin(parsed.fault, text)
    }),
    { numRuns: 6_000 },
  )
})

test('suggestions can be read, or come closer to what can', () => {
  assertSuggestionsLead(fc.oneof(anyText, pieces), text => {
    const parsed = parseSearch(text)
    return parsed.type === 'search' ? null : parsed.fault
  })
})

test('a search is said in words as it was understood', () => {
  for (const [text, words] of [
    ['| count', 'all logs; how many there are'],
    [
      'level:error | count, p95(ms) by service, path | sort -count | limit 3',
      'logs whose level is ERROR; how many there are and the 95th percentile of ms for each service and path; in order of count downwards; the first 3',
    ],
    ['| timechart 5m by level', 'all logs; how many there are in every 5m for each level'],
    ['| top 3 user', 'all logs; the 3 most frequent values of user'],
    ['| uniq user', 'all logs; how many different values of user there are'],
    ['| fields time, message', 'all logs; only time and message'],
  ] as const) {
    const parsed = parseSearch(text)
    assert.ok(parsed.type === 'search')
    assert.equal(explainSearch(parsed.search), words)
  }
})
