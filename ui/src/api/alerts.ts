/** What rules say of a project at present. */
import type { AlertSeverity } from '#proto/alert-rule.ts'
import { call } from './client.ts'

export interface ActiveAlert {
  readonly id: number
  readonly rule_id: string
  readonly rule: string
  readonly severity: AlertSeverity
  /** Fields and values of the group; null = the logs have no such field. */
  readonly group: Readonly<Record<string, string | null>>
  readonly status: 'pending' | 'firing' | 'no_data' | 'ok'
  readonly value: number | null
  readonly since: string
  readonly window_end: string
  readonly acknowledged_by: string | null
}

/** As much of a rule as leads to its logs. */
export interface AlertRuleFacts {
  readonly id: string
  readonly rule: {
    readonly query?: string
    readonly metric?: string
    readonly window?: string
    readonly condition?: string
  }
}

export async function listActiveAlerts(
  project: string,
  signal: AbortSignal,
): Promise<readonly ActiveAlert[]> {
  const path = `/api/v1/alerts/active?${new URLSearchParams({ project })}`
  return (await call<{ alerts: ActiveAlert[] }>('GET', path, { signal })).alerts
}

export async function listAlertRules(
  project: string,
  signal: AbortSignal,
): Promise<readonly AlertRuleFacts[]> {
  const path = `/api/v1/alerts/rules?${new URLSearchParams({ project })}`
  return (await call<{ rules: AlertRuleFacts[] }>('GET', path, { signal })).rules
}

/** Somebody looks at it. */
export function acknowledgeAlert(project: string, id: number): Promise<void> {
  return call<void>('POST', `/api/v1/alerts/${id}/acknowledge`, { body: { project } })
}
