import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AlertRuleText, printAlertRule } from '#proto/alert-rule.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import { conditionsProblem, previewedRule, readForm, ruleOf, textsOf } from './rule-form.ts'

const RULES: readonly AlertRuleText[] = [
  { name: 'a', condition: '> 20' },
  {
    name: 'all of it',
    enabled: false,
    query: 'service:checkout (a OR "b c")',
    aggregate: 'p95(duration_ms)',
    window: '10m',
    condition: '>= 800.5',
    resolve: 600,
    by: ['host', 'service'],
    groups_max: 50,
    for: '2m',
    keep_firing_for: '5m',
    lateness: '30s',
    severity: 'critical',
    labels: { team: 'payments', note: 'a=b' },
    runbook: 'https://wiki.example/checkout',
  },
  { name: 'share', aggregate: 'ratio(level:>=error (a OR b))', condition: '> 0.1' },
  { name: 'unusual', aggregate: 'anomaly(p95(duration_ms))', condition: '> 5' },
  { name: 'unusual metric', metric: 'orders', aggregate: 'anomaly(rate)', condition: '< -5' },
  { name: 'metric', metric: 'http.duration', aggregate: 'p99', condition: '< 3', by: ['path'] },
  { name: 'silence', aggregate: 'absence', query: 'service:mailer', by: ['host'] },
  { name: 'patterns', aggregate: 'new_pattern', query: 'level:error' },
]

test('a rule comes out of the form as it went in', () => {
  for (const rule of RULES) {
    const [before, after] = [parseAlertRule(rule), parseAlertRule(ruleOf(textsOf(rule)))]
    assert.ok(before.type === 'rule' && after.type === 'rule', rule.name)
    assert.deepEqual(printAlertRule(after.rule), printAlertRule(before.rule))
    assert.deepEqual(readForm(textsOf(rule)).problems, {})
  }
})

test('what is wrong stands beside its field', () => {
  const texts = {
    ...textsOf({ name: '' }),
    query: 'a (',
    fn: 'avg',
    window: 'soon',
    threshold: 'many',
    labels: 'team',
    runbook: 'wiki',
    resolve: 'x',
    by: 'message',
  }
  const { rule, problems } = readForm(texts)
  assert.equal(rule, null)
  assert.deepEqual(Object.keys(problems).sort(), [
    'argument',
    'by',
    'labels',
    'name',
    'query',
    'resolve',
    'runbook',
    'threshold',
    'window',
  ])
  assert.equal(problems.argument, 'name a field')
})

test('a preview needs neither a name nor labels, and does not change with them', () => {
  const texts = { ...textsOf({ name: '', condition: '> 20' }), labels: 'half', runbook: 'http:' }
  const asked = previewedRule(texts)
  assert.equal(asked?.condition, '> 20')
  assert.deepEqual(previewedRule({ ...texts, name: 'Errors', severity: 'critical' }), asked)
  assert.equal(previewedRule({ ...texts, threshold: '' }), null)
})

test('stages behind conditions are marked: a rule counts by itself', () => {
  const problem = conditionsProblem('level:error | count by host')
  assert.equal(problem?.suggestion, 'level:error')
  assert.equal(problem?.from, 12)
  assert.equal(conditionsProblem('level:error'), null)
  assert.notEqual(conditionsProblem('level:('), null)
})
