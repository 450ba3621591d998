import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Row } from '#proto/api.ts'
import { printQuery } from '#proto/query/print.ts'
import type { Query } from '#proto/query/tree.ts'
import { parseQuery } from '#proto/query.ts'
import { rowJson } from '../row-json.ts'
import { rowsOf } from '../testing/plain-records.ts'
import { mergeTemplates } from './merge.ts'
import { namesPatterns, PatternGroups } from './pattern-groups.ts'
import { patternOfText } from './pattern-ids.ts'
import { templateOf } from './template.ts'

const MESSAGES = ['ann', 'bob', 'cyd', 'dan', 'eve'].map(name => `mail for ${name} was sent`)
const GROUPS = new PatternGroups(
  mergeTemplates(
    new Map(
      MESSAGES.map(message => {
        const bytes = Buffer.from(message)
        return [patternOfText(message), templateOf(bytes, 0, bytes.length)]
      }),
    ),
  ),
)
const PATTERN = GROUPS.groupOf(patternOfText(MESSAGES[0] ?? ''))?.id ?? 0

const RECORD = {
  timeUs: 1,
  severity: 9,
  service: 'post',
  host: '',
  file: '',
  message: '',
  attributes: [],
}

function queryOf(text: string): Query {
  const parsed = parseQuery(text)
  assert(parsed.type === 'query')
  return parsed.query
}

test('a row gets the number of its pattern, and nothing else of it changes', () => {
  const message = MESSAGES[2] ?? ''
  const attributes = [
    ['pattern_id', '5'],
    ['note', `"pattern_id":"${patternOfText(message)}"`],
  ] as const
  const json = rowJson(rowsOf([{ ...RECORD, message, attributes }]), 0)
  const row = JSON.parse(GROUPS.renamed(json)) as Row
  assert.deepEqual(row, { ...(JSON.parse(json) as Row), pattern_id: String(PATTERN) })
  const other = rowJson(rowsOf([{ ...RECORD, message: 'alone' }]), 0)
  assert.equal(GROUPS.renamed(other), other)
})

test('a query for a pattern, or for one of its wordings, is one for all of them', () => {
  const ids = new Set([PATTERN, ...MESSAGES.map(patternOfText)])
  for (const id of ids) {
    const { terms } = GROUPS.expanded(queryOf(`pattern_id:${id} -mail`))
    const [any, not] = terms
    assert(any?.type === 'any' && not?.type === 'not')
    const values = any.terms.map(term => term.type === 'field' && Number(term.value))
    assert.deepEqual(new Set(values), ids)
  }
  const inside = GROUPS.expanded(queryOf(`-(mail OR pattern_id:=${PATTERN})`))
  for (const message of MESSAGES) {
    assert.ok(printQuery(inside).includes(String(patternOfText(message))))
  }
})

test('other queries stay as they are', () => {
  for (const text of ['mail', 'pattern_id:7', 'pattern_id:*', 'id:7 OR "pattern_id"']) {
    const query = queryOf(text)
    assert.deepEqual(GROUPS.expanded(query), query)
  }
  assert.ok(namesPatterns(queryOf('a OR -(b pattern_id:7)').terms))
  assert.ok(!namesPatterns(queryOf('a OR -(b pattern_id:*)').terms))
})
