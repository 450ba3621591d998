import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseQuery } from '#proto/query.ts'
import { ANY_TIME, compileMatcher } from '../matcher.ts'
import { filterArbitrary, recordArbitrary, rowsOf } from '../testing/plain-records.ts'
import { RuleIndex } from './rule-index.ts'

/** Short conditions that tables answer, often met; filters beside them are mostly answered else. */
const plainQuery = fc
  .array(
    fc.constantFrom(
      'service:api',
      'service:WORKER',
      'host:""',
      'file:api',
      'level:error',
      'level:>=warn',
      'status:200',
      'Tag:blue',
      'trace_id:"no trace"',
      'error',
      'connection',
      '"error connection"',
      '-timeout',
      '/err/',
      '/a (connection|timeout): \\w+/',
      '/error: connection: /',
      '/ ERROR /i',
    ),
    { maxLength: 3 },
  )
  .map(terms => {
    const parsed = parseQuery(terms.join(' '))
    assert(parsed.type === 'query')
    return parsed.query
  })

test('many queries at once match what each matches alone, batch after batch', () => {
  const records = fc.array(recordArbitrary, { minLength: 1, maxLength: 12 })
  const query = fc.oneof(
    plainQuery,
    filterArbitrary.map(({ query: each }) => each),
  )
  const queries = fc.array(query, { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(fc.array(records, { maxLength: 3 }), queries, (batches, rules) => {
      const index = new RuleIndex()
      for (const rule of rules) index.add(rule)
      for (const batch of batches) {
        const rows = rowsOf(batch)
        const found: number[][] = rules.map(() => [])
        index.match(rows, (rule, selected) => found[rule]?.push(...selected))
        const wanted = rules.map(rule => [
          ...compileMatcher({ query: rule, services: [], levels: [], ...ANY_TIME }).select(rows),
        ])
        assert.deepEqual(found, wanted)
      }
    }),
    { numRuns: 1_000 },
  )
})
