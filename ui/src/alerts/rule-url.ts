/** A rule that is begun elsewhere, as it stands in the address of the editor. */
import { ALERT_BY_MAX, type AlertRuleText } from '#proto/alert-rule.ts'
import { type Measure, measureName } from '#proto/query/analysis.ts'
import { parseSearch } from '#proto/query.ts'
import type { ExploreState } from '../explore/explore-url-model.ts'
import { conditionsOf } from '../explore/query-check.ts'
import { fieldTerm, withTerm } from '../explore/query-text-model.ts'
import { NEW_RULE_PATH } from './alert-paths.ts'

type Begun = Pick<AlertRuleText, 'query' | 'aggregate' | 'by' | 'metric'>

/** Opens the editor with the conditions of Explore, and measure and groups of its analysis. */
export function alertOnPath(
  project: string,
  state: Pick<ExploreState, 'query' | 'levels' | 'services'>,
): string {
  return newRulePath(project, begunBy(state))
}

export function newRulePath(project: string, { query, aggregate, by = [] }: Begun): string {
  const params = new URLSearchParams({ project })
  if (query !== undefined && query !== '') params.set('q', query)
  if (aggregate !== undefined) params.set('aggregate', aggregate)
  for (const field of by) params.append('by', field)
  return `${NEW_RULE_PATH}?${params}`
}

export function readNewRule(search: string): AlertRuleText {
  const params = new URLSearchParams(search)
  const text = (name: string, member: string) =>
    params.has(name) ? { [member]: params.get(name) ?? '' } : {}
  return {
    name: params.get('name') ?? '',
    ...text('q', 'query'),
    ...text('aggregate', 'aggregate'),
    ...text('metric', 'metric'),
    ...text('window', 'window'),
    ...text('condition', 'condition'),
    by: params.getAll('by').slice(0, ALERT_BY_MAX),
  }
}

function begunBy({
  query,
  levels,
  services,
}: Pick<ExploreState, 'query' | 'levels' | 'services'>): Begun {
  const terms = [anyOf('level', levels), anyOf('service', services)].filter(term => term !== '')
  const begun = { query: terms.reduce(withTerm, conditionsOf(query)) }
  const parsed = parseSearch(query)
  const stage = parsed.type === 'search' ? parsed.search.stages[0] : undefined
  switch (stage?.type) {
    case 'summarize':
    case 'timechart':
      return { ...begun, ...measured(stage.measures[0]), by: stage.by.slice(0, ALERT_BY_MAX) }
    case 'top':
      return { ...begun, by: [stage.field] }
    case 'uniq':
      return { ...begun, aggregate: `distinct(${stage.field})` }
    case 'patterns':
      return { ...begun, aggregate: 'new_pattern' }
    default:
      return begun
  }
}

function anyOf(field: string, values: readonly string[]): string {
  const terms = values.map(value =>
    fieldTerm(field, field === 'level' ? value.toLowerCase() : value),
  )
  return terms.length > 1 ? `(${terms.join(' OR ')})` : (terms[0] ?? '')
}

function measured(measure: Measure | undefined): Pick<Begun, 'aggregate'> {
  return measure === undefined || measure.fn === 'count' ? {} : { aggregate: measureName(measure) }
}
