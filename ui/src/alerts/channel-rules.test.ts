import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertRuleText } from '#proto/alert-rule.ts'
import type { StoredRule } from '../api/alerts.ts'
import { rulesOf } from './channel-rules.ts'

const stored = (rule: AlertRuleText): StoredRule => ({
  id: rule.name,
  rule,
  version: 1,
  created_at: '',
  updated_at: '',
  updated_by: '',
  fault: null,
  uncounted: null,
  warm_up: null,
})

test('a channel hears of rules from its severity on that have all of its labels', () => {
  const rules = [
    stored({ name: 'plain' }),
    stored({ name: 'info', severity: 'info', labels: { team: 'shop' } }),
    stored({ name: 'shop', severity: 'critical', labels: { team: 'shop', tier: '1' } }),
    stored({ name: 'other', severity: 'critical', labels: { team: 'mail' } }),
  ]
  const heard = (...wish: Parameters<typeof rulesOf>): readonly string[] =>
    rulesOf(...wish).map(({ id }) => id)
  assert.deepEqual(heard({ severity: 'info', labels: {} }, rules), [
    'plain',
    'info',
    'shop',
    'other',
  ])
  assert.deepEqual(heard({ severity: 'warning', labels: {} }, rules), ['plain', 'shop', 'other'])
  assert.deepEqual(heard({ severity: 'info', labels: { team: 'shop' } }, rules), ['info', 'shop'])
})
