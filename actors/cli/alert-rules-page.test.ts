/** docs/alert-rules.md says what is true: every key, default, example and answer of it. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { parseRuleFile } from '#actors/alerts/rule-file.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import { runLogboy } from './testing/run-logboy.ts'

const PAGE = readFileSync('docs/alert-rules.md', 'utf8')
/** What makes a rule of a key alone. */
const BESIDE: Readonly<Record<string, object>> = {
  metric: { aggregate: 'rate' },
  resolve: { condition: '> 20' },
}
const BASE = { name: 'r', condition: '> 2' }

function block(language: string): string {
  const [, text = ''] = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(PAGE) ?? []
  assert.notEqual(text, '')
  return text
}

/** Cells of the table of keys, code out of its backticks and read as YAML. */
function keys() {
  const lines = PAGE.split('\n').filter(line => line.startsWith('| `'))
  return lines.map(line => {
    const cells = line.split(/(?<!\\) ?\| ?/).slice(1, -1)
    const read = (at: number): unknown => {
      const [, code] = /^`(.*)`$/.exec(cells[at] ?? '') ?? []
      return code === undefined ? undefined : parse(code.replaceAll('\\|', '|'))
    }
    return { key: String(read(0)), standard: read(2), good: read(5), bad: read(6) }
  })
}

test('the keys of the page are those that there are', () => {
  const refused = parseAlertRule({ ...BASE, zzz: 1 })
  const [fault] = refused.type === 'faults' ? refused.faults : []
  const [, known = ''] = /expected one of (.*)$/.exec(fault?.message ?? '') ?? []
  assert.deepEqual(
    keys().map(({ key }) => key),
    known.split(', '),
  )
})

test('each key has the default of the page, takes its example and refuses what it calls wrong', () => {
  for (const { key, standard, good, bad } of keys()) {
    const rule = { ...BASE, ...BESIDE[key] }
    const parsed = (value: unknown) => parseAlertRule({ ...rule, [key]: value })
    if (standard !== undefined) assert.deepEqual(parsed(standard), parseAlertRule(rule), key)
    assert.equal(parsed(good).type, 'rule', `${key}: ${JSON.stringify(parsed(good))}`)
    assert.notDeepEqual(parsed(good), parseAlertRule(rule), `${key} means something`)
    const refused = parsed(bad)
    const paths = refused.type === 'faults' ? refused.faults.map(({ path }) => path[0]) : []
    assert.ok(paths.includes(key), `${key}: ${JSON.stringify(bad)} is refused there`)
  }
})

test('the file of the page is one, and says of its logs what the page says', async t => {
  const text = block('yaml')
  const file = parseRuleFile(text)
  assert.equal(file.type, 'rules', JSON.stringify(file))
  const folder = mkdtempSync(join(tmpdir(), 'logboy-rules-page-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const [rules, logs] = [join(folder, 'rules.yaml'), join(folder, 'logs.ndjson')]
  writeFileSync(rules, text)
  writeFileSync(logs, block('json'))
  const told = await runLogboy(['alerts', 'test', rules, '--logs', logs, '--json'])
  const lines = told.stdout.split('\n')
  for (const line of block('text').trim().split('\n')) assert.ok(lines.includes(line), told.stdout)
})
