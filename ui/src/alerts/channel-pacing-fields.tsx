import { For, type JSX, Show } from 'solid-js'
import { Choice, Field } from '../kit/field.tsx'
import type { Form } from '../kit/form.ts'
import type { ChannelField } from './channel-form.ts'
import {
  PACING_FIELDS,
  PACING_GROUPS,
  type PacingGroup,
  pacingOf,
  pacingWords,
} from './channel-pacing-form.ts'

/** Which alerts come in one message, and how often; folded while all of it is as usual. */
export function ChannelPacingFields(props: { readonly form: Form<ChannelField> }): JSX.Element {
  const { form } = props
  const isUnusual = pacingWords(pacingOf(form.texts())).length > 0
  return (
    <details open={isUnusual}>
      <summary>How often</summary>
      <div class="stack">
        <Choice
          label="One message tells"
          name="group"
          value={form.texts().group as PacingGroup}
          options={PACING_GROUPS}
          onChange={group => form.set({ group })}
        />
        <Show when={form.texts().group === 'labels'}>
          <Field
            label="Labels or fields"
            placeholder="team, host"
            hint="alertname is the rule, severity its weight."
            {...form.field('group_by')}
          />
        </Show>
        <div class="rule-pair">
          <For each={PACING_FIELDS}>
            {([name, label, hint]) => (
              <Field label={label} placeholder="0s" hint={hint} {...form.field(name)} />
            )}
          </For>
        </div>
      </div>
    </details>
  )
}
