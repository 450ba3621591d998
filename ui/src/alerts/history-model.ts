/** The history of alerts as a timeline: days, what happened, and who did it. */
import type { AlertChange } from '../api/alerts.ts'
import { timeMs, toWallTime } from '../kit/wall-time.ts'

export const HISTORY_FILTERS = [
  ['', 'Everything'],
  ['firing', 'Began to fire'],
  ['over', 'Ended'],
  ['pending', 'Pending'],
  ['no_data', 'No data'],
  ['people', 'People did something'],
] as const
export type HistoryFilter = (typeof HISTORY_FILTERS)[number][0]

export function isShown(change: AlertChange, filter: HistoryFilter): boolean {
  switch (filter) {
    case '':
      return true
    case 'people':
      return change.actor !== null
    case 'over':
      return change.from === 'firing' && change.to !== 'firing'
    case 'firing':
      return change.from !== 'firing' && change.to === 'firing'
    default:
      return change.to === filter
  }
}

/** `acknowledged by Ada`, `over`; nothing where the state says it all. */
export function changeText(
  { from, to, actor }: Pick<AlertChange, 'from' | 'to' | 'actor'>,
  nameOf: (id: string) => string,
): string {
  const what = from === to ? 'acknowledged' : from === 'firing' ? 'over' : ''
  return actor === null ? what : `${what} by ${nameOf(actor)}`.trim()
}

/** In the order of the changes. */
export function daysOf(
  changes: readonly AlertChange[],
): readonly { readonly day: string; readonly changes: readonly AlertChange[] }[] {
  const days = new Map<string, AlertChange[]>()
  for (const change of changes) {
    const { year, month, day } = toWallTime(timeMs(change.at), 'local')
    const name = new Date(Date.UTC(year, month - 1, day)).toLocaleDateString('en-GB', {
      weekday: 'long',
      day: 'numeric',
      month: 'long',
      year: 'numeric',
      timeZone: 'UTC',
    })
    const own = days.get(name) ?? []
    days.set(name, own)
    own.push(change)
  }
  return [...days].map(([day, own]) => ({ day, changes: own }))
}
