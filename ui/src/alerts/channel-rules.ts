import { type AlertChannel, hearsOf } from '#proto/alert-channel.ts'
import { ALERT_DEFAULTS } from '#proto/alert-rule.ts'
import type { StoredRule } from '../api/alerts.ts'

/** Rules that a channel is told of. */
export function rulesOf(
  channel: Pick<AlertChannel, 'severity' | 'labels'>,
  rules: readonly StoredRule[],
): readonly StoredRule[] {
  return rules.filter(({ rule: { severity = ALERT_DEFAULTS.severity, labels = {} } }) =>
    hearsOf(channel, { severity, labels }),
  )
}
