/** Rules in plain words, and what they say at present. */
import type { AlertRuleText } from '#proto/alert-rule.ts'
import type { ActiveAlert, AlertStatus, StoredRule, Uncounted, WarmUp } from '../api/alerts.ts'
import { countOf } from '../kit/number-text.ts'
import { orderAlerts } from './alert-model.ts'

export interface RuleState {
  /** The worst of its groups. */
  readonly status: AlertStatus | 'paused' | 'fault' | 'warming_up'
  /** Groups that are not well. */
  readonly groups: number
}

export function ruleState(
  { id, rule, fault, warm_up }: StoredRule,
  active: readonly ActiveAlert[],
): RuleState {
  const own = orderAlerts(active.filter(({ rule_id }) => rule_id === id))
  if (fault !== null) return { status: 'fault', groups: 0 }
  if (rule.enabled === false) return { status: 'paused', groups: 0 }
  const isWarming = warm_up !== null && warm_up.warming === warm_up.groups
  const rest = isWarming ? 'warming_up' : 'ok'
  return { status: own[0]?.status ?? rest, groups: own.length }
}

/** `3 of 24 values`, `2 of 5 groups warm up`. */
export function warmUpText({ samples, needed, groups, warming }: WarmUp): string {
  return warming < groups
    ? `${warming} of ${groups} groups warm up`
    : `${samples} of ${needed} values`
}

/** `12 rows came late, 300 of groups beyond the limit`. */
export function uncountedText({ late, left_out }: Uncounted): string {
  const parts = [
    late > 0 ? `${countOf(late, 'row')} came late` : '',
    left_out > 0 ? `${countOf(left_out, 'row')} of groups beyond the limit` : '',
  ]
  return parts.filter(part => part !== '').join(', ')
}

/** `count > 20 in 5m of service:checkout, by host`. */
export function ruleText(rule: AlertRuleText): string {
  const { aggregate = 'count', metric, condition = '', window = '5m', query = '*', by = [] } = rule
  const what = metric === undefined ? aggregate : `${aggregate} of ${metric}`
  const of = query.trim() === '*' || query.trim() === '' ? '' : ` of ${query}`
  const each = by.length === 0 ? '' : `, by ${by.join(', ')}`
  return `${`${what} ${condition}`.trim()} in ${window}${of}${each}`
}
