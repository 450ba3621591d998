import { createSignal, createUniqueId, For, type JSX, Show } from 'solid-js'
import type { ChannelKind } from '#proto/alert-channel.ts'
import { type MessagePreview, previewMessage } from '../api/channels.ts'
import { createAsked } from '../kit/asked.ts'
import { Field } from '../kit/field.tsx'
import type { Form } from '../kit/form.ts'
import { type ChannelField, templateOf } from './channel-form.ts'

/** What messages say, with what comes of it while it is written. */
export function ChannelTemplateFields(props: {
  readonly project: string
  readonly kind: ChannelKind
  readonly form: Form<ChannelField>
}): JSX.Element {
  const { form } = props
  const id = createUniqueId()
  const template = () => templateOf(form.texts())
  const isOwn = (): boolean => template().title !== '' || template().body !== ''
  const [isOpen, setOpen] = createSignal(false)
  const { answer, problem } = createAsked(
    () => (isOpen() ? { project: props.project, kind: props.kind, template: template() } : null),
    previewMessage,
  )
  return (
    <details open={isOwn()} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>What messages say</summary>
      <div class="stack">
        <Field
          label="Title"
          placeholder="{{state}}: {{rule}} ({{project}})"
          hint="Of mails, cards and incidents. As it comes unless you write one."
          {...form.field('template_title')}
        />
        <div class="labelled">
          <label for={id}>Text</label>
          <textarea
            class="field field-code"
            id={id}
            name="template_body"
            rows={5}
            spellcheck={false}
            placeholder="{{#each changes}}{{group}}: {{value}} of {{threshold}}{{/each}}"
            aria-describedby={`${id}-note`}
            value={form.texts().template_body}
            onInput={event => form.set({ template_body: event.currentTarget.value })}
          />
          <p class="hint" id={`${id}-note`}>
            Names: state, rule, severity, condition, value, threshold, group, group.FIELD,
            labels.NAME, time, count, runbook, link; lists: changes, lines.
          </p>
        </div>
        <Show when={problem()}>{found => <p class="hint hint-wrong">{found().message}</p>}</Show>
        <Show when={answer()}>{found => <Preview preview={found()} />}</Show>
      </div>
    </details>
  )
}

function Preview(props: { readonly preview: MessagePreview }): JSX.Element {
  return (
    <section class="message-preview" aria-label="Preview" aria-live="polite">
      <For each={props.preview.faults}>
        {({ member, message, position, expected, suggestion }) => (
          <p class="hint hint-wrong">
            {member === 'title' ? 'Title' : 'Text'}: {message} at {position}; expected {expected}
            <Show when={suggestion}>{meant => <>. Did you mean {meant()}</>}</Show>
          </p>
        )}
      </For>
      <p class="hint">
        {props.preview.sample ? 'Of an alert that is made up' : 'Of the last alert that fired'}
      </p>
      <b>{props.preview.title}</b>
      <pre>{props.preview.text}</pre>
      <Show when={props.preview.payload}>
        {payload => (
          <details>
            <summary>As it is sent</summary>
            <pre>{indented(payload())}</pre>
          </details>
        )}
      </Show>
    </section>
  )
}

/** JSON as people read it; a mail as it is. */
function indented(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2)
  } catch {
    return payload
  }
}
