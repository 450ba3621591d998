import { createUniqueId, type JSX } from 'solid-js'

/** Labels, one a line. */
export function LabelsField(props: {
  readonly hint: string
  readonly value: string
  readonly problem: string | null
  readonly onInput: (text: string) => void
}): JSX.Element {
  const id = createUniqueId()
  return (
    <div class="labelled">
      <label for={id}>Labels</label>
      <textarea
        class="field field-code"
        id={id}
        name="labels"
        rows={2}
        spellcheck={false}
        placeholder="team=payments"
        aria-invalid={props.problem !== null}
        aria-describedby={`${id}-note`}
        value={props.value}
        onInput={event => props.onInput(event.currentTarget.value)}
      />
      <p
        class="hint"
        id={`${id}-note`}
        classList={{ 'hint-wrong': props.problem !== null }}
        aria-live="polite"
      >
        {props.problem ?? props.hint}
      </p>
    </div>
  )
}
