import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import { benchRule, measureAlerts } from './alerts.bench.ts'

test('the rules of the bench are such as it says', () => {
  const parsed = Array.from({ length: 1_000 }, (_, n) => parseAlertRule(benchRule(n)))
  const rules = parsed.map(each => (each.type === 'rule' ? each.rule : assert.fail()))
  const isRegex = ({ query }: { readonly query: string }) => query.includes('/')
  assert.equal(rules.filter(isRegex).length, 100)
  assert.equal(rules.filter(({ by }) => by.length > 0).length, 334)
})

test('a small load is measured, and does not fire', () => {
  const cost = measureAlerts({ projects: 1, rules: 50, rate: 500, seconds: 1 })
  assert.equal(cost.changes, 0)
  assert.ok(cost.groups > 0 && cost.deltaBytes > 0)
})
