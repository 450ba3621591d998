/** What people are told: changes that belong together, with what they need to judge them. */
import type { AlertAbout, HistoryEntry } from '#actors/catalog/alert-states.ts'
import type { ChannelTemplate } from '#proto/alert-channel.ts'
import { ALERT_SEVERITIES } from '#proto/alert-rule.ts'
import type { Row } from '#proto/api.ts'
import { cutText } from '#proto/cut-text.ts'
import { formatTime } from '#proto/time.ts'
import type { AlertActions } from './alert-links.ts'
import type { AlertFindings } from './findings.ts'
import { NO_VALUE } from './message-template.ts'
import { seriesBars, seriesCaption } from './series-text.ts'
import { valueText } from './told-text.ts'

/** Messages say what they say by themselves. */
export const NO_TEMPLATE: ChannelTemplate = { title: '', body: '' }

export interface AlertMessage {
  /** The same for every attempt: by it the other side knows a repeat. */
  readonly id: string
  readonly project: { readonly id: string; readonly name: string }
  /** Of one direction; at least one. Of several rules where a channel groups them so. */
  readonly changes: readonly HistoryEntry[]
  /** Logs of the window, newest first; empty where there are none, or none were to be had. */
  readonly lines: readonly Row[]
  readonly findings: AlertFindings
  /** Explore at the window. */
  readonly link: string
  /** Where a firing is acknowledged and silenced; null = there is nothing to be done. */
  readonly actions: AlertActions | null
  readonly isRepeatPossible: boolean
  /** It is no news: what was told still fires. */
  readonly isReminder: boolean
  /** Of its channel. */
  readonly template: ChannelTemplate
  readonly isTest: boolean
  /** It is about the rule itself, which cannot be evaluated. */
  readonly isFault: boolean
}

export const REPEATED = 'This may have been told before.'
/** Of groups and lines in a text; how many more there are is told. */
const GROUPS_TOLD_MAX = 10
const LINES_TOLD_MAX = 5
const RUNBOOKS_TOLD_MAX = 3
const LINE_CHARS_MAX = 300

export function isFiring({ changes }: Pick<AlertMessage, 'changes'>): boolean {
  return changes[0]?.to === 'firing'
}

/** Of its first change: the rule, where it is of one. */
export function aboutOf({ changes: [first] }: Pick<AlertMessage, 'changes'>): AlertAbout {
  if (first === undefined) throw new RangeError('a message tells something')
  return first.about
}

/** The heaviest of its changes. */
export function severityOf({ changes }: Pick<AlertMessage, 'changes'>): string {
  const known = ALERT_SEVERITIES.toReversed().find(severity =>
    changes.some(({ about }) => about.severity === severity),
  )
  return known ?? aboutOf({ changes }).severity
}

/** `FIRING`, `STILL FIRING`, `RESOLVED`, `FAULT`. */
export function stateOf(message: AlertMessage): string {
  if (message.isFault) return 'FAULT'
  if (!isFiring(message)) return 'RESOLVED'
  return message.isReminder ? 'STILL FIRING' : 'FIRING'
}

/** `FIRING: too many errors (shop)`, `FIRING: 7 alerts of 3 rules (shop)`: always one line. */
export function titleOf(message: AlertMessage): string {
  const { changes, project, isTest } = message
  const rules = rulesOf(message).length
  const what = rules === 1 ? aboutOf(message).rule : `${changes.length} alerts of ${rules} rules`
  return oneLine(`${isTest ? 'TEST ' : ''}${stateOf(message)}: ${what} (${project.name})`)
}

/** Names of the rules of a message. */
export function rulesOf({ changes }: Pick<AlertMessage, 'changes'>): readonly string[] {
  return [...new Set(changes.map(({ about }) => about.rule))]
}

/** `service=payment: count > 20, was 25 at 2026-11-29T10:00:00.000Z`. */
export function changeText({ about, value, windowEndUs }: HistoryEntry): string {
  const group = groupText(about.group)
  const where = group === '' ? '' : `${group}: `
  const was = value === null ? NO_VALUE : `was ${valueText(value)}`
  return oneLine(`${where}${about.condition}, ${was} at ${formatTime(windowEndUs, 0)}`)
}

export function groupText(group: HistoryEntry['about']['group']): string {
  return Object.entries(group)
    .map(([field, value]) => `${field}=${value ?? '(none)'}`)
    .join(', ')
}

/** What the value is held against: the number at the end of a condition; null = there is none. */
export function thresholdOf({ condition }: Pick<AlertAbout, 'condition'>): number | null {
  const [, threshold] = / [<>]=? (-?[\d.]+(?:e[+-]?\d+)?)$/.exec(condition) ?? []
  return threshold === undefined ? null : Number(threshold)
}

/** The whole as plain text, a fact a line. */
export function plainText(message: AlertMessage): string {
  return [
    ...toldChanges(message),
    `severity: ${severityOf(message)}`,
    ...linksOf(message).map(({ title, url }) => `${title.toLowerCase()}: ${url}`),
    ...(message.isRepeatPossible ? [REPEATED] : []),
    ...toldSeries(message),
    ...findingsTexts(message),
    ...toldFirst(message),
    ...toldLines(message),
  ].join('\n')
}

/** Everything that a message leads to, in the order in which people need it. */
export function linksOf(message: AlertMessage): { readonly title: string; readonly url: string }[] {
  const { changes, link, actions } = message
  const runbooks = new Set(changes.flatMap(({ about }) => about.runbook ?? []))
  return [
    { title: 'Logs', url: link },
    ...[...runbooks].slice(0, RUNBOOKS_TOLD_MAX).map(url => ({ title: 'Runbook', url })),
    ...(actions === null
      ? []
      : [
          { title: 'Acknowledge', url: actions.acknowledge },
          { title: 'Silence', url: actions.silence },
        ]),
  ]
}

/** With the name of the rule where there are several. */
export function toldChanges({ changes }: Pick<AlertMessage, 'changes'>): string[] {
  const more = changes.length - GROUPS_TOLD_MAX
  const areMany = rulesOf({ changes }).length > 1
  const told = changes
    .slice(0, GROUPS_TOLD_MAX)
    .map(change =>
      areMany ? oneLine(`${change.about.rule}: ${changeText(change)}`) : changeText(change),
    )
  return more > 0 ? [...told, `and ${more} more`] : told
}

/** A log a line, cut where it is long. */
export function toldLines({ lines }: AlertMessage): string[] {
  return lines.slice(0, LINES_TOLD_MAX).map(lineText)
}

/** The oldest ones, where the last ones are not all. */
export function toldFirst({ findings }: AlertMessage): string[] {
  return findings.first.map(lineText)
}

/** How the value came about, where no picture can be shown. */
export function toldSeries({ findings: { series } }: AlertMessage): string[] {
  return series === null ? [] : [`${seriesBars(series)} ${seriesCaption(series)}`]
}

/** What the logs mostly say, and what is unusual in them. */
export function findingsTexts({ findings }: AlertMessage): string[] {
  const percent = (share: number): string => `${Math.round(share * 100)} %`
  return [
    ...findings.patterns.map(({ pattern, count }) => oneLine(`${count} × ${pattern}`)),
    ...findings.unusual.map(({ field, value, share, before }) =>
      oneLine(`${field}=${value} in ${percent(share)} of these logs, ${percent(before)} before`),
    ),
  ]
}

function lineText({ time, level, service, message }: Row): string {
  return oneLine(`${time} ${level} [${service}] ${message}`)
}

export function oneLine(text: string): string {
  return cutText(text.replaceAll(/\p{Cc}+/gu, ' '), LINE_CHARS_MAX)
}
