import { createUniqueId, For, type JSX, Show } from 'solid-js'
import { Icon } from './icon.tsx'

export interface FieldProps {
  readonly label: string
  readonly name: string
  readonly value: string
  readonly onInput: (value: string) => void
  readonly type?: 'text' | 'email' | 'password' | 'number' | 'search'
  readonly hint?: JSX.Element
  readonly problem: string | null
  readonly autocomplete?: string
  readonly placeholder?: string
  readonly autofocus?: boolean
  readonly disabled?: boolean
  readonly list?: string
  readonly class?: string
}

/** A labelled input; what is wrong with it stands below it and is read out with it. */
export function Field(props: FieldProps): JSX.Element {
  const id = createUniqueId()
  return (
    <div class={`labelled ${props.class ?? ''}`}>
      <label for={id}>{props.label}</label>
      <input
        class="field"
        id={id}
        name={props.name}
        type={props.type ?? 'text'}
        inputmode={props.type === 'number' ? 'numeric' : undefined}
        min={props.type === 'number' ? 0 : undefined}
        autocomplete={props.autocomplete ?? 'off'}
        placeholder={props.placeholder}
        autofocus={props.autofocus ?? false}
        disabled={props.disabled ?? false}
        list={props.list}
        aria-invalid={props.problem !== null}
        aria-describedby={`${id}-note`}
        value={props.value}
        onInput={event => props.onInput(event.currentTarget.value)}
      />
      <Note id={`${id}-note`} problem={props.problem} hint={props.hint} />
    </div>
  )
}

export interface ChoiceProps<Value extends string> {
  readonly label: string
  readonly name: string
  readonly value: Value
  readonly options: readonly (readonly [Value, string])[]
  readonly onChange: (value: Value) => void
  readonly hint?: JSX.Element
  readonly disabled?: boolean
}

/** A labelled list to choose one of. */
export function Choice<Value extends string>(props: ChoiceProps<Value>): JSX.Element {
  const id = createUniqueId()
  return (
    <div class="labelled">
      <label for={id}>{props.label}</label>
      <select
        class="field"
        id={id}
        name={props.name}
        disabled={props.disabled ?? false}
        aria-describedby={`${id}-note`}
        onChange={event => props.onChange(event.currentTarget.value as Value)}
      >
        <For each={props.options}>
          {([value, text]) => (
            <option value={value} selected={value === props.value}>
              {text}
            </option>
          )}
        </For>
      </select>
      <Note id={`${id}-note`} problem={null} hint={props.hint} />
    </div>
  )
}

/** A box to tick, with its meaning. */
export function Tick(props: {
  readonly label: string
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
  readonly hint?: string
  readonly disabled?: boolean
}): JSX.Element {
  return (
    <label class="tick">
      <input
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled ?? false}
        onChange={event => props.onChange(event.currentTarget.checked)}
      />
      <span>
        {props.label}
        <Show when={props.hint}>
          <small>{props.hint}</small>
        </Show>
      </span>
    </label>
  )
}

/** Several of some names, each with what it means. */
export function Ticks<Name extends string>(props: {
  readonly label: string
  readonly words: Readonly<Record<Name, string>>
  readonly chosen: readonly Name[]
  readonly problem: string | null
  /** Why one cannot be chosen. */
  readonly whyNot?: (name: Name) => string | undefined
  readonly onChange: (chosen: readonly Name[]) => void
}): JSX.Element {
  const choose = (name: Name, wanted: boolean): void => {
    const others = props.chosen.filter(other => other !== name)
    props.onChange(wanted ? [...others, name] : others)
  }
  return (
    <fieldset class="ticks">
      <legend>{props.label}</legend>
      <For each={Object.keys(props.words) as Name[]}>
        {name => (
          <Tick
            label={name}
            hint={props.whyNot?.(name) ?? props.words[name]}
            checked={props.chosen.includes(name)}
            disabled={props.whyNot?.(name) !== undefined}
            onChange={wanted => choose(name, wanted)}
          />
        )}
      </For>
      <p class="hint hint-wrong" aria-live="polite">
        {props.problem}
      </p>
    </fieldset>
  )
}

function Note(props: {
  readonly id: string
  readonly problem: string | null
  readonly hint: JSX.Element
}): JSX.Element {
  return (
    <p
      class="hint"
      id={props.id}
      classList={{ 'hint-wrong': props.problem !== null }}
      aria-live="polite"
    >
      {props.problem ?? props.hint}
    </p>
  )
}

/** What is wrong with a form as a whole. */
export function FormProblem(props: { readonly problem: string | null }): JSX.Element {
  return (
    <Show when={props.problem}>
      {words => (
        <p class="form-problem" role="alert">
          <Icon name="warning" />
          <span>{words()}</span>
        </p>
      )}
    </Show>
  )
}
