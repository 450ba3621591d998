import { createSignal, createUniqueId, For, type JSX, Show } from 'solid-js'
import { ALERT_BY_MAX } from '#proto/alert-rule.ts'
import type { FieldFacts } from '../explore/field-facts.ts'
import { Icon } from '../kit/icon.tsx'
import { fieldsOf } from './rule-form.ts'

/** Up to three names of fields, each to be taken back. */
export function ByField(props: {
  /** Separated by commas. */
  readonly value: string
  readonly problem: string | null
  readonly facts: FieldFacts
  readonly onInput: (value: string) => void
}): JSX.Element {
  const id = createUniqueId()
  const [typed, setTyped] = createSignal('')
  const fields = (): readonly string[] => fieldsOf(props.value)
  const change = (next: readonly string[]): void => props.onInput(next.join(', '))
  const add = (): void => {
    const more = fieldsOf(typed()).filter(field => !fields().includes(field))
    setTyped('')
    if (more.length > 0) change([...fields(), ...more])
  }
  const key = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && typed().trim() !== '') {
      event.preventDefault()
      add()
    }
    if (event.key === 'Backspace' && typed() === '') change(fields().slice(0, -1))
  }
  return (
    <div class="labelled">
      <label for={id}>For each</label>
      <div class="by-field" classList={{ 'query-wrong': props.problem !== null }}>
        <For each={fields()}>
          {field => (
            <span class="by-chip">
              {field}
              <button
                type="button"
                class="pill-remove"
                aria-label={`Not for each ${field}`}
                onClick={() => change(fields().filter(other => other !== field))}
              >
                <Icon name="close" />
              </button>
            </span>
          )}
        </For>
        <Show when={fields().length < ALERT_BY_MAX}>
          <input
            id={id}
            list={`${id}-fields`}
            autocomplete="off"
            spellcheck={false}
            placeholder={fields().length === 0 ? 'host, service…' : 'and…'}
            aria-describedby={`${id}-note`}
            value={typed()}
            onFocus={() => props.facts.want()}
            onInput={event => setTyped(event.currentTarget.value)}
            onChange={add}
            onBlur={add}
            on:keydown={key}
          />
        </Show>
        <datalist id={`${id}-fields`}>
          <For each={props.facts.fields().slice(0, 50)}>
            {({ name }) => <option value={name} />}
          </For>
        </datalist>
      </div>
      <p
        class="hint"
        id={`${id}-note`}
        classList={{ 'hint-wrong': props.problem !== null }}
        aria-live="polite"
      >
        {props.problem ??
          'Each combination of values is watched by itself. Leave it empty to watch all logs as one.'}
      </p>
    </div>
  )
}
