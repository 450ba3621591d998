/** A rule as a sentence, so that whoever writes one reads what was meant. */
import {
  type AlertAggregate,
  type AlertRule,
  measuredBy,
  printDuration,
} from '#proto/alert-rule.ts'
import { numberText } from '../kit/number-text.ts'

const OPERATORS = { '>': 'over', '>=': 'at least', '<': 'under', '<=': 'at most' } as const
const FUNCTIONS: Readonly<Record<string, string>> = {
  sum: 'the sum',
  avg: 'the average',
  min: 'the smallest value',
  max: 'the largest value',
  p50: 'the median',
  rate: 'the rate',
  distinct: 'the number of different values',
}

export function ruleSentence(rule: AlertRule): string {
  const { aggregate, condition, windowS, by, forS } = rule
  const window = durationText(windowS)
  const each = by.length === 0 ? '' : `, for each ${by.join(' and ')} by itself`
  if (condition === null) return `Fires ${eventText(aggregate.fn, window)}${each}.`
  const { operator, threshold } = condition
  const limit =
    aggregate.fn === 'anomaly'
      ? scoreText(operator, threshold)
      : `${OPERATORS[operator]} ${limitText(aggregate, threshold)}`
  const held = forS === 0 ? '' : ` and has been for ${durationText(forS)}`
  return `Fires when ${measureText(aggregate)} in ${window} is ${limit}${held}${each}.`
}

/** `5 minutes`. */
export function durationText(seconds: number): string {
  const [, count = '', unit = 's'] = /^(\d+)(\w)$/.exec(printDuration(seconds)) ?? []
  const name = { s: 'second', m: 'minute', h: 'hour', d: 'day' }[unit] ?? unit
  return `${count} ${name}${count === '1' ? '' : 's'}`
}

/** `over 5 standard deviations above what is usual at this time of day`. */
function scoreText(operator: keyof typeof OPERATORS, threshold: number): string {
  const isOutwards = operator.startsWith('>') === threshold > 0
  const words = isOutwards ? { ...OPERATORS, '<': 'over', '<=': 'at least' } : OPERATORS
  const side = threshold < 0 ? 'below' : 'above'
  const size = numberText(Math.abs(threshold))
  return `${words[operator]} ${size} standard deviations ${side} what is usual at this time of day`
}

function measureText(told: AlertAggregate): string {
  const aggregate = measuredBy(told)
  if ('part' in aggregate) return `the share of logs that match ${aggregate.part}`
  const of = 'metric' in aggregate ? aggregate.metric : 'field' in aggregate ? aggregate.field : ''
  if (of !== '') return `${FUNCTIONS[aggregate.fn] ?? `the ${aggregate.fn}`} of ${of}`
  if (aggregate.fn === 'rate') return 'the number of logs a second'
  if (aggregate.fn === 'change') return 'the change in logs against the window before'
  return 'the number of logs'
}

function eventText(fn: string, window: string): string {
  if (fn === 'absence') return `when no log has come for ${window}`
  if (fn === 'new_pattern') return `when a kind of message appears that was not seen for ${window}`
  return `when a kind of message is no longer seen for ${window}`
}

function limitText({ fn }: AlertAggregate, threshold: number): string {
  if (fn === 'ratio') return `${numberText(threshold * 100)} %`
  return fn === 'change' ? `${numberText(threshold)} %` : numberText(threshold)
}
