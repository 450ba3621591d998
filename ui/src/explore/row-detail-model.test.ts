import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Row } from '#proto/api.ts'
import { FakeData } from '../../testing/fake-data.ts'
import {
  delayText,
  detailSections,
  fineTimeText,
  flagTexts,
  inlineAttributes,
  prettyMessage,
} from './row-detail-model.ts'

const row: Row = {
  ...new FakeData(1).row(Date.UTC(2026, 10, 21)),
  time: '2026-11-21T09:00:00.123456789Z',
  ingested_at: '2026-11-21T09:00:01.400000Z',
  service: 'shop',
  host: 'node-1',
  file: '',
  trace_id: null,
  span_id: null,
  attributes: { user: 'ada', status: 500, ok: false, tags: ['a', 'b'], none: null },
}

test('fields come in sections, empty ones are left out', () => {
  const sections = detailSections(row)
  assert.deepEqual(
    sections.map(({ title, fields }) => [title, fields.map(({ name }) => name)]),
    [
      ['Attributes', ['user', 'status', 'ok', 'tags', 'none']],
      ['Source', ['service', 'host']],
      ['Record', ['id', 'ingested_at']],
    ],
  )
})

test('values keep their kind, and only those that can be compared are filters', () => {
  const [attributes] = detailSections(row)
  assert.deepEqual(
    attributes?.fields.map(({ value, kind, filterable }) => [value, kind, filterable]),
    [
      ['ada', 'text', true],
      ['500', 'number', true],
      ['false', 'constant', true],
      ['[\n  "a",\n  "b"\n]', 'json', false],
      ['null', 'constant', false],
    ],
  )
})

test('a value that is too long to be searched is no filter', () => {
  const [attributes] = detailSections({ ...row, attributes: { long: 'x'.repeat(9000) } })
  assert.equal(attributes?.fields[0]?.filterable, false)
})

test('the way of a row is told, unless clocks disagree', () => {
  assert.equal(delayText(row), '1.3 s')
  assert.equal(delayText({ ...row, ingested_at: '2026-11-21T09:00:00.140Z' }), '17 ms')
  assert.equal(delayText({ ...row, ingested_at: '2026-11-21T11:00:00Z' }), '2 h')
  assert.equal(delayText({ ...row, ingested_at: '2026-11-21T08:00:00Z' }), null)
})

test('digits below the millisecond stand in threes', () => {
  assert.equal(fineTimeText(row), '456 789')
  assert.equal(fineTimeText({ ...row, time: '2026-11-21T09:00:00.123Z' }), '')
  assert.equal(fineTimeText({ ...row, time: '2026-11-21T09:00:00Z' }), '')
})

test('what the server decided is said in words', () => {
  assert.deepEqual(flagTexts({ ...row, flags: ['level_inferred', 'new_flag'] }), [
    'level read from the message',
    'new_flag',
  ])
})

test('messages of JSON are indented, others left alone', () => {
  assert.deepEqual(prettyMessage('{"a":1}'), { text: '{\n  "a": 1\n}', json: true })
  assert.deepEqual(prettyMessage('{not json'), { text: '{not json', json: false })
  assert.deepEqual(prettyMessage('plain'), { text: 'plain', json: false })
})

test('attributes fit behind the message in one line', () => {
  assert.equal(inlineAttributes(row), 'user=ada  status=500  ok=false  tags=["a","b"]  none=null')
  const many = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [`k${index}`, 'v'.repeat(200)]),
  )
  assert.ok(inlineAttributes({ ...row, attributes: many }).length < 500)
})
