/** The form of a silence: matchers, times, and what of the present it is about. */
import type { Silence, SilenceMatcher, SilenceWish } from '#proto/silence.ts'
import type { ActiveAlert } from '../api/alerts.ts'
import type { Labels } from './label-text.ts'

/** As it is, now, after a while, or at a moment. */
export const KEEP = 'keep'
export const MOMENT = 'moment'
export const ENDS = [
  ['now+1h', 'In an hour'],
  ['now+2h', 'In 2 hours'],
  ['now+8h', 'In 8 hours'],
  ['now+1d', 'In a day'],
  ['now+7d', 'In a week'],
  [MOMENT, 'At…'],
] as const

export interface SilenceTexts {
  readonly starts: string
  /** As a field for dates and times has it, of the zone of the browser. */
  readonly starts_at: string
  readonly ends: string
  readonly ends_at: string
  readonly comment: string
}
export type SilenceField = keyof SilenceTexts | 'matchers'

/** Those that fit one alert alone: its rule and its group. */
export function matchersOf({
  rule,
  group,
}: Pick<ActiveAlert, 'rule' | 'group'>): readonly SilenceMatcher[] {
  const own = Object.entries(group).map(([label, value]) => ({ label, value: value ?? '' }))
  return [{ label: 'alertname', value: rule }, ...own].map(each => ({ ...each, op: '=' as const }))
}

export function silenceProblems(
  matchers: readonly SilenceMatcher[],
  { starts, starts_at, ends, ends_at }: SilenceTexts,
): Partial<Readonly<Record<SilenceField, string>>> {
  const problems: Partial<Record<SilenceField, string>> = {}
  const odd = matchers.find(each => each.label.trim() === '')
  const broken = matchers.find(({ op, value }) => op.endsWith('~') && expressionOf(value) === null)
  if (odd !== undefined) problems.matchers = 'name a label, alertname or severity'
  else if (broken !== undefined) problems.matchers = `${broken.value} is no expression`
  else if (matchers.length === 0) problems.matchers = 'say what is silenced'
  if (starts === MOMENT && Number.isNaN(Date.parse(starts_at))) problems.starts_at = 'enter a time'
  if (ends === MOMENT && Number.isNaN(Date.parse(ends_at))) problems.ends_at = 'enter a time'
  return problems
}

export function silenceWish(
  matchers: readonly SilenceMatcher[],
  { starts, starts_at, ends, ends_at, comment }: SilenceTexts,
  before: Silence | null,
): SilenceWish {
  const iso = (text: string): string => new Date(text).toISOString()
  const start = starts === MOMENT ? iso(starts_at) : starts === KEEP ? before?.starts_at : undefined
  const end = ends === MOMENT ? iso(ends_at) : ends === KEEP ? (before?.ends_at ?? '') : ends
  return {
    matchers: matchers.map(each => ({ ...each, label: each.label.trim() })),
    ...(start === undefined ? {} : { starts_at: start }),
    ends_at: end,
    comment: comment.trim(),
  }
}

/** Whether all matchers fit, as the server will see it. */
export function isSilenced(
  alert: Pick<ActiveAlert, 'rule' | 'severity' | 'group'>,
  labels: Labels,
  matchers: readonly SilenceMatcher[],
): boolean {
  const { rule: alertname, severity, group } = alert
  const known: Readonly<Record<string, string | null>> = {
    ...labels,
    ...group,
    alertname,
    severity,
  }
  return matchers.every(({ label, op, value }) => {
    const own = known[label.trim()] ?? ''
    if (op === '=') return own === value
    if (op === '!=') return own !== value
    const fits = expressionOf(value)?.test(own) ?? false
    return op === '=~' ? fits : !fits
  })
}

function expressionOf(text: string): RegExp | null {
  try {
    return new RegExp(`^(?:${text})$`, 's')
  } catch {
    return null
  }
}
