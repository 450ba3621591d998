import { For, type JSX } from 'solid-js'
import type { AlertSeverity } from '#proto/alert-rule.ts'
import type { AlertGroup } from '../api/alerts.ts'
import { STATUS_NAMES } from './alert-model.ts'
import type { RuleState } from './rule-words.ts'

const NAMES: Readonly<Record<RuleState['status'], string>> = {
  ...STATUS_NAMES,
  paused: 'paused',
  fault: 'fault',
  warming_up: 'warming up',
}

export function SeverityTag(props: { readonly severity: AlertSeverity }): JSX.Element {
  return <span class={`alert-severity alert-${props.severity}`}>{props.severity}</span>
}

export function StatusTag(props: { readonly status: RuleState['status'] }): JSX.Element {
  return <span class={`alert-status alert-is-${props.status}`}>{NAMES[props.status]}</span>
}

/** Fields and values that tell a group from the others of its rule. */
export function GroupTags(props: { readonly group: AlertGroup }): JSX.Element {
  return (
    <For each={Object.entries(props.group)}>
      {([field, value]) => (
        <span class="alert-tag">
          <span class="faint">{field}</span> {value ?? '(none)'}
        </span>
      )}
    </For>
  )
}
