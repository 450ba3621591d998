import type { AlertChannel } from '#proto/alert-channel.ts'
import { ALERT_DEFAULTS, ALERT_SEVERITIES } from '#proto/alert-rule.ts'
import type { StoredRule } from '../api/alerts.ts'

/** Rules that a channel is told of: of its severity on, and with all of its labels. */
export function rulesOf(
  { severity, labels }: Pick<AlertChannel, 'severity' | 'labels'>,
  rules: readonly StoredRule[],
): readonly StoredRule[] {
  const from = ALERT_SEVERITIES.indexOf(severity)
  return rules.filter(({ rule }) => {
    const own = ALERT_SEVERITIES.indexOf(rule.severity ?? ALERT_DEFAULTS.severity)
    return own >= from && Object.entries(labels).every(([key, text]) => rule.labels?.[key] === text)
  })
}
