import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import type { Json } from '#proto/api.ts'
import { formatRowId } from '#proto/row-id.ts'
import { EXPORT_COLUMNS, encodeExport, exportSchema } from './export-rows.ts'
import { SegmentBuilder } from './footer.ts'

const folder = mkdtempSync(join(tmpdir(), 'logboy-export-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const TIME = '2026-03-01T10:00:00.123456789Z'

const text = fc.oneof(fc.constantFrom('', 'a', 'web-1', "it's"), fc.string({ unit: 'grapheme' }))
const value: fc.Arbitrary<Json> = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null))
const hex = fc.constantFrom(null, '0af7651916cd43dd8448eb211c80319c')
const row = fc
  .record({
    time: fc.constantFrom(TIME, '2026-03-01T10:00:00.000Z', '1970-01-01T00:00:00.000001Z'),
    level: fc.constantFrom('INFO', 'ERROR'),
    service: text,
    host: text,
    message: text,
    trace_id: hex,
    span_id: fc.constant(null),
    attributes: fc.dictionary(fc.constantFrom('path', 'n', 'a b', 'list'), value),
    ingested_at: fc.constant('2026-03-01T10:00:01.000Z'),
    file: text,
    pattern_id: fc.constantFrom('1', '9007199254740991'),
  })
  .chain(each => fc.nat(9).map(n => ({ ...each, id: idOf(n) })))
const groups = fc.array(fc.array(row, { minLength: 1, maxLength: 40 }), { maxLength: 3 })

function idOf(n: number): string {
  return formatRowId({ producerLow: 1, producerHigh: 0, seqLow: n, seqHigh: 0, row: n })
}

function fileOf(all: readonly (readonly object[])[], columns: readonly string[]): Buffer {
  const schema = exportSchema(columns)
  const builder = new SegmentBuilder(schema)
  const parts = [builder.header]
  for (const rows of all) {
    const json = rows.map(each => JSON.stringify(each))
    const { layout, bytes } = encodeExport(json, schema)
    parts.push(bytes, builder.add(layout))
  }
  parts.push(builder.finish(new Map()))
  return Buffer.concat(parts)
}

/** A sample of files with what is in them. */
const columns = [...EXPORT_COLUMNS, 'path', 'n', 'severity_text']
const samples = [
  [],
  [Array.from({ length: 5_000 }, (_, n) => rowOf(n))],
  ...fc.sample(groups, { numRuns: 20, seed: 11 }),
].map(all => ({ rows: all.flat(), bytes: fileOf(all, columns) }))

/** Texts of several pages. */
function rowOf(n: number) {
  const common = { level: 'WARN', service: 'shop', host: 'h', file: '', pattern_id: '5' }
  return {
    ...common,
    time: new Date(n).toISOString(),
    message: `order ${n} ${'x'.repeat(n % 200)}`,
    trace_id: null,
    span_id: null,
    attributes: { path: `/order/${n % 7}`, n },
    ingested_at: '2026-03-01T10:00:01.000Z',
    id: idOf(n),
  }
}

type Exported = ReturnType<typeof rowOf> | (typeof samples)[number]['rows'][number]

/** What a reader must find: times as instants, texts, null where a row has nothing. */
function expectedOf(each: Exported): Record<string, Json> {
  const attribute = (name: string): Json => {
    const found = (each.attributes as Record<string, Json>)[name] ?? null
    return found === null || typeof found === 'string' ? found : JSON.stringify(found)
  }
  return {
    ...each,
    time: millis(each.time),
    time_sub_ns: each.time === TIME ? 789 : 0,
    ingested_at: millis(each.ingested_at),
    attributes: JSON.parse(JSON.stringify(each.attributes)) as Json,
    path: attribute('path'),
    n: attribute('n'),
    severity_text: null,
  }
}

function millis(time: string): number {
  return Date.parse(`${time.slice(0, 23)}Z`)
}

test('hyparquet reads back every row in its order', async () => {
  for (const { rows, bytes } of samples) {
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
    const found = await parquetReadObjects({
      file: file as ArrayBuffer,
      compressors: { ZSTD: body => zstdDecompressSync(body) },
    })
    const plain = found.map(each => ({
      ...each,
      time: Math.floor(Number(each['time'] as Date)),
      ingested_at: Number(each['ingested_at'] as Date),
    }))
    assert.deepEqual(nullsFor(plain), rows.map(expectedOf))
  }
})

function nullsFor(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return rows.map(each =>
    Object.fromEntries(Object.entries(each).map(([key, cell]) => [key, cell ?? null])),
  )
}

test('DuckDB reads back every row in its order, with times and JSON as such', async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    for (const [i, { rows, bytes }] of samples.entries()) {
      const path = join(folder, `${i}.parquet`)
      writeFileSync(path, bytes)
      const sql = `SELECT * REPLACE (
          floor(epoch_us(time) / 1000)::DOUBLE AS time,
          epoch_ms(ingested_at)::DOUBLE AS ingested_at,
          attributes::VARCHAR AS attributes
        ) FROM '${path}'`
      const found = (await connection.runAndReadAll(sql)).getRowObjectsJS()
      const plain = found.map(each => ({
        ...each,
        attributes: JSON.parse(each['attributes'] as string) as Json,
      }))
      assert.deepEqual(plain, rows.map(expectedOf))
    }
    const [types] = (
      await connection.runAndReadAll(
        `SELECT typeof(time), typeof(attributes), typeof(id) FROM '${join(folder, '1.parquet')}' LIMIT 1`,
      )
    ).getRows()
    assert.deepEqual(types, ['TIMESTAMP WITH TIME ZONE', 'JSON', 'VARCHAR'])
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
})

test('a column that is named twice is one, and an unknown one is empty', async () => {
  const bytes = fileOf([[rowOf(1)]], ['message', 'nothing', 'message'])
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
  const found = await parquetReadObjects({
    file: file as ArrayBuffer,
    compressors: { ZSTD: body => zstdDecompressSync(body) },
  })
  assert.deepEqual(nullsFor(found), [{ message: 'order 1 x', nothing: null }])
})
