import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import { Icon } from '../kit/icon.tsx'
import { watch } from '../kit/reactive.ts'
import type { FieldFacts } from './field-facts.ts'
import { checkQuery, meaningOf, type QueryProblem } from './query-check.ts'
import { createQueryCompletion, type QueryCompletion } from './query-completion.ts'
import { QueryHelp } from './query-help.tsx'
import { textSpans } from './query-text-model.ts'

export interface QueryBarProps {
  readonly query: string
  readonly projectId: string
  readonly facts: FieldFacts
  readonly busy: boolean
  readonly onSearch: (query: string) => void
}

/** One line of query: coloured, completed and checked while typing, run with Enter. */
export function QueryBar(props: QueryBarProps): JSX.Element {
  const [draft, setDraft] = createSignal('')
  const [refused, setRefused] = createSignal(false)
  const completion = createQueryCompletion(props.facts, () => props.projectId)
  let bar: HTMLFormElement | undefined
  watch(
    () => props.query,
    query => setDraft(query),
  )
  const problem = createMemo(() => checkQuery(draft()))
  const change = (text: string): void => {
    setDraft(text)
    setRefused(false)
  }
  const search = (text: string): void => {
    completion.close()
    completion.remember(text)
    props.onSearch(text)
  }
  const run = (event: Event): void => {
    event.preventDefault()
    if (problem() === null) search(draft().trim())
    else setRefused(true)
  }
  /** Puts a text into the bar for people to go on from. */
  const offer = (text: string, caret = text.length): void => {
    change(text)
    const input = bar?.querySelector('input')
    input?.focus()
    input?.setSelectionRange(caret, caret)
    completion.typed(text, caret)
  }
  const use = (text: string): void => {
    offer(text)
    search(text)
  }
  const take = (index: number): void => {
    const next = completion.take(index)
    if (next !== null) offer(next.text, next.caret)
  }

  return (
    <form
      class="query-bar"
      classList={{ 'query-wrong': refused() }}
      role="search"
      ref={element => {
        bar = element
      }}
      onSubmit={run}
    >
      <Icon name="search" />
      <QueryInput
        text={draft()}
        problem={problem()}
        refused={refused()}
        completion={completion}
        onChange={change}
        onTake={take}
      />
      <Show when={draft() !== ''} fallback={<kbd class="query-key">/</kbd>}>
        <Show when={draft().trim() !== props.query}>
          <kbd class="query-key">Enter</kbd>
        </Show>
        <button
          type="button"
          class="button button-quiet button-icon"
          aria-label="Clear the search"
          title="Clear"
          onClick={() => use('')}
        >
          <Icon name="close" />
        </button>
      </Show>
      <QueryHelp onUse={offer} />
      <OfferList completion={completion} onTake={take} />
      <Show when={refused() ? problem() : null}>
        {found => <ProblemNote problem={found()} onUse={use} />}
      </Show>
    </form>
  )
}

/** The letters are drawn in colour by a mirror under the field, which shows only the caret. */
function QueryInput(props: {
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
        id="query"
        type="text"
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={completion.offer() !== null}
        aria-controls="query-offers"
        aria-activedescendant={
          completion.chosen() >= 0 ? `query-offer-${completion.chosen()}` : undefined
        }
        value={props.text}
        placeholder='Search logs: timeout, "card declined", status:500'
        aria-label="Search logs"
        title={props.text === '' ? '' : meaningOf(props.text)}
        aria-invalid={props.refused}
        aria-describedby={props.refused ? 'query-problem' : undefined}
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

function OfferList(props: {
  readonly completion: QueryCompletion
  readonly onTake: (index: number) => void
}): JSX.Element {
  const { offer, chosen } = props.completion
  return (
    <ul
      class="query-offers"
      classList={{ 'query-offers-open': offer() !== null }}
      id="query-offers"
      role="listbox"
      aria-label={offer()?.title ?? 'Completions'}
    >
      <For each={offer()?.items ?? []}>
        {(item, index) => (
          <li
            id={`query-offer-${index()}`}
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

function ProblemNote(props: {
  readonly problem: QueryProblem
  readonly onUse: (text: string) => void
}): JSX.Element {
  return (
    <p class="query-problem" id="query-problem" role="alert">
      <Icon name="warning" />
      <span class="query-reason">{props.problem.reason}</span>
      <Show when={props.problem.suggestion}>
        {suggestion => (
          <button
            type="button"
            class="button button-small"
            onClick={() => props.onUse(suggestion())}
          >
            Use <code>{suggestion()}</code>
          </button>
        )}
      </Show>
    </p>
  )
}
