import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CSV_COLUMNS, csvHead, csvRow } from './csv.ts'

const ROW = JSON.stringify({
  time: '2026-11-28T23:00:00.000Z',
  level: 'WARN',
  service: 'a,b',
  host: '',
  message: 'said "no"\nand left',
  trace_id: null,
  span_id: null,
  attributes: { formula: '=HYPERLINK("x")', minus: '-5.5', at: '@SUM(A1)', n: -7, tags: ['a', 1] },
  ingested_at: '2026-11-28T23:00:00.000Z',
  file: '',
  pattern_id: null,
  id: 'x',
})

test('cells are quoted where they have to be, and fields that are missing are empty', () => {
  const options = {
    columns: ['level', 'service', 'message', 'trace_id', 'tags', 'no'],
    isEscaped: true,
  }
  assert.equal(csvHead(options), 'level,service,message,trace_id,tags,no\r\n')
  assert.equal(csvRow(ROW, options), 'WARN,"a,b","said ""no""\nand left",,"[""a"",1]",\r\n')
  assert.match(
    csvRow(ROW, { columns: CSV_COLUMNS, isEscaped: true }),
    /^2026-11-28T23:00:00.000Z,WARN,/,
  )
})

test('whatever a spreadsheet takes for the beginning of a formula, in any column or name', () => {
  const column = '=cmd|"/c calc"!A1'
  for (const sign of [
    '=',
    '+',
    '-',
    '@',
    '\t=',
    '\r=',
    '\n=',
    '\uff1d',
    '\uff0b',
    '\uff0d',
    '\uff20',
  ]) {
    const value = `${sign}1+1`
    const row = JSON.stringify({ ...(JSON.parse(ROW) as object), service: value })
    assert.match(
      csvRow(row, { columns: ['service'], isEscaped: true }),
      /^"?'/,
      JSON.stringify(sign),
    )
  }
  assert.match(csvHead({ columns: [column], isEscaped: true }), /^"'=/)
})

test('what a spreadsheet would run is text to it; numbers stay numbers', () => {
  const columns = ['formula', 'minus', 'at', 'n']
  assert.equal(
    csvRow(ROW, { columns, isEscaped: true }),
    `"'=HYPERLINK(""x"")",-5.5,'@SUM(A1),-7\r\n`,
  )
  assert.equal(
    csvRow(ROW, { columns, isEscaped: false }),
    '"=HYPERLINK(""x"")",-5.5,@SUM(A1),-7\r\n',
  )
})
