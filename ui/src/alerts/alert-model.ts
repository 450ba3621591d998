/** Alerts as pages tell them: the worst first, in words, and the logs that they are about. */
import { ALERT_SEVERITIES, type AlertRuleText } from '#proto/alert-rule.ts'
import { printQuery } from '#proto/query/print.ts'
import { parseDuration } from '#proto/time.ts'
import type { ActiveAlert, AlertGroup, AlertStatus } from '../api/alerts.ts'
import { type Closer, exploreSearch, parseDashboard } from '../dashboard/dashboard-url-model.ts'
import { fieldTerm } from '../explore/query-text-model.ts'
import { timeMs } from '../kit/wall-time.ts'

/** As much of a rule as leads to its logs. */
type RuleLogs = Pick<AlertRuleText, 'query' | 'metric' | 'window'>

const STATUSES: readonly AlertStatus[] = ['firing', 'no_data', 'pending']
export const STATUS_NAMES: Readonly<Record<AlertStatus, string>> = {
  firing: 'firing',
  no_data: 'no data',
  pending: 'pending',
  ok: 'ok',
}
const WINDOW_DEFAULT = '5m'
const AFTER_MS = 60_000

/** Firing before the others, critical before warnings, the longest first. */
export function orderAlerts(alerts: readonly ActiveAlert[]): readonly ActiveAlert[] {
  const rank = ({ status, severity }: ActiveAlert): number =>
    STATUSES.indexOf(status) * ALERT_SEVERITIES.length +
    (ALERT_SEVERITIES.length - 1 - ALERT_SEVERITIES.indexOf(severity))
  return alerts
    .filter(({ status }) => STATUSES.includes(status))
    .toSorted((a, b) => rank(a) - rank(b) || timeMs(a.since) - timeMs(b.since))
}

/** `2 firing, 1 pending`; '' = all is well. */
export function alertsText(alerts: readonly ActiveAlert[]): string {
  return STATUSES.map(status => {
    const count = alerts.filter(alert => alert.status === status).length
    return count === 0 ? '' : `${count} ${STATUS_NAMES[status]}`
  })
    .filter(text => text !== '')
    .join(', ')
}

/** `host web-1, path (none)`. */
export function groupText({ group }: { readonly group: AlertGroup }): string {
  return Object.entries(group)
    .map(([field, value]) => `${field} ${value ?? '(none)'}`)
    .join(', ')
}

/** The logs of the group, from the window that it began with to the one that spoke last. */
export function logsOf(
  alert: Pick<ActiveAlert, 'group' | 'since' | 'window_end'>,
  rule: RuleLogs | undefined,
): Closer {
  const windowMs = (parseDuration(rule?.window ?? WINDOW_DEFAULT) ?? 0) * 1000
  const fromMs = timeMs(alert.since) - windowMs
  const interval = { fromMs, toMs: Math.max(timeMs(alert.window_end), fromMs) + AFTER_MS }
  // Points of a metric are no logs: its service and host are.
  const isMetric = rule?.metric !== undefined
  const terms = Object.entries(alert.group)
    .filter(([field]) => !isMetric || field === 'service' || field === 'host')
    .map(([field, value]) =>
      value === null
        ? printQuery({ terms: [{ type: 'not', term: { type: 'exists', field } }] })
        : fieldTerm(field, value),
    )
  return { query: isMetric ? '' : (rule?.query ?? ''), terms, interval }
}

/** The explorer's address for the logs behind an alert. */
export function logsSearch(
  project: string,
  alert: Pick<ActiveAlert, 'group' | 'since' | 'window_end'>,
  rule: RuleLogs | undefined,
): string {
  const defaults = { zone: 'local' } as const
  const state = { ...parseDashboard('', defaults), project }
  return exploreSearch(state, logsOf(alert, rule), defaults)
}
