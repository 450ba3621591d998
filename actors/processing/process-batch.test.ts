import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Row } from '#proto/api.ts'
import type { BatchRecord } from '#proto/batch-builder.ts'
import { parseQuery } from '#proto/query.ts'
import { ANY_TIME, type RowFilter } from './matcher.ts'
import { type BatchFilter, type BatchMatches, processBatch } from './process-batch.ts'
import { encodeRecords, envelopeOf } from './testing/plain-records.ts'

const RECORD: BatchRecord = {
  timeUs: 1_760_000_000_000_000,
  severity: 9,
  service: 'api',
  host: '',
  file: '',
  message: '',
  attributes: [],
}

function filterOf(query: string): RowFilter {
  const parsed = parseQuery(query)
  assert(parsed.type === 'query')
  return { query: parsed.query, services: [], levels: [], ...ANY_TIME }
}

function run(
  messages: readonly string[],
  questions: readonly BatchFilter[],
  rejected: number[] = [],
) {
  const bytes = encodeRecords(messages.map(message => ({ ...RECORD, message })))
  const memory = new SharedArrayBuffer(bytes.length + 16)
  new Uint8Array(memory).set(bytes, 16)
  const envelope = envelopeOf({ rejected })
  const place = { memory, offset: 16, length: bytes.length }
  return processBatch({ envelope, ...place, filters: questions, summary: true }).result
}

function messagesOf({ pieces }: BatchMatches): string[] {
  return pieces.flatMap(({ text }) => {
    return (JSON.parse(`[${text}]`) as Row[]).map(({ message }) => message)
  })
}

test('answers every filter and counts the batch in one go', () => {
  const { matches, summary } = run(
    ['red one', 'blue two', 'red three'],
    [
      { filter: filterOf('red'), fromRow: 0, rowsMax: 10 },
      { filter: filterOf('two'), fromRow: 0, rowsMax: 10 },
      { filter: filterOf('green'), fromRow: 0, rowsMax: 10 },
    ],
  )
  assert.deepEqual(matches.map(messagesOf), [['red one', 'red three'], ['blue two'], []])
  assert.equal(summary?.rows, 3)
})

test('keeps the newest matches and tells how many older ones were left out', () => {
  const messages = Array.from({ length: 10 }, (_, n) => `red ${n}`)
  const [found] = run(messages, [{ filter: filterOf('red'), fromRow: 0, rowsMax: 3 }]).matches
  assert(found)
  assert.equal(found.leftOut, 7)
  assert.equal(found.leftOutEnd, 7)
  assert.deepEqual(messagesOf(found), ['red 7', 'red 8', 'red 9'])
})

test('goes on from a record in the middle, numbered as in the batch', () => {
  const messages = ['red 0', 'red 1', 'red 2', 'red 3']
  const question = { filter: filterOf('red'), fromRow: 2, rowsMax: 10 }
  const [found] = run(messages, [question], [1, 2]).matches
  assert(found)
  assert.deepEqual(messagesOf(found), ['red 3'])
  assert.equal(found.pieces[0]?.end, 4)
})

test('cuts matches into pieces whose ends join without a hole', () => {
  const messages = Array.from({ length: 1_234 }, (_, n) => `red ${n} ${'x'.repeat(n % 900)}`)
  const all = run(messages, [{ filter: filterOf('red'), fromRow: 0, rowsMax: 8_192 }])
  const [found] = all.matches
  assert(found && found.pieces.length > 3)
  assert.deepEqual(messagesOf(found), messages)
  for (const piece of found.pieces) {
    const question = { filter: filterOf('red'), fromRow: piece.end, rowsMax: 8_192 }
    const [rest] = run(messages, [question]).matches
    assert(rest)
    assert.deepEqual(messagesOf(rest), messages.slice(piece.end))
  }
})
