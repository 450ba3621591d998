import { createMemo, type JSX, Show } from 'solid-js'
import type { FieldFacts } from '../explore/field-facts.ts'
import { createQueryCompletion } from '../explore/query-completion.ts'
import { OfferList, QueryInput } from '../explore/query-input.tsx'
import { Icon } from '../kit/icon.tsx'
import { conditionsProblem } from './rule-form.ts'

/** Conditions as a field of a form: coloured, completed, and underlined where they are wrong. */
export function QueryField(props: {
  readonly id: string
  readonly label: string
  readonly placeholder: string
  readonly hint: JSX.Element
  readonly value: string
  /** What the form says of it. */
  readonly problem: string | null
  readonly projectId: string
  readonly facts: FieldFacts
  readonly onInput: (text: string) => void
}): JSX.Element {
  const completion = createQueryCompletion(props.facts, () => props.projectId)
  const wrong = createMemo(() => conditionsProblem(props.value))
  let root: HTMLDivElement | undefined
  const take = (index: number): void => {
    const next = completion.take(index)
    if (next === null) return
    props.onInput(next.text)
    const input = root?.querySelector('input')
    input?.focus()
    input?.setSelectionRange(next.caret, next.caret)
    completion.typed(next.text, next.caret)
  }
  const problem = (): string | null => wrong()?.reason ?? props.problem
  return (
    <div
      class="labelled"
      ref={element => {
        root = element
      }}
    >
      <label for={props.id}>{props.label}</label>
      <div class="query-bar" classList={{ 'query-wrong': problem() !== null }}>
        <Icon name="search" />
        <QueryInput
          id={props.id}
          label={props.label}
          placeholder={props.placeholder}
          text={props.value}
          problem={wrong()}
          refused={problem() !== null}
          completion={completion}
          onChange={props.onInput}
          onTake={take}
        />
        <OfferList id={props.id} completion={completion} onTake={take} />
      </div>
      <p
        class="hint"
        id={`${props.id}-problem`}
        classList={{ 'hint-wrong': problem() !== null }}
        aria-live="polite"
      >
        {problem() ?? props.hint}
        <Show when={wrong()?.suggestion}>
          {suggestion => (
            <>
              {' '}
              <button type="button" class="link" onClick={() => props.onInput(suggestion())}>
                Use {suggestion()}
              </button>
            </>
          )}
        </Show>
      </p>
    </div>
  )
}
