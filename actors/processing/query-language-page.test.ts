import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { printQuery } from '#proto/query/print.ts'
import { fixTimes } from '#proto/query/times.ts'
import { parseQuery } from '#proto/query.ts'
import { ANY_TIME, compileMatcher } from './matcher.ts'
import { NOW_US, pageRows } from './testing/query-language-page.ts'

const PAGE = readFileSync('docs/query-language.md', 'utf8')

test('every example of docs/query-language.md finds what the page says', () => {
  const rows = pageRows(PAGE)
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
