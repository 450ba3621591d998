import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { alertRuleArbitrary } from '#proto/testing/alert-rule-arbitrary.ts'
import { faultText, parseRuleFile, printRules } from './rule-file.ts'

test('rules read back from YAML and JSON as they were', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(alertRuleArbitrary, { minLength: 1, maxLength: 4, selector: r => r.name }),
      rules => {
        assert.deepEqual(parseRuleFile(printRules(rules)), { type: 'rules', rules })
      },
    ),
  )
  const json = '[{"name": "a", "condition": "> 1"}]'
  const parsed = parseRuleFile(json)
  assert.equal(parsed.type === 'rules' && parsed.rules[0]?.name, 'a')
})

test('no file makes it crash', () => {
  const odd = fc.oneof(
    fc.string(),
    fc.string({
      unit: fc.constantFrom('rules', ':', '\n', ' ', '-', '{', '[', '&a', '*a', '"', '!!', 'name'),
    }),
  )
  fc.assert(
    fc.property(odd, text => {
      const parsed = parseRuleFile(text)
      if (parsed.type === 'rules') return
      assert.ok(parsed.faults.length > 0)
      for (const { line, column } of parsed.faults) assert.ok(line >= 1 && column >= 1, text)
    }),
    { numRuns: 1_000 },
  )
})

function faultsOf(text: string): string[] {
  const parsed = parseRuleFile(text)
  return parsed.type === 'rules' ? [] : parsed.faults.map(faultText)
}

test('what is wrong is told with line and column, into the query', () => {
  const text = `rules:
  - name: errors
    query: level:error (a
    condition: '> 20'
  - name: slow
    query: 'a OR'
    aggregate: p95(duration_ms)
    condition: '> 20'
    windw: 5m
  - name: errors
    condition: '> 1'
`
  const told = faultsOf(text)
  assert.match(told[0] ?? '', /^line 3, column 24: rules.0.query: /)
  assert.match(told[1] ?? '', /^line 6, column 15: rules.1.query: /)
  assert.match(told[2] ?? '', /^line 9, column 12: rules.1.windw: .*window\?$/)
  assert.match(faultsOf('rules: [').join(), /^line 1, column \d+: /)
  assert.match(faultsOf('- name: a\n  condition: > 20\n').join(), /^line 2.* needs quotes: '> 20'$/)
  assert.deepEqual(faultsOf('a: 1'), ['line 1, column 1: expected `rules:` and a list of them'])
  const twice = 'rules:\n- {name: a, condition: "> 1"}\n- {name: a, condition: "> 1"}\n'
  assert.deepEqual(faultsOf(twice), ['line 3, column 10: rule 1 has the name "a", too'])
})
