/** What people are told: changes of one rule, with what they need to judge them. */
import type { HistoryEntry } from '#actors/catalog/alert-states.ts'
import type { Row } from '#proto/api.ts'
import { formatTime } from '#proto/time.ts'
import type { AlertActions } from './alert-links.ts'

export interface AlertMessage {
  /** The same for every attempt: by it the other side knows a repeat. */
  readonly id: string
  readonly project: { readonly id: string; readonly name: string }
  /** Of one rule and one direction; at least one. */
  readonly changes: readonly HistoryEntry[]
  /** Logs of the window, newest first; empty where there are none, or none were to be had. */
  readonly lines: readonly Row[]
  /** Explore at the window. */
  readonly link: string
  /** Where a firing is acknowledged and silenced; null = there is nothing to be done. */
  readonly actions: AlertActions | null
  readonly isRepeatPossible: boolean
  readonly isTest: boolean
  /** It is about the rule itself, which cannot be evaluated. */
  readonly isFault: boolean
}

/** Of groups and lines in a text; how many more there are is told. */
const GROUPS_TOLD_MAX = 10
const LINES_TOLD_MAX = 5
const LINE_CHARS_MAX = 300

export function isFiring({ changes }: Pick<AlertMessage, 'changes'>): boolean {
  return changes[0]?.to === 'firing'
}

/** Of a message whose changes are all of one rule. */
export function aboutOf({ changes: [first] }: AlertMessage): HistoryEntry['about'] {
  if (first === undefined) throw new RangeError('a message tells something')
  return first.about
}

/** `FIRING: too many errors (shop)`: one line, whatever stands in names. */
export function titleOf(message: AlertMessage): string {
  const { rule } = aboutOf(message)
  const state = message.isFault ? 'FAULT' : isFiring(message) ? 'FIRING' : 'RESOLVED'
  const test = message.isTest ? 'TEST ' : ''
  return oneLine(`${test}${state}: ${rule} (${message.project.name})`)
}

/** `service=payment: count > 20, was 25 at 2026-11-29T10:00:00.000Z`. */
export function changeText({ about, value, windowEndUs }: HistoryEntry): string {
  const group = groupText(about.group)
  const where = group === '' ? '' : `${group}: `
  const was = value === null ? '' : `, was ${valueText(value)}`
  return oneLine(`${where}${about.condition}${was} at ${formatTime(windowEndUs, 0)}`)
}

export function groupText(group: HistoryEntry['about']['group']): string {
  return Object.entries(group)
    .map(([field, value]) => `${field}=${value ?? '(none)'}`)
    .join(', ')
}

/** Six digits are more than a person compares. */
export function valueText(value: number): string {
  return String(Number(value.toPrecision(6)))
}

/** The whole as plain text, a fact a line. */
export function plainText(message: AlertMessage): string {
  const { severity } = aboutOf(message)
  return [
    ...toldChanges(message),
    `severity: ${severity}`,
    ...linksOf(message).map(({ title, url }) => `${title.toLowerCase()}: ${url}`),
    ...(message.isRepeatPossible ? ['This may have been told before.'] : []),
    ...toldLines(message),
  ].join('\n')
}

/** Everything that a message leads to, in the order in which people need it. */
export function linksOf(message: AlertMessage): { readonly title: string; readonly url: string }[] {
  const { runbook } = aboutOf(message)
  const { link, actions } = message
  return [
    { title: 'Logs', url: link },
    ...(runbook === null ? [] : [{ title: 'Runbook', url: runbook }]),
    ...(actions === null
      ? []
      : [
          { title: 'Acknowledge', url: actions.acknowledge },
          { title: 'Silence', url: actions.silence },
        ]),
  ]
}

export function toldChanges({ changes }: AlertMessage): string[] {
  const more = changes.length - GROUPS_TOLD_MAX
  const told = changes.slice(0, GROUPS_TOLD_MAX).map(changeText)
  return more > 0 ? [...told, `and ${more} more`] : told
}

/** A log a line, cut where it is long. */
export function toldLines({ lines }: AlertMessage): string[] {
  return lines
    .slice(0, LINES_TOLD_MAX)
    .map(({ time, level, service, message }) => oneLine(`${time} ${level} [${service}] ${message}`))
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\p{Cc}+/gu, ' ')
  return line.length > LINE_CHARS_MAX ? `${line.slice(0, LINE_CHARS_MAX)}…` : line
}
