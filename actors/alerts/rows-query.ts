/** What a search for the rows of a rule looks for. */
import { type AlertRule, metricOf } from '#proto/alert-rule.ts'

export function rowsQuery(rule: Pick<AlertRule, 'query' | 'aggregate'>): string {
  const { query } = rule
  const metric = metricOf(rule)
  if (metric === null) return query
  const name = `message:="${metric}"`
  return query.trim() === '*' ? name : `${name} (${query})`
}
