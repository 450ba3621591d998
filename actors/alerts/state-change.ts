/** A change as the catalog keeps it, with what a message says of its rule and group. */
import { type AlertAbout, LOG_TARGET, type NewStateChange } from '#actors/catalog/alert-states.ts'
import {
  type AlertRule,
  isMetricRule,
  isPatternRule,
  metricOf,
  printAggregate,
  printCondition,
} from '#proto/alert-rule.ts'
import type { AlertChange, StoredRule } from './alert-engine.ts'
import { alertKey } from './alert-key.ts'

export function stateChange(
  projectId: string,
  { id: ruleId, version, rule }: StoredRule,
  { key, to, value, windowEndUs, atUs }: AlertChange,
): NewStateChange {
  return {
    projectId,
    ruleId,
    version,
    key: alertKey(key),
    to,
    value,
    windowEndUs,
    atUs,
    about: alertAbout(rule, key),
    targets: [LOG_TARGET],
  }
}

/** What a message says of a rule and one of its groups. */
export function alertAbout(rule: AlertRule, key: string): AlertAbout {
  const { name, severity, labels, runbook } = rule
  return {
    rule: name,
    severity,
    labels,
    group: groupOf(rule, key),
    runbook,
    condition: conditionText(rule),
    query: isMetricRule(rule) ? null : rule.query,
    window_s: rule.windowS,
  }
}

/** Values of a group by field. */
export function groupOf(
  rule: Pick<AlertRule, 'by' | 'aggregate'>,
  key: string,
): Record<string, string | null> {
  if (isPatternRule(rule)) return { pattern_id: key }
  if (key === '') return {}
  const values = JSON.parse(key) as (string | null)[]
  return Object.fromEntries(rule.by.map((field, i) => [field, values[i] ?? null]))
}

/** `count > 20`, `p95 of http_request_seconds > 2`. */
export function conditionText(rule: AlertRule): string {
  const { condition } = rule
  const [what, metric] = [printAggregate(rule.aggregate), metricOf(rule)]
  const of = metric === null ? what : `${what} of ${metric}`
  return condition === null ? of : `${of} ${printCondition(condition)}`
}
