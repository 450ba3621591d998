import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Positions } from '#actors/commit-log/positions.ts'
import { ANY_TIME, type RowFilter } from '#actors/processing/matcher.ts'
import { parseQuery } from '#proto/query.ts'
import { entryNumber } from '../entry-number.ts'
import type { AttributeTypes } from './attribute-clause.ts'
import { attributeKeysOf, compileQuery } from './compile-query.ts'
import { visibleRows } from './visible-rows.ts'

/** What Lucene is given for "anything": no halves of surrogates. */
const ANYTHING = '[\u0000-\ud7ff\ue000-\u{10ffff}]*'
const NO_TYPES: AttributeTypes = new Map()

describe('query in the language of Elasticsearch', () => {
  test('a query without conditions has no clauses', () => {
    assert.deepEqual(compileQuery(filterOf(''), NO_TYPES), { clauses: [], runtimeMappings: {} })
  })

  test('words and phrases are adjacent tokens of the message', () => {
    assert.deepEqual(clausesOf('"Connection: timeout"'), [
      { match_phrase: { message: 'connection timeout' } },
    ])
  })

  test('own fields compare whole values; an empty one is a field that is not there', () => {
    assert.deepEqual(clausesOf('service:Api level:error host:""'), [
      { term: { 'service.name': { value: 'Api', case_insensitive: true } } },
      { terms: { 'log.level': ['ERROR'] } },
      { bool: { must_not: [{ exists: { field: 'host.name' } }] } },
    ])
  })

  test('an attribute is asked for by the types that it has, where it has them', () => {
    const types: AttributeTypes = new Map([
      [
        'status',
        [
          { type: 'double', indices: ['a'] },
          { type: 'keyword', indices: ['b'] },
          { type: 'boolean', indices: ['c'] },
        ],
      ],
    ])
    const [clause] = compileQuery(filterOf('status:200.0'), types).clauses
    const should = [
      { match: { 'attributes.status.%tail': '200.0' } },
      { bool: { must_not: [{ exists: { field: 'logboy.slot' } }] } },
    ]
    const isWhole = { term: { 'attributes.status': { value: '200.0' } } }
    assert.deepEqual(clause, {
      bool: {
        should: [
          {
            bool: {
              filter: [{ terms: { _index: ['a'] } }, { term: { 'attributes.status': 200 } }],
            },
          },
          {
            bool: {
              filter: [
                { terms: { _index: ['b'] } },
                // An index of the last characters finds the rows, or one of whole values.
                { bool: { filter: [{ bool: { should, minimum_should_match: 1 } }, isWhole] } },
              ],
            },
          },
          {
            bool: {
              filter: [
                {
                  term: { 'attributes_text.s.status': { value: '200.0', case_insensitive: true } },
                },
                {
                  regexp: {
                    logboy_condition_0: {
                      value: `${ANYTHING}\uffff200\\.0\uffff${ANYTHING}`,
                      flags: 'NONE',
                      max_determinized_states: 100_000,
                    },
                  },
                },
              ],
            },
          },
          { term: { 'attributes_text.i.status': '200' } },
          { term: { 'attributes_text.d.status': '200' } },
        ],
        minimum_should_match: 1,
      },
    })
  })

  test('only attributes are looked up among the fields of the indices', () => {
    const { query } = filterOf('a:1 service:x level:info id:y trace_id:z message:m word')
    assert.deepEqual(attributeKeysOf({ query }), ['a', 'trace_id'])
  })

  test('a whole message is read only where its words are', () => {
    const { clauses, runtimeMappings } = compileQuery(filterOf('message:="User X"'), NO_TYPES)
    assert.deepEqual(Object.keys(runtimeMappings), ['logboy_message'])
    assert.deepEqual(clauses, [
      {
        bool: {
          filter: [
            { match_phrase: { message: 'user x' } },
            { term: { logboy_message: { value: 'User X' } } },
          ],
        },
      },
    ])
  })

  test('AND, OR and NOT are clauses in clauses', () => {
    const phrase = (words: string) => ({ match_phrase: { message: words } })
    assert.deepEqual(clausesOf('(a OR b c) -d'), [
      {
        bool: {
          should: [phrase('a'), { bool: { filter: [phrase('b'), phrase('c')] } }],
          minimum_should_match: 1,
        },
      },
      { bool: { must_not: [phrase('d')] } },
    ])
    assert.deepEqual(clausesOf('* OR a'), [
      { bool: { should: [{ match_all: {} }, phrase('a')], minimum_should_match: 1 } },
    ])
  })

  test('words with stars are asked of the index, anything else reads the messages', () => {
    assert.deepEqual(clausesOf('Pay* level:>=error'), [
      { wildcard: { message: { value: 'pay*' } } },
      { terms: { 'log.level': ['ERROR', 'FATAL'] } },
    ])
    for (const [text, field] of [
      ['*a-b*', 'logboy_message_folded'],
      ['/a-b/', 'logboy_message'],
    ] as const) {
      const { runtimeMappings } = compileQuery(filterOf(text), NO_TYPES)
      assert.deepEqual(Object.keys(runtimeMappings), [field])
    }
  })

  test('what is no id of a row finds nothing', () => {
    assert.deepEqual(clausesOf('id:nonsense'), [{ match_none: {} }])
  })
})

describe('visible rows', () => {
  test('gaps between what is covered of the partitions are left out, and nothing else is', () => {
    const gaps = gapsOf([
      [1, 100],
      [3, 7],
    ])
    const isHidden = (partition: number, position: number): boolean => {
      const number = entryNumber({ partition, position })
      return gaps.some(({ gte, lte }) => number >= BigInt(gte) && number <= BigInt(lte))
    }
    for (const [partition, position] of [
      [1, 0],
      [1, 100],
      [3, 7],
    ] as const) {
      assert.ok(!isHidden(partition, position), `${partition} ${position}`)
    }
    for (const [partition, position] of [
      [0, 0],
      [0, 2 ** 48 - 1],
      [1, 101],
      [2, 5],
      [3, 8],
      [4, 0],
      [2 ** 15 - 1, 2 ** 48 - 1],
    ] as const) {
      assert.ok(isHidden(partition, position), `${partition} ${position}`)
    }
  })

  test('before anything is covered everything is hidden', () => {
    const [gap, ...others] = gapsOf([])
    assert.deepEqual(others, [])
    assert.equal(gap?.gte, '0')
  })
})

function filterOf(text: string): RowFilter {
  const parsed = parseQuery(text)
  assert.ok(parsed.type === 'query')
  return { ...ANY_TIME, query: parsed.query, services: [], levels: [] }
}

function clausesOf(text: string): readonly unknown[] {
  return compileQuery(filterOf(text), NO_TYPES).clauses
}

interface Gap {
  readonly gte: string
  readonly lte: string
}

function gapsOf(pairs: readonly (readonly [number, number])[]): Gap[] {
  const coverage = { positions: Positions.of(pairs), receivedAtUs: new Map() }
  const clause = visibleRows({ projectId: 'projectaaa', receivedFromUs: 0, coverage })
  const text = JSON.stringify(clause)
  return [...text.matchAll(/"logboy\.entry":(\{[^}]*\})/g)].map(
    ([, bounds]) => JSON.parse(bounds ?? '') as Gap,
  )
}
