import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import type { AlertRuleText } from '#proto/alert-rule.ts'
import { printRuleYaml } from './rule-yaml.ts'

test('a rule reads back from its YAML as it was, whatever its texts look like', () => {
  const rule: AlertRuleText = {
    name: '- no: "list" #1',
    enabled: false,
    query: 'a:"b" OR -c:[1 TO 2] | x',
    aggregate: 'p95(duration_ms)',
    window: '5m',
    condition: '> 20',
    resolve: 1.5,
    by: ['host', 'a,b', 'no', '1'],
    labels: { team: 'null', on: '0x1', empty: '', lines: 'a\nb', space: 'a ' },
    runbook: 'https://wiki.example/a#b',
  }
  assert.deepEqual(parse(printRuleYaml(rule)), { rules: [rule] })
  assert.match(
    printRuleYaml({ name: 'Checkout errors' }),
    /^rules:\n {2}- name: Checkout errors\n$/,
  )
})
