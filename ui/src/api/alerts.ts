/** Alert rules of a project, and what they say of it. */
import type { AlertRuleText, AlertSeverity } from '#proto/alert-rule.ts'
import { call } from './client.ts'

export type AlertStatus = 'pending' | 'firing' | 'no_data' | 'ok'
/** Fields and values; null = the logs have no such field. */
export type AlertGroup = Readonly<Record<string, string | null>>

export interface ActiveAlert {
  readonly id: number
  readonly rule_id: string
  readonly rule: string
  readonly severity: AlertSeverity
  readonly group: AlertGroup
  readonly status: AlertStatus
  readonly value: number | null
  /** Id of the silence that keeps people from being told. */
  readonly silenced_by: string | null
  readonly since: string
  readonly window_end: string
  readonly acknowledged_by: string | null
  readonly acknowledged_at: string | null
  readonly note: string | null
}

export interface StoredRule {
  readonly id: string
  readonly rule: AlertRuleText
  readonly version: number
  readonly created_at: string
  readonly updated_at: string
  readonly updated_by: string
  /** Why it is not evaluated. */
  readonly fault: string | null
  readonly warm_up: WarmUp | null
  readonly uncounted: Uncounted | null
}

/** Rows that a rule did not count since it was changed. */
export interface Uncounted {
  /** They came after their window. */
  readonly late: number
  /** Of groups beyond the cap. */
  readonly left_out: number
}

/** Of an anomaly while what is usual is not known of all groups: the others never fire. */
export interface WarmUp {
  /** Of the group that has most. */
  readonly samples: number
  readonly needed: number
  readonly groups: number
  readonly warming: number
}

/** A change of state, as it stands in the history. */
export interface AlertChange {
  readonly id: number
  readonly at: string
  readonly rule_id: string
  readonly rule: string
  readonly severity: AlertSeverity
  readonly condition: string
  readonly group: AlertGroup
  readonly from: AlertStatus
  readonly to: AlertStatus
  readonly value: number | null
  readonly window_end: string
  /** null = the logs did it. */
  readonly actor: string | null
  readonly note: string | null
}

export interface HistoryQuestion {
  readonly project: string
  /** Id; '' = all. */
  readonly rule: string
  /** `next` of the page before; '' = the newest. */
  readonly before: string
}

export interface HistoryPage {
  readonly changes: readonly AlertChange[]
  readonly next: number | null
}

export interface BacktestQuestion {
  readonly project: string
  readonly rule: AlertRuleText
  readonly start_time: string
  readonly end_time: string
  /** Whose messages are counted. */
  readonly channel?: string
}

export interface Backtest {
  readonly start_time: string
  /** Earlier than asked for where there are too many rows. */
  readonly end_time: string
  readonly rows: number
  readonly late: number
  readonly left_out: number
  readonly firings: number
  /** Messages of these, grouped and paced. */
  readonly notifications: number
  /** At the end. */
  readonly warm_up: WarmUp | null
  readonly changes: readonly BacktestChange[]
}

export interface BacktestChange {
  readonly at: string
  readonly group: AlertGroup
  readonly from: AlertStatus
  readonly to: AlertStatus
  readonly value: number | null
  readonly window_end: string
}

export interface Preview extends Backtest {
  readonly series: readonly {
    readonly group: AlertGroup
    readonly points: readonly PreviewPoint[]
  }[]
}

export interface PreviewPoint {
  readonly time: string
  readonly value: number | null
  /** Of an anomaly: what the value is a score of, and, once they are known, what is usual. */
  readonly measured?: number | null
  readonly usual?: number
  readonly spread?: number
}

const RULES = '/api/v1/alerts/rules'

export async function listActiveAlerts(
  project: string,
  signal?: AbortSignal,
): Promise<readonly ActiveAlert[]> {
  const path = `/api/v1/alerts/active?${new URLSearchParams({ project })}`
  return (
    await call<{ alerts: ActiveAlert[] }>('GET', path, signal === undefined ? {} : { signal })
  ).alerts
}

/** What its rule said of the windows before, up to now. */
export interface AlertSeries {
  /** null = how many logs match. */
  readonly of: string | null
  /** End of the first window. */
  readonly start: string
  readonly step_s: number
  readonly values: readonly (number | null)[]
  readonly threshold: number | null
}

export async function alertSeries(project: string, id: number): Promise<AlertSeries | null> {
  const path = `/api/v1/alerts/${id}/series?${new URLSearchParams({ project })}`
  return (await call<{ series: AlertSeries | null }>('GET', path)).series
}

/** Somebody looks at it. */
export function acknowledgeAlert(project: string, id: number, note = ''): Promise<void> {
  const body = { project, ...(note === '' ? {} : { note }) }
  return call<void>('POST', `/api/v1/alerts/${id}/acknowledge`, { body })
}

export function readHistory(
  { project, rule, before }: HistoryQuestion,
  signal: AbortSignal,
): Promise<HistoryPage> {
  const params = new URLSearchParams({ project })
  if (rule !== '') params.set('rule', rule)
  if (before !== '') params.set('before', before)
  return call<HistoryPage>('GET', `/api/v1/alerts/history?${params}`, { signal })
}

export async function listAlertRules(
  project: string,
  signal: AbortSignal,
): Promise<readonly StoredRule[]> {
  const path = `${RULES}?${new URLSearchParams({ project })}`
  return (await call<{ rules: StoredRule[] }>('GET', path, { signal })).rules
}

export function readAlertRule(
  { project, id }: { readonly project: string; readonly id: string },
  signal?: AbortSignal,
): Promise<StoredRule> {
  const options = signal === undefined ? {} : { signal }
  return call<StoredRule>('GET', `${rulePath(id)}?${new URLSearchParams({ project })}`, options)
}

/** `known`: the one that is changed, in the version that was read; null = a new one. */
export function saveAlertRule(
  project: string,
  known: Pick<StoredRule, 'id' | 'version'> | null,
  rule: AlertRuleText,
): Promise<StoredRule> {
  const body = { project, rule }
  return known === null
    ? call<StoredRule>('POST', RULES, { body })
    : call<StoredRule>('PUT', rulePath(known.id), { body: { ...body, version: known.version } })
}

export function deleteAlertRule(project: string, id: string): Promise<void> {
  return call<void>('DELETE', `${rulePath(id)}?${new URLSearchParams({ project })}`)
}

/** YAML or JSON; what is wrong is told with line and column, and nothing is made. */
export function importAlertRules(project: string, text: string, replace: boolean): Promise<void> {
  return call<void>('POST', `${RULES}/import`, { body: { project, text, replace } })
}

/** Where a file of all rules can be fetched. */
export function exportRulesUrl(project: string): string {
  return `${RULES}/export?${new URLSearchParams({ project })}`
}

export function previewRule(question: BacktestQuestion, signal: AbortSignal): Promise<Preview> {
  return call<Preview>('POST', `${RULES}/preview`, { body: question, signal })
}

export function backtestRule(question: BacktestQuestion, signal: AbortSignal): Promise<Backtest> {
  return call<Backtest>('POST', `${RULES}/backtest`, { body: question, signal })
}

function rulePath(id: string): string {
  return `${RULES}/${encodeURIComponent(id)}`
}
