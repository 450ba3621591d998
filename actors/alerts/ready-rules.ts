/**
 * Rules that every new project has, ready to be turned on. None is enabled: what is much differs
 * from project to project, and one that nobody needs would be evaluated in each of them.
 */
import type { NewAlertRule } from '#actors/catalog/alert-rules.ts'
import { type AlertRuleText, printAlertRule } from '#proto/alert-rule.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import type { Random } from '#runtime/index.ts'
import { mintRuleId } from './rule-id.ts'

export const READY_RULES: readonly AlertRuleText[] = [
  {
    name: 'Error spike',
    aggregate: 'ratio(level:>=error)',
    window: '5m',
    condition: '> 0.1',
    resolve: 0.05,
    for: '1m',
    severity: 'critical',
  },
  { name: 'Traffic spike', aggregate: 'change', window: '15m', condition: '> 200' },
  { name: 'Unusual traffic', aggregate: 'anomaly(count)', window: '15m', condition: '> 5' },
  { name: 'Traffic stopped', aggregate: 'absence', window: '15m', severity: 'critical' },
  {
    name: 'Latency p95',
    aggregate: 'p95(duration_ms)',
    window: '5m',
    condition: '> 1000',
    resolve: 800,
    for: '1m',
    by: ['service'],
  },
  { name: 'New error pattern', query: 'level:>=error', aggregate: 'new_pattern', window: '1d' },
  {
    name: 'Metric threshold',
    metric: 'http.duration',
    aggregate: 'p95',
    window: '5m',
    condition: '> 1000',
    for: '1m',
  },
]

/** As the catalog keeps what people write. */
const KEPT = READY_RULES.map(text => {
  const parsed = parseAlertRule({ ...text, enabled: false })
  if (parsed.type === 'faults') throw new Error(`the rule ${text.name} is none`)
  return printAlertRule(parsed.rule)
})

/** For one project. */
export function readyRules(random: Random): readonly NewAlertRule[] {
  return KEPT.map(rule => ({ id: mintRuleId(random), rule }))
}
