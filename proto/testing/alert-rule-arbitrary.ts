/** Random alert rules that can be. */
import fc from 'fast-check'
import {
  ALERT_OPERATORS,
  ALERT_SEVERITIES,
  type AlertAggregate,
  type AlertRule,
  ANOMALY_GROUPS_MAX,
  ANOMALY_WINDOW_S_MAX,
  METRIC_FUNCTIONS,
  type MeasuredAggregate,
  slideOf,
} from '../alert-rule.ts'
import { NUMBER_FUNCTIONS } from '../query/analysis.ts'

const query = fc.constantFrom(
  '*',
  'service:checkout level:error',
  '"card declined" -/x\\d+/',
  'a OR b',
)
const field = fc.constantFrom('duration_ms', 'user.id', 'größe')
const measured: fc.Arbitrary<MeasuredAggregate> = fc.oneof(
  fc.constantFrom('count' as const, 'rate' as const).map(fn => ({ fn })),
  query.map(part => ({ fn: 'ratio' as const, part })),
  fc
    .tuple(fc.constantFrom('distinct' as const, ...NUMBER_FUNCTIONS), field)
    .map(([fn, of]) => ({ fn, field: of })),
  fc.constantFrom(...METRIC_FUNCTIONS).map(fn => ({ fn, metric: 'orders.placed' })),
)
const aggregate: fc.Arbitrary<AlertAggregate> = fc.oneof(
  { weight: 3, arbitrary: measured },
  fc
    .constantFrom(...(['change', 'absence', 'new_pattern', 'vanished_pattern'] as const))
    .map(fn => ({ fn })),
  measured.map(of => ({ fn: 'anomaly' as const, of })),
)

export const alertRuleArbitrary: fc.Arbitrary<AlertRule> = fc
  .record(
    {
      name: fc.stringMatching(/^[a-zäö0-9]([a-z :#'"{}-]{0,20}[a-z])?$/),
      enabled: fc.boolean(),
      query,
      aggregate,
      windowS: fc.integer({ min: 10, max: 43_200 }).map(s => s - (s % slideOf(s))),
      operator: fc.constantFrom(...ALERT_OPERATORS),
      threshold: fc.double({ min: 0.5, max: 1e9, noNaN: true }),
      resolves: fc.boolean(),
      by: fc.subarray(['service', 'host', 'level', 'user.id'], { maxLength: 3 }),
      groupsMax: fc.integer({ min: 1, max: 10_000 }),
      forS: fc.integer({ min: 0, max: 86_400 }),
      keepFiringForS: fc.integer({ min: 0, max: 86_400 }),
      latenessS: fc.integer({ min: 0, max: 600 }),
      severity: fc.constantFrom(...ALERT_SEVERITIES),
      labels: fc.dictionary(fc.stringMatching(/^[a-z][a-z_.]{0,9}$/), fc.string(), { maxKeys: 3 }),
      runbook: fc.constantFrom(null, 'https://wiki.example/alerts#1'),
    },
    { noNullPrototype: true },
  )
  .map(({ operator, threshold, resolves, ...rule }): AlertRule => {
    const { fn } = rule.aggregate
    const limit = fn === 'anomaly' ? Math.min(threshold, 999) : threshold
    const isEvent = fn === 'absence' || fn === 'new_pattern' || fn === 'vanished_pattern'
    const limits =
      fn === 'anomaly'
        ? {
            windowS: Math.min(rule.windowS, ANOMALY_WINDOW_S_MAX),
            groupsMax: Math.min(rule.groupsMax, ANOMALY_GROUPS_MAX),
          }
        : {}
    return {
      ...rule,
      ...limits,
      labels: { ...rule.labels },
      by: fn.endsWith('_pattern') ? [] : rule.by,
      condition: isEvent ? null : { operator, threshold: limit },
      resolve: isEvent || !resolves ? null : limit,
    }
  })
