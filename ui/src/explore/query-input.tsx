import { createSignal, For, type JSX } from 'solid-js'
import { meaningOf, type QueryProblem } from './query-check.ts'
import type { QueryCompletion } from './query-completion.ts'
import { textSpans } from './query-text-model.ts'

/** The letters are drawn in colour by a mirror under the field, which shows only the caret. */
export function QueryInput(props: {
  readonly id: string
  readonly label: string
  readonly placeholder: string
  readonly text: string
  readonly problem: QueryProblem | null
  readonly refused: boolean
  readonly completion: QueryCompletion
  readonly onChange: (text: string) => void
  readonly onTake: (index: number) => void
}): JSX.Element {
  const [scrollLeft, setScrollLeft] = createSignal(0)
  const { completion } = props
  const key = (event: KeyboardEvent & { readonly currentTarget: HTMLInputElement }): void => {
    const isOpen = completion.offer() !== null
    const { value, selectionStart } = event.currentTarget
    if (event.key === 'Escape') {
      event.stopPropagation()
      if (isOpen) completion.close()
      else event.currentTarget.blur()
    } else if (event.key === 'ArrowDown' && !isOpen) {
      completion.typed(value, selectionStart ?? value.length)
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (isOpen) completion.step(event.key === 'ArrowDown' ? 1 : -1)
    } else if (event.key === 'Enter' && isOpen && completion.chosen() >= 0) {
      props.onTake(completion.chosen())
    } else if (event.key === 'Tab' && isOpen && !event.shiftKey && value !== '') {
      props.onTake(Math.max(0, completion.chosen()))
    } else return
    event.preventDefault()
  }
  return (
    <div class="query-field">
      <div class="query-mirror" aria-hidden="true">
        <span style={{ '--scrolled': `${-scrollLeft()}px` }}>
          <For each={textSpans(props.text, props.problem)}>
            {span => (
              <span class={`query-${span.kind}`} classList={{ 'query-error': span.wrong }}>
                {span.text}
              </span>
            )}
          </For>
        </span>
      </div>
      <input
        id={props.id}
        type="text"
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={completion.offer() !== null}
        aria-controls={`${props.id}-offers`}
        aria-activedescendant={
          completion.chosen() >= 0 ? `${props.id}-offer-${completion.chosen()}` : undefined
        }
        value={props.text}
        placeholder={props.placeholder}
        aria-label={props.label}
        title={props.text === '' ? '' : meaningOf(props.text)}
        aria-invalid={props.refused}
        aria-describedby={props.refused ? `${props.id}-problem` : undefined}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onInput={event => {
          const { value, selectionStart } = event.currentTarget
          props.onChange(value)
          completion.typed(value, selectionStart ?? value.length)
        }}
        onClick={event => event.currentTarget.value === '' && completion.typed('', 0)}
        onBlur={() => completion.close()}
        onScroll={event => setScrollLeft(event.currentTarget.scrollLeft)}
        on:keydown={key}
      />
    </div>
  )
}

/** What could be written at the caret. */
export function OfferList(props: {
  /** Of the field. */
  readonly id: string
  readonly completion: QueryCompletion
  readonly onTake: (index: number) => void
}): JSX.Element {
  const { offer, chosen } = props.completion
  return (
    <ul
      class="query-offers"
      classList={{ 'query-offers-open': offer() !== null }}
      id={`${props.id}-offers`}
      role="listbox"
      aria-label={offer()?.title ?? 'Completions'}
    >
      <For each={offer()?.items ?? []}>
        {(item, index) => (
          <li
            id={`${props.id}-offer-${index()}`}
            class="query-offer"
            classList={{ 'query-offer-chosen': chosen() === index() }}
            role="option"
            aria-selected={chosen() === index()}
            // The field keeps the focus.
            onPointerDown={event => event.preventDefault()}
            onClick={() => props.onTake(index())}
          >
            <span>{item.label}</span>
            <small>{item.note}</small>
          </li>
        )}
      </For>
    </ul>
  )
}
