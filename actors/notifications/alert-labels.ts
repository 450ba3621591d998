/** What silences and the pacing of channels know an alert by. */
import type { AlertAbout } from '#actors/catalog/alert-states.ts'

export type LabelledAlert = Pick<AlertAbout, 'rule' | 'severity' | 'labels' | 'group'>
/** By name; what an alert does not have is the empty text. */
export type AlertLabels = ReadonlyMap<string, string>

/** Later ones win: nobody takes the place of name and severity. */
export function alertLabels({ rule, severity, labels, group }: LabelledAlert): AlertLabels {
  const fields = Object.entries(group).map(([name, value]): [string, string] => [name, value ?? ''])
  return new Map([
    ...Object.entries(labels),
    ...fields,
    ['alertname', rule],
    ['severity', severity],
  ])
}
