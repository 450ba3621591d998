import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ANY_TIME, type RowFilter } from '#actors/processing/matcher.ts'
import type { NumberFunction } from '#proto/query/analysis.ts'
import { compileAggregate, type WideFile, type WideSelect } from './sql.ts'

describe('SQL of aggregates', () => {
  test('names files, columns and values in quotes that nothing breaks out of', () => {
    const sql = compileAggregate(
      [file({ path: "/it's/a.parquet", numbers: ['attr.d.a"b'], by: ['attr.s.x"y'] })],
      filter({ services: ["o'hara"] }),
      select('max', 1),
    )
    assert.ok(sql.includes("read_parquet(['/it''s/a.parquet'])"))
    assert.ok(sql.includes('coalesce(CAST("attr.d.a""b" AS DOUBLE)) AS DOUBLE) AS value'))
    assert.ok(sql.includes('THEN "attr.s.x""y" END AS key0'))
    assert.ok(sql.includes("IN ('o''hara')"))
  })

  test('has ranges with their starts and without their ends', () => {
    const times = { startUs: 5, endUs: 9, ingestedStartUs: 3, ingestedEndUs: 4 }
    const sql = compileAggregate(
      [file({ rows: { first: 10, end: 20 } })],
      filter(times),
      select('avg'),
    )
    assert.ok(sql.includes('time >= make_timestamptz(5) AND time < make_timestamptz(9)'))
    assert.ok(sql.includes('received_at >= make_timestamptz(3)'))
    assert.ok(sql.includes('received_at < make_timestamptz(4)'))
    assert.ok(sql.includes('(file_row_number >= 10 AND file_row_number < 20)'))
    assert.ok(!compileAggregate([file({})], filter({}), select('avg')).includes('time >='))
  })

  test('reads files with the same columns in one go, and others apart', () => {
    const files = [
      file({ path: 'a' }),
      file({ path: 'b' }),
      file({ path: 'c', numbers: ['attr.d.n', 'attr.i.n'] }),
      file({ path: 'd', rows: { first: 0, end: 5 } }),
      file({ path: 'd', rows: { first: 9, end: 12 } }),
    ]
    const sql = compileAggregate(files, filter({}), select('p95'))
    assert.equal(sql.match(/read_parquet/g)?.length, 3)
    assert.ok(sql.includes("read_parquet(['a', 'b'])"))
    assert.ok(sql.includes('coalesce(CAST("attr.d.n" AS DOUBLE), CAST("attr.i.n" AS DOUBLE))'))
    assert.ok(sql.includes("read_parquet(['d'], file_row_number = true)"))
    assert.ok(!sql.includes('union_by_name'))
  })

  test('counts different numbers for quantiles only where they are few in all files', () => {
    const [few, many] = [file({ isRepeated: true }), file({ path: 'g' })]
    const isCounted = (files: readonly WideFile[], fn: NumberFunction): boolean =>
      compileAggregate(files, filter({}), select(fn)).includes('AS place')
    assert.equal(isCounted([few], 'p95'), true)
    assert.equal(isCounted([few], 'avg'), false)
    assert.equal(isCounted([few, many], 'p95'), false)
  })

  test('makes keys of what was counted, but counts no more long texts than there are keys', () => {
    const by = ['service', 'severity', 'message', 'attr.s.x']
    const sql = compileAggregate([file({ isRepeated: true, by })], filter({}), select('p95', 4))
    assert.ok(sql.includes("nullif(part0, '') AS key0"))
    assert.ok(sql.includes('CAST(part1 AS INTEGER)'))
    assert.ok(sql.includes('part2 AS key2, part3 AS key3, '))
    assert.ok(sql.includes('SELECT service AS part0, severity AS part1, CASE WHEN strlen('))
  })

  test('selects levels by their four numbers, and nothing by levels that exclude each other', () => {
    const terms = [{ type: 'field', field: 'level', value: 'error' }] as const
    const errors = compileAggregate([file({})], filter({ query: { terms } }), select('min'))
    assert.ok(errors.includes('severity IN (17, 18, 19, 20)'))
    const none = filter({ query: { terms }, levels: ['INFO'] })
    assert.ok(compileAggregate([file({})], none, select('min')).includes('WHERE false'))
  })
})

function file(change: Partial<WideFile>): WideFile {
  return { path: 'f', rows: null, numbers: ['attr.d.n'], isRepeated: false, by: [], ...change }
}

function filter(change: Partial<RowFilter>): RowFilter {
  return { query: { terms: [] }, services: [], levels: [], ...ANY_TIME, ...change }
}

function select(fn: NumberFunction, keys = 0): WideSelect {
  return { keys, barUs: null, functions: [fn], told: { type: 'all' }, hasExtra: false }
}
