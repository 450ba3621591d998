import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Level, SEVERITY_OF_LEVEL } from '#proto/api.ts'
import { openLogBatch } from '#proto/log-batch.ts'
import { printQuery } from '#proto/query/print.ts'
import { fixTimes } from '#proto/query/times.ts'
import { parseQuery } from '#proto/query.ts'
import { parseTime } from '#proto/time.ts'
import { ANY_TIME, compileMatcher } from './matcher.ts'
import { openRows } from './rows.ts'
import {
  encodeRecords,
  envelopeOf,
  type PlainRecord,
  type PlainValue,
} from './testing/plain-records.ts'

const PAGE = readFileSync('docs/query-language.md', 'utf8')
const NOW_US = Date.UTC(2026, 10, 28, 12, 10) * 1_000

test('every example of docs/query-language.md finds what the page says', () => {
  const batch = openLogBatch(encodeRecords(sampleLogs()))
  const rows = openRows(envelopeOf({ receivedAtUs: BigInt(NOW_US) }), batch)
  const examples = tableRows('which are')
  assert.ok(examples.length > 40, `${examples.length} examples`)
  for (const [text = '', , numbers = ''] of examples) {
    const parsed = parseQuery(text)
    assert.ok(parsed.type === 'query', `${text}: ${JSON.stringify(parsed)}`)
    const query = fixTimes(parsed.query, NOW_US, null)
    const matcher = compileMatcher({ ...ANY_TIME, query, services: [], levels: [] })
    const expected = numbers === '' ? [] : numbers.split(', ').map(Number)
    assert.deepEqual(
      Array.from(matcher.select(rows), row => row + 1),
      expected,
      text,
    )
    assert.deepEqual(parseQuery(printQuery(parsed.query)), parsed, text)
  }
})

test('every query that the page calls wrong is refused as the page says', () => {
  const examples = tableRows('suggestion')
  assert.ok(examples.length > 5)
  for (const [text = '', because, suggestion] of examples) {
    const parsed = parseQuery(text)
    assert.ok(parsed.type === 'fault', text)
    assert.equal(parsed.fault.message, because)
    assert.equal(parsed.fault.suggestion, suggestion === '' ? null : suggestion)
  }
})

/** The cells of all tables whose last column is named so. */
function tableRows(lastColumn: string): string[][] {
  const tables = PAGE.split('\n\n').filter(part => part.split('\n')[0]?.endsWith(`${lastColumn} |`))
  return tables.flatMap(table => table.trim().split('\n').slice(2).map(cells))
}

/** Code in backticks is taken out of them; a bar within it is a bar. */
function cells(line: string): string[] {
  const found = [...line.matchAll(/\| (?:`([^`]*)`|([^|]*?)) ?(?= ?\|)/g)]
  return found.map(([, code, text]) => code ?? (text as string).trim())
}

const OWN = new Set(['time', 'level', 'service', 'host', 'message', 'trace_id'])

function sampleLogs(): PlainRecord[] {
  const [, lines = ''] = /```json\n([\s\S]*?)```/.exec(PAGE) ?? []
  return lines
    .trim()
    .split('\n')
    .map(line => {
      const log = JSON.parse(line) as Readonly<Record<string, PlainValue>>
      const text = (name: string): string => String(log[name] ?? '')
      return {
        timeUs: parseTime(text('time'))?.timeUs ?? 0,
        severity: SEVERITY_OF_LEVEL[text('level') as Level],
        severityText: '',
        service: text('service'),
        host: text('host'),
        file: '',
        message: text('message'),
        traceId: text('trace_id'),
        spanId: '',
        attributes: Object.entries(log).filter(([name]) => !OWN.has(name)),
      }
    })
}
