/**
 * An alert rule as plain data: which rows, what is computed of those in a sliding window, and when
 * that is worth telling people. As people write it (JSON, YAML, REST) it is an AlertRuleText, which
 * alert-rule-parser.ts reads. docs/alerts.md says what each part means to people.
 */
import { NUMBER_FUNCTIONS, type NumberFunction } from './query/analysis.ts'

/** In the order of their weight. */
export const ALERT_SEVERITIES = ['info', 'warning', 'critical'] as const
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number]

export const ALERT_OPERATORS = ['>', '>=', '<', '<='] as const
export type AlertOperator = (typeof ALERT_OPERATORS)[number]

/** What takes neither an argument nor a field. */
export const PLAIN_AGGREGATES = ['count', 'rate', 'change'] as const
/** What needs no condition: it holds or not. */
export const EVENT_AGGREGATES = ['absence', 'new_pattern', 'vanished_pattern'] as const
/** Of the points of a metric. */
export const METRIC_FUNCTIONS = [...NUMBER_FUNCTIONS, 'rate'] as const
export type MetricFunction = NumberFunction | 'rate'

/** What a window has a number of by itself. */
export type MeasuredAggregate =
  /** Rows; rows a second. */
  | { readonly fn: 'count' | 'rate' }
  /** The share of the rows that match a second filter, too: 0 to 1. */
  | { readonly fn: 'ratio'; readonly part: string }
  /** Different values of a field, or what its numbers are. */
  | { readonly fn: 'distinct' | NumberFunction; readonly field: string }
  | { readonly fn: MetricFunction; readonly metric: string }

export type AlertAggregate =
  | MeasuredAggregate
  /**
   * Difference to the window before in percent. No row at all; a sentence never seen before; a
   * sentence that is no longer seen.
   */
  | { readonly fn: 'change' | (typeof EVENT_AGGREGATES)[number] }
  /** How far it is from what it usually is, in standard deviations: actors/alerts/baseline.ts. */
  | { readonly fn: 'anomaly'; readonly of: MeasuredAggregate }

export interface AlertCondition {
  readonly operator: AlertOperator
  readonly threshold: number
}

export interface AlertRule {
  readonly name: string
  readonly enabled: boolean
  /** In the query language, without stages; of a metric rule it filters points. */
  readonly query: string
  readonly aggregate: AlertAggregate
  readonly windowS: number
  /** null exactly for EVENT_AGGREGATES. */
  readonly condition: AlertCondition | null
  /** A firing ends only on this side of it; null = as soon as the condition does not hold. */
  readonly resolve: number | null
  /** Fields by whose values groups are told apart, each with its own state. */
  readonly by: readonly string[]
  readonly groupsMax: number
  /** Seconds for which the condition must hold, and for which a firing goes on after it. */
  readonly forS: number
  readonly keepFiringForS: number
  /** Rows that come later than this after their window are not counted. */
  readonly latenessS: number
  readonly severity: AlertSeverity
  readonly labels: Readonly<Record<string, string>>
  readonly runbook: string | null
}

/** What is not named has its default. */
export interface AlertRuleText {
  readonly name: string
  readonly enabled?: boolean
  readonly query?: string
  /**
   * `count`, `ratio(level:error)`, `p95(duration_ms)`, `anomaly(count)`; with `metric` the function
   * alone: `p95`, `anomaly(rate)`.
   */
  readonly aggregate?: string
  readonly metric?: string
  /** `5m`. */
  readonly window?: string
  /** `> 20`. */
  readonly condition?: string
  readonly resolve?: number
  readonly by?: readonly string[]
  readonly groups_max?: number
  readonly for?: string
  readonly keep_firing_for?: string
  readonly lateness?: string
  readonly severity?: AlertSeverity
  readonly labels?: Readonly<Record<string, string>>
  readonly runbook?: string
}

export const ALERT_DEFAULTS = {
  query: '*',
  aggregate: 'count',
  windowS: 300,
  groupsMax: 1_000,
  latenessS: 10,
  severity: 'warning',
} as const

/** Shorter windows are slower than what wakes people, longer ones are an analysis. */
export const ALERT_WINDOW_S_MIN = 10
export const ALERT_WINDOW_S_MAX = 86_400
export const ALERT_FOR_S_MAX = 86_400
export const ALERT_LATENESS_S_MAX = 600
export const ALERT_BY_MAX = 3
/** Each group has windows of its own. */
export const ALERT_GROUPS_MAX = 10_000
/** A baseline has one value a quarter of an hour, or an hour: no longer than a window. */
export const ANOMALY_WINDOW_S_MAX = 3_600
/** Each has a week of values, 2.7 KiB. */
export const ANOMALY_GROUPS_MAX = 1_000
/** Scores end here: nobody can tell how unusual something is that has never been different. */
export const ANOMALY_SCORE_MAX = 1_000
export const ALERT_LABELS_MAX = 20
export const ALERT_TEXT_CHARS_MAX = 1_000

/**
 * How far a window slides at a time, in seconds: 120 steps a window at most, 144 in the longest.
 * Windows are whole numbers of steps.
 */
export function slideOf(windowS: number): number {
  if (windowS <= 120) return 1
  if (windowS <= 1_200) return 10
  return windowS <= 7_200 ? 60 : 600
}

/** What a worker has to tell of rows. */
export function measuredBy(aggregate: AlertAggregate): Exclude<AlertAggregate, { fn: 'anomaly' }> {
  return aggregate.fn === 'anomaly' ? aggregate.of : aggregate
}

/** The metric of an SDK whose points it is about; null = it is about logs. */
export function metricOf({ aggregate }: Pick<AlertRule, 'aggregate'>): string | null {
  const measured = measuredBy(aggregate)
  return 'metric' in measured ? measured.metric : null
}

export function isMetricRule(rule: Pick<AlertRule, 'aggregate'>): boolean {
  return metricOf(rule) !== null
}

/** Patterns are groups by themselves. */
export function isPatternRule({ aggregate: { fn } }: Pick<AlertRule, 'aggregate'>): boolean {
  return fn === 'new_pattern' || fn === 'vanished_pattern'
}

/** As people write it, without what is the default anyway. */
export function printAlertRule(rule: AlertRule): AlertRuleText {
  const { aggregate, condition, labels } = rule
  const text = printAggregate(aggregate)
  const metric = metricOf(rule)
  return {
    name: rule.name,
    ...(rule.enabled ? {} : { enabled: false }),
    ...(rule.query === ALERT_DEFAULTS.query ? {} : { query: rule.query }),
    ...(metric === null ? {} : { metric }),
    ...(text === ALERT_DEFAULTS.aggregate ? {} : { aggregate: text }),
    window: printDuration(rule.windowS),
    ...(condition === null ? {} : { condition: printCondition(condition) }),
    ...(rule.resolve === null ? {} : { resolve: rule.resolve }),
    ...(rule.by.length === 0 ? {} : { by: rule.by }),
    ...(rule.groupsMax === ALERT_DEFAULTS.groupsMax ? {} : { groups_max: rule.groupsMax }),
    ...(rule.forS === 0 ? {} : { for: printDuration(rule.forS) }),
    ...(rule.keepFiringForS === 0 ? {} : { keep_firing_for: printDuration(rule.keepFiringForS) }),
    ...(rule.latenessS === ALERT_DEFAULTS.latenessS
      ? {}
      : { lateness: printDuration(rule.latenessS) }),
    ...(rule.severity === ALERT_DEFAULTS.severity ? {} : { severity: rule.severity }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(rule.runbook === null ? {} : { runbook: rule.runbook }),
  }
}

export function printCondition({ operator, threshold }: AlertCondition): string {
  return `${operator} ${threshold}`
}

export function printAggregate(aggregate: AlertAggregate): string {
  if ('of' in aggregate) return `${aggregate.fn}(${printAggregate(aggregate.of)})`
  if ('metric' in aggregate) return aggregate.fn
  if ('part' in aggregate) return `${aggregate.fn}(${aggregate.part})`
  return 'field' in aggregate ? `${aggregate.fn}(${aggregate.field})` : aggregate.fn
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const

/** In the largest unit that says it whole. */
export function printDuration(seconds: number): string {
  const [unit, size] = UNITS.find(([, each]) => seconds > 0 && seconds % each === 0) ?? ['s', 1]
  return `${seconds / size}${unit}`
}
