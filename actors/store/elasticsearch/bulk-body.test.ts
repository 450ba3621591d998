import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { rowJson } from '#actors/processing/row-json.ts'
import { openRows } from '#actors/processing/rows.ts'
import { type PlainLog, randomLog } from '#actors/store/testing/random-logs.ts'
import { encodeLogs } from '#actors/store/testing/test-log.ts'
import type { RowColumns } from '#proto/columns.ts'
import { LogBatchSchema } from '#proto/gen/logboy/v1/log_batch_pb.ts'
import { openProven } from '#proto/log-batch.ts'
import { checkRecords } from '#proto/record-check.ts'
import { batchArbitrary } from '#proto/testing/batches.ts'
import { seededRandom } from '#runtime/random.ts'
import type { KnownTypes } from './attribute-types.ts'
import { type BulkPart, buildBulkBody } from './bulk-body.ts'
import { type Hit, keyOfHit } from './row-document.ts'
import { readAnswer } from './tasks/read-answer.ts'

const PROJECT = 'projectaaa'
const RECEIVED_AT_US = 1_795_883_917_620_000
const NOTHING_KNOWN: KnownTypes = { byKey: {}, isFull: false }
const FULL: KnownTypes = { byKey: {}, isFull: true }

describe('bulk body', () => {
  test('documents are the rows of the batch, whatever types their fields have', () => {
    fc.assert(
      fc.property(batchArbitrary(12), fc.integer({ min: 0, max: 3 }), (batch, kind) => {
        const part = partOf(toBinary(LogBatchSchema, batch))
        const rows = rowsOf(part)
        const types = typesFor(part, kind)
        const hits = hitsOf(part, types)
        assert.equal(hits.length, rows.count)
        const answer = { hits: { hits: hits.map(hit => hit.text) } }
        const found = readAnswer({
          bytes: answerBytes(answer.hits.hits),
          limit: 100,
          fields: null,
        }).rows
        for (const [index, json] of found.entries()) {
          assert.deepEqual(JSON.parse(json), JSON.parse(rowJson(rows, index)))
        }
      }),
    )
  })

  test('a document stands under the id of its row, and knows its place in the order', () => {
    const part = partOf(encodeLogs(logs(20)))
    const rows = rowsOf(part)
    for (const [index, hit] of hitsOf(part, typesFor(part, 0)).entries()) {
      const row = JSON.parse(rowJson(rows, index)) as { id: string }
      assert.equal(hit.id, row.id)
      const key = keyOfHit(JSON.parse(hit.text) as Hit)
      assert.equal(key.timeUs, rows.timeUs[index])
      assert.equal(key.row, rows.row[index])
      assert.equal(key.producerLow, rows.producer[index * 2])
      assert.equal(key.seqHigh, rows.seq[index * 2 + 1])
    }
  })

  test('only the rows that are asked for are written, and none that was refused', () => {
    const whole = { ...partOf(encodeLogs(logs(30))), rows: null }
    const part = { ...whole, envelope: { ...whole.envelope, rejected: [3, 4, 29] } }
    const types = typesFor(part, 0)
    const all = hitsOf(part, types)
    assert.equal(all.length, 27)
    const numbers = [0, 2, 5, 28]
    const some = hitsOf({ ...part, rows: numbers }, types)
    assert.deepEqual(
      some,
      all.filter(hit => numbers.includes(hit.row)),
    )
  })

  test('parts come one after the other, each counted', () => {
    const parts = [10, 1, 7].map(count => partOf(encodeLogs(logs(count))))
    const [first] = parts
    const built = buildBulkBody(PROJECT, parts, typesFor(first as BulkPart, 3))
    assert.ok(built.type === 'body')
    assert.deepEqual(built.counts, [10, 1, 7])
    const lines = Buffer.from(built.bytes).toString('utf8').trimEnd().split('\n')
    assert.equal(lines.length, 36)
  })

  test('memory of an earlier body holds the next one, or is freed', () => {
    const part = partOf(encodeLogs(logs(30)))
    const types = typesFor(part, 3)
    const fresh = buildBulkBody(PROJECT, [part], types)
    assert.ok(fresh.type === 'body')
    const memory = new ArrayBuffer(1_000_000)
    new Uint8Array(memory).fill(0x7b)
    const again = buildBulkBody(PROJECT, [part], types, memory)
    assert.ok(again.type === 'body')
    assert.equal(again.bytes.buffer, memory)
    assert.deepEqual(Buffer.from(again.bytes), Buffer.from(fresh.bytes))
    for (const [bytes, known] of [
      [100, types],
      [1_000_000, NOTHING_KNOWN],
    ] as const) {
      const unused = new ArrayBuffer(bytes)
      buildBulkBody(PROJECT, [part], known, unused)
      assert.equal(unused.byteLength, 0)
    }
  })

  test('keys that were never seen are asked about first, once for each', () => {
    const mixed = logs(4).map(
      (log, i): PlainLog => ({
        ...log,
        attributes: [
          ['n', i],
          ['text', 'a'],
          ['flag', true],
          ['list', [1]],
          ['mixed', i % 2 === 0 ? 'x' : 7],
        ],
      }),
    )
    const built = buildBulkBody(PROJECT, [partOf(encodeLogs(mixed))], NOTHING_KNOWN)
    assert.ok(built.type === 'unknown-keys')
    assert.deepEqual(
      [...built.proposed].filter(([key]) => key !== 'mixed'),
      [
        ['n', 'double'],
        ['text', 'keyword'],
        ['flag', 'boolean'],
      ],
    )
    assert.ok(['keyword', 'double'].includes(built.proposed.get('mixed') ?? ''))
  })

  test('a value that does not fit is counted; one without a field of its own is not', () => {
    const text = logs(3).map((log): PlainLog => ({ ...log, attributes: [['a', 'text']] }))
    const part = partOf(encodeLogs(text))
    const misfit = buildBulkBody(PROJECT, [part], { byKey: { a: 'double' }, isFull: false })
    assert.ok(misfit.type === 'body')
    assert.equal(misfit.misfits, 3)
    const over = buildBulkBody(PROJECT, [part], FULL)
    assert.ok(over.type === 'body')
    assert.equal(over.misfits, 0)
  })
})

function logs(count: number): PlainLog[] {
  const random = seededRandom(count)
  const range = { fromUs: RECEIVED_AT_US - 60_000_000, toUs: RECEIVED_AT_US }
  return Array.from({ length: count }, () => randomLog(random, range))
}

function partOf(bytes: Uint8Array): BulkPart {
  const memory = new SharedArrayBuffer(bytes.length)
  new Uint8Array(memory).set(bytes)
  const rejected = checkRecords(openProven(new Uint8Array(memory))).map(({ index }) => index)
  const envelope = {
    receivedAtUs: BigInt(RECEIVED_AT_US),
    producer: 0x7fff_ffff_ffff_fff0n,
    epoch: 3,
    sequence: 77n,
    rejected,
  }
  const place = { partition: 2, position: 4_711 }
  return { envelope, memory, offset: 0, length: bytes.length, ...place, rows: null }
}

function rowsOf({ envelope, memory }: BulkPart): RowColumns {
  return openRows(envelope, openProven(new Uint8Array(memory)))
}

/** 0 = as proposed, 1 = full, 2 = all texts, 3 = all numbers. */
function typesFor(part: BulkPart, kind: number): KnownTypes {
  if (kind === 1) return FULL
  const built = buildBulkBody(PROJECT, [part], NOTHING_KNOWN)
  const proposed = built.type === 'unknown-keys' ? [...built.proposed] : []
  const byKey = Object.fromEntries(
    proposed.map(([key, type]) => [
      key,
      kind === 0 ? type : kind === 2 ? ('keyword' as const) : ('double' as const),
    ]),
  )
  return { byKey, isFull: true }
}

interface WrittenHit {
  readonly id: string
  readonly row: number
  /** A hit as Elasticsearch would give it, with the source as it was written. */
  readonly text: string
}

function hitsOf(part: BulkPart, types: KnownTypes): WrittenHit[] {
  const built = buildBulkBody(PROJECT, [part], types)
  assert.ok(built.type === 'body')
  const text = Buffer.from(built.bytes).toString('utf8')
  if (text === '') return []
  const lines = text.trimEnd().split('\n')
  return lines.flatMap((line, i) => {
    if (i % 2 === 1) return []
    const { create } = JSON.parse(line) as { create: { _id: string } }
    const source = lines[i + 1] as string
    const row = Number(/"logboy.row":(\d+)\}$/.exec(source)?.[1])
    return [{ id: create._id, row, text: `{"_id":"${create._id}","_source":${source}}` }]
  })
}

function answerBytes(hits: readonly string[]): Uint8Array {
  return Buffer.from(`{"hits":{"hits":[${hits.join(',')}]}}`)
}
