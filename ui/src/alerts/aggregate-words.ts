/** What a rule can compute, in words, and the units that its condition is in. */
export const LOG_FUNCTIONS = [
  ['count', 'How many logs'],
  ['rate', 'Logs a second'],
  ['ratio', 'Share of logs that also match…'],
  ['change', 'Change against the window before, in %'],
  ['absence', 'No log at all'],
  ['distinct', 'Different values of…'],
  ['avg', 'Average of…'],
  ['p50', 'Median of…'],
  ['p75', '75th percentile of…'],
  ['p90', '90th percentile of…'],
  ['p95', '95th percentile of…'],
  ['p99', '99th percentile of…'],
  ['sum', 'Sum of…'],
  ['min', 'Smallest value of…'],
  ['max', 'Largest value of…'],
  ['new_pattern', 'A new kind of message'],
  ['vanished_pattern', 'A kind of message that vanished'],
] as const

export const METRIC_FUNCTIONS = [
  ['avg', 'Average'],
  ['max', 'Largest value'],
  ['min', 'Smallest value'],
  ['sum', 'Sum'],
  ['rate', 'Rate a second'],
  ['p50', 'Median'],
  ['p75', '75th percentile'],
  ['p90', '90th percentile'],
  ['p95', '95th percentile'],
  ['p99', '99th percentile'],
] as const

export const OPERATORS = [
  ['>', 'over'],
  ['>=', 'at least'],
  ['<', 'under'],
  ['<=', 'at most'],
] as const

export const SEVERITIES = [
  ['info', 'Info: good to know'],
  ['warning', 'Warning: look at it today'],
  ['critical', 'Critical: wake somebody'],
] as const

export const COMPARED_WITH = [
  ['number', 'A number'],
  ['usual', 'What is usual then'],
] as const

/** Rarely reached by chance; 3.5 is an outlier already. */
export const SCORE_DEFAULT = '5'
export const SCORE_HINT =
  'In standard deviations from what is usual at this time of day: over 5, or under -5.'

/** What the number of a condition is, for people who enter one. */
export function thresholdHint(fn: string, isMetric: boolean): string {
  if (isMetric) return 'In the unit of the metric.'
  if (fn === 'ratio') return 'A share from 0 to 1: 0.05 is 5 %.'
  if (fn === 'change') return 'In percent: 100 is twice as many, -50 half as many.'
  if (fn === 'count') return 'Logs in one window.'
  if (fn === 'rate') return 'Logs a second.'
  return fn === 'distinct' ? 'Different values in one window.' : 'In the unit of the field.'
}
