/** The rows that a rule looks at, out of a store, by the time of their receipt. */
import { BACKTEST_ROWS_MAX, type BacktestDeps } from '#actors/alerts/backtest.ts'
import { rowsQuery } from '#actors/alerts/rows-query.ts'
import { exportPages } from '#actors/store/export-pages.ts'
import type { LogStore } from '#actors/store/store.ts'
import { metricsOf } from '#actors/store/streams.ts'
import { type AlertRule, isMetricRule } from '#proto/alert-rule.ts'
import { SEARCH_LIMIT_MAX } from '#proto/limits.ts'
import type { CallersProject } from './caller.ts'
import { planQuestion } from './search-request.ts'

export interface RuleRowsAsked {
  readonly project: CallersProject
  /** What `now` in the query means. */
  readonly nowUs: number
  readonly store: Pick<LogStore, 'search'>
  readonly signal: AbortSignal
}

export function ruleRows(
  rule: AlertRule,
  { project, nowUs, store, signal }: RuleRowsAsked,
): BacktestDeps['rowsOf'] {
  const asked = {
    query: rowsQuery(rule),
    services: [],
    levels: [],
    limit: SEARCH_LIMIT_MAX,
    include: ['logs' as const],
  }
  const projectId = isMetricRule(rule) ? metricsOf(project.id) : project.id
  return (fromUs, toUs) => {
    const times = { ingested_start: fromUs, ingested_end: toUs }
    const plan = planQuestion({ ...asked, ...times }, project, nowUs)
    return exportPages({ ...plan, projectId }, BACKTEST_ROWS_MAX, page =>
      store.search(page, signal),
    )
  }
}
