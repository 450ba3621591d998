/** Random rules and histories: out of order, late, from the future, with silences and ticks. */
import type { AlertAggregate, AlertRule, MeasuredAggregate } from '#proto/alert-rule.ts'
import { ALERT_DEFAULTS, slideOf } from '#proto/alert-rule.ts'
import type { Random } from '#runtime/index.ts'
import type { PlainEvent, PlainStep } from './naive-alerts.ts'

export const START_US = 1_760_000_000_000_000

/** A whole number, both ends included. */
function between(random: Random, least: number, most: number): number {
  return least + random.below(most - least + 1)
}

export function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[between(random, 0, values.length - 1)] as Value
}

const QUANTILES = ['p50', 'p75', 'p90', 'p95', 'p99'] as const
const AGGREGATES: readonly AlertAggregate[] = [
  { fn: 'count' },
  { fn: 'count' },
  { fn: 'rate' },
  { fn: 'change' },
  { fn: 'absence' },
  { fn: 'new_pattern' },
  { fn: 'vanished_pattern' },
  { fn: 'ratio', part: 'x' },
  { fn: 'distinct', field: 'n' },
  { fn: 'sum', field: 'n' },
  { fn: 'avg', field: 'n' },
  { fn: 'min', field: 'n' },
  { fn: 'max', field: 'n' },
  ...QUANTILES.map(fn => ({ fn, field: 'n' })),
  { fn: 'rate', metric: 'm' },
  { fn: 'p95', metric: 'm' },
]
/** Numbers are whole: between them no estimate is on the other side. */
const BETWEEN = [0.5, 1.5, 2.5, 4.5]
const THRESHOLDS: Readonly<Record<string, readonly number[]>> = {
  rate: [0.1, 0.5],
  ratio: [0.3, 0.5],
  change: [-50, 50, 100],
  sum: [0, 10],
  ...Object.fromEntries(QUANTILES.map(fn => [fn, BETWEEN])),
}

export function randomRule(random: Random): AlertRule {
  const aggregate = pick(random, AGGREGATES)
  const isEvent = ['absence', 'new_pattern', 'vanished_pattern'].includes(aggregate.fn)
  const operator = pick(random, ['>', '>=', '<', '<='] as const)
  const threshold = pick(random, THRESHOLDS[aggregate.fn] ?? [1, 2, 3, 5])
  const away = operator.startsWith('>') ? -1 : 1
  const isPattern = aggregate.fn.endsWith('_pattern')
  return {
    name: 'random',
    enabled: true,
    query: '*',
    aggregate,
    windowS: pick(random, [10, 12, 20, 60, 130, 1_260, 86_400]),
    condition: isEvent ? null : { operator, threshold },
    resolve: isEvent || between(random, 0, 2) > 0 ? null : threshold + away * between(random, 0, 3),
    by: isPattern || between(random, 0, 1) === 0 ? [] : ['key'],
    groupsMax: pick(random, [1_000, 1_000, 2]),
    forS: pick(random, [0, 0, 0, 3, 20]),
    keepFiringForS: pick(random, [0, 0, 5, 30]),
    latenessS: pick(random, [0, 1, 5, 10]),
    severity: ALERT_DEFAULTS.severity,
    labels: {},
    runbook: null,
  }
}

const MEASURED: readonly MeasuredAggregate[] = [
  { fn: 'count' },
  { fn: 'count' },
  { fn: 'rate' },
  { fn: 'ratio', part: 'x' },
  { fn: 'distinct', field: 'n' },
  { fn: 'sum', field: 'n' },
  { fn: 'avg', field: 'n' },
  { fn: 'max', field: 'n' },
]

/** Of windows long enough that days of them can be counted again and again. */
export function randomAnomaly(random: Random): AlertRule {
  const operator = pick(random, ['>', '>=', '<', '<='] as const)
  const away = operator.startsWith('>') ? 1 : -1
  const threshold = away * pick(random, [0.5, 1, 2, 3.5])
  return {
    ...randomRule(random),
    aggregate: { fn: 'anomaly', of: pick(random, MEASURED) },
    windowS: pick(random, [900, 3_600, 3_600]),
    condition: { operator, threshold },
    resolve: between(random, 0, 2) > 0 ? null : threshold - away * between(random, 0, 1),
    by: between(random, 0, 1) === 0 ? [] : ['key'],
    forS: pick(random, [0, 0, 0, 20, 600]),
    keepFiringForS: pick(random, [0, 0, 5, 600]),
  }
}

/** Days of rows, some of them many at once, with silences of up to days. */
export function randomDays(random: Random, { windowS, by }: AlertRule): PlainStep[] {
  const keys = by.length > 0 ? ['["a"]', '["b"]'] : ['']
  const slotUs = windowS * 1e6
  const endUs = START_US + slotUs * pick(random, windowS > 900 ? [40, 120, 200] : [40, 120])
  const steps: PlainStep[] = []
  let nowUs = START_US + between(random, 0, 999_999)
  while (nowUs < endUs) {
    const isQuiet = between(random, 0, 60) === 0
    nowUs += isQuiet
      ? between(random, 1, 60) * slotUs
      : Math.floor((slotUs * between(random, 1, 150)) / 100)
    if (between(random, 0, 5) === 0) steps.push({ type: 'tick', atUs: nowUs })
    const count = between(random, 0, 12) === 0 ? 20 : between(random, 0, 4)
    const events = Array.from({ length: count }, (): PlainEvent => {
      return {
        timeUs: nowUs - pick(random, [0, 0, 3_000_000, 15_000_000, -5_000_000]),
        key: pick(random, keys),
        number: between(random, -1, 6),
        isPart: between(random, 0, 4) === 0,
      }
    })
    steps.push({ type: 'batch', atUs: nowUs, events })
  }
  steps.push({ type: 'tick', atUs: nowUs + slotUs * 3 })
  return steps
}

/** Receipt never goes back by more than what windows wait for it, which they do not count on. */
export function randomHistory(random: Random, rule: AlertRule): PlainStep[] {
  const grouped = rule.by.length > 0 || rule.aggregate.fn.endsWith('_pattern')
  const keys = grouped ? ['["a"]', '["b"]', '["c"]'] : ['']
  const slideUs = slideOf(rule.windowS) * 1e6
  const steps: PlainStep[] = []
  let nowUs = START_US + between(random, 0, 999_999)
  const count = between(random, 2, 25)
  for (let i = 0; i < count; i++) {
    const jumpsUs = [0, 300_000, 1_000_000, 5_000_000, rule.windowS * 400_000, rule.windowS * 3e6]
    nowUs += Math.floor(pick(random, jumpsUs) * (between(random, 50, 150) / 100))
    if (between(random, 0, 2) === 0) steps.push({ type: 'tick', atUs: nowUs })
    else {
      const events = Array.from({ length: between(random, 0, 6) }, (): PlainEvent => {
        const agesUs = [0, 0, 200_000, slideUs, 3_000_000, 9_000_000, 15_000_000, -5_000_000]
        return {
          timeUs: nowUs - pick(random, agesUs) + between(random, -300_000, 300_000),
          key: pick(random, keys),
          number: between(random, -3, 6),
          isPart: between(random, 0, 1) === 0,
        }
      })
      steps.push({ type: 'batch', atUs: nowUs, events })
    }
  }
  steps.push({ type: 'tick', atUs: nowUs + rule.windowS * 5e6 + 120e6 })
  return steps
}
