import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import { Icon } from '../kit/icon.tsx'
import { watch } from '../kit/reactive.ts'
import { checkQuery, meaningOf, type QueryProblem } from './query-check.ts'
import { QueryHelp } from './query-help.tsx'
import { textSpans } from './query-text-model.ts'

export interface QueryBarProps {
  readonly query: string
  readonly busy: boolean
  readonly onSearch: (query: string) => void
}

/** One line of query: coloured, checked while typing, run with Enter. */
export function QueryBar(props: QueryBarProps): JSX.Element {
  const [draft, setDraft] = createSignal('')
  const [refused, setRefused] = createSignal(false)
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
  const run = (event: Event): void => {
    event.preventDefault()
    if (problem() === null) props.onSearch(draft().trim())
    else setRefused(true)
  }
  /** Puts a text into the bar for people to go on from. */
  const offer = (text: string): void => {
    change(text)
    bar?.querySelector('input')?.focus()
  }
  const use = (text: string): void => {
    offer(text)
    props.onSearch(text)
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
      <QueryInput text={draft()} problem={problem()} refused={refused()} onChange={change} />
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
  readonly onChange: (text: string) => void
}): JSX.Element {
  const [scrollLeft, setScrollLeft] = createSignal(0)
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
        value={props.text}
        placeholder='Search logs: timeout, "card declined", status:500'
        aria-label="Search logs"
        title={props.text === '' ? '' : meaningOf(props.text)}
        aria-invalid={props.refused}
        aria-describedby={props.refused ? 'query-problem' : undefined}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onInput={event => props.onChange(event.currentTarget.value)}
        onScroll={event => setScrollLeft(event.currentTarget.scrollLeft)}
        on:keydown={event => {
          if (event.key !== 'Escape') return
          event.stopPropagation()
          event.currentTarget.blur()
        }}
      />
    </div>
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
