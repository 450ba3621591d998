import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RECORD_SCHEMA_CHARS_MAX } from '#proto/limits.ts'
import type { PlainRecord } from './record-json.ts'
import { compileSchema } from './record-schema.ts'

const RECORD: PlainRecord = {
  level: 'ERROR',
  service: 'checkout',
  message: 'card declined',
  attributes: { order_id: 4711, 'user.name': 'ada', tags: ['a', 'b'] },
}

function judge(schema: unknown, record: PlainRecord = RECORD): string | null {
  const compiled = compileSchema(JSON.stringify(schema))
  assert(compiled.type === 'check', JSON.stringify(compiled))
  return compiled.check(record)
}

function wrong(schema: unknown): string {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema)
  const compiled = compileSchema(text)
  assert(compiled.type === 'wrong')
  return compiled.reason
}

const attributes = (properties: object) => ({ properties: { attributes: { properties } } })

test('a record that fits is no reason, one that does not says where and why', () => {
  assert.equal(judge({}), null)
  assert.equal(judge(attributes({ order_id: { type: 'integer' } })), null)
  assert.equal(
    judge({ required: ['host'] }),
    "schema: the record must have required property 'host' (required)",
  )
  assert.equal(
    judge(attributes({ order_id: { type: 'string' } })),
    'schema: attributes/order_id must be string (type)',
  )
  assert.equal(
    judge({ properties: { level: { enum: ['INFO', 'WARN'] } } }),
    'schema: level must be equal to one of the allowed values: ["INFO","WARN"] (enum)',
  )
  const closed = { attributes: { properties: { order_id: true }, additionalProperties: false } }
  assert.equal(
    judge({ properties: closed }),
    'schema: attributes must NOT have additional properties: "user.name" (additionalProperties)',
  )
  assert.match(judge(false) ?? '', /boolean schema is false/)
})

test('an older draft is understood where it says the same, and formats are not checked', () => {
  const $schema = 'http://json-schema.org/draft-07/schema#'
  assert.equal(judge({ $schema, type: 'object' }), null)
  assert.equal(judge({ properties: { message: { type: 'string', format: 'email' } } }), null)
})

test('a schema that is none says what is wrong', () => {
  assert.match(wrong('{'), /JSON/)
  assert.match(wrong({ type: 'objekt' }), /type/)
  assert.match(wrong({ requird: ['a'] }), /unknown keyword: "requird"/)
  assert.match(wrong({ title: 'x'.repeat(RECORD_SCHEMA_CHARS_MAX) }), /at most 65536/)
  assert.match(wrong(`${'{"not":'.repeat(7_000)}{}${'}'.repeat(7_000)}`), /deep|stack/)
})

test('what could keep a thread busy is refused', () => {
  assert.match(wrong({ $ref: '#' }), /\$ref is not supported/)
  assert.match(wrong({ items: { uniqueItems: true } }), /uniqueItems is not supported/)
  assert.match(wrong({ properties: { message: { pattern: '(?=a)b' } } }), /\(\?=/)
  const evil = judge(
    { properties: { message: { pattern: '^(a+)+$' } } },
    {
      message: `${'a'.repeat(50_000)}!`,
      attributes: {},
    },
  )
  assert.match(evil ?? '', /must match pattern/)
  const two = { message: { pattern: '^card' }, service: { pattern: '^shop' } }
  assert.match(judge({ properties: two }) ?? '', /^schema: service must match pattern "\^shop"/)
  assert.equal(judge(attributes({ $ref: { type: 'string' } })), null)
})
