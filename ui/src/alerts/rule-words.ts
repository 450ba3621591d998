/** Rules in plain words, and what they say at present. */
import type { AlertRuleText } from '#proto/alert-rule.ts'
import type { ActiveAlert, AlertStatus, StoredRule } from '../api/alerts.ts'
import { orderAlerts } from './alert-model.ts'

export interface RuleState {
  /** The worst of its groups. */
  readonly status: AlertStatus | 'paused' | 'fault'
  /** Groups that are not well. */
  readonly groups: number
}

export function ruleState(
  { id, rule, fault }: StoredRule,
  active: readonly ActiveAlert[],
): RuleState {
  const own = orderAlerts(active.filter(({ rule_id }) => rule_id === id))
  if (fault !== null) return { status: 'fault', groups: 0 }
  if (rule.enabled === false) return { status: 'paused', groups: 0 }
  return { status: own[0]?.status ?? 'ok', groups: own.length }
}

/** `count > 20 in 5m of service:checkout, by host`. */
export function ruleText(rule: AlertRuleText): string {
  const { aggregate = 'count', metric, condition = '', window = '5m', query = '*', by = [] } = rule
  const what = metric === undefined ? aggregate : `${aggregate} of ${metric}`
  const of = query.trim() === '*' || query.trim() === '' ? '' : ` of ${query}`
  const each = by.length === 0 ? '' : `, by ${by.join(', ')}`
  return `${`${what} ${condition}`.trim()} in ${window}${of}${each}`
}
