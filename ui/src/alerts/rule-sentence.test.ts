import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertRuleText } from '#proto/alert-rule.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import { ruleSentence } from './rule-sentence.ts'

test('every kind of rule is a sentence', () => {
  const cases: readonly (readonly [Partial<AlertRuleText>, string])[] = [
    [
      { condition: '> 20', by: ['host'] },
      'Fires when the number of logs in 5 minutes is over 20, for each host by itself.',
    ],
    [
      { aggregate: 'p95(duration_ms)', condition: '>= 800', for: '2m', window: '1h' },
      'Fires when the p95 of duration_ms in 1 hour is at least 800 and has been for 2 minutes.',
    ],
    [
      { aggregate: 'ratio(level:error)', condition: '> 0.05' },
      'Fires when the share of logs that match level:error in 5 minutes is over 5 %.',
    ],
    [
      { metric: 'queue.depth', aggregate: 'max', condition: '< 3' },
      'Fires when the largest value of queue.depth in 5 minutes is under 3.',
    ],
    [
      { aggregate: 'anomaly(count)', condition: '> 5' },
      'Fires when the number of logs in 5 minutes is over 5 standard deviations above what is usual at this time of day.',
    ],
    [
      { aggregate: 'anomaly(rate)', metric: 'orders', condition: '<= -5' },
      'Fires when the rate of orders in 5 minutes is at least 5 standard deviations below what is usual at this time of day.',
    ],
    [{ aggregate: 'absence' }, 'Fires when no log has come for 5 minutes.'],
  ]
  for (const [parts, words] of cases) {
    const parsed = parseAlertRule({ name: 'r', ...parts })
    assert.ok(parsed.type === 'rule')
    assert.equal(ruleSentence(parsed.rule), words)
  }
})
