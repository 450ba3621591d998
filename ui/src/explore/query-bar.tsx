import { createMemo, createSignal, type JSX, Show } from 'solid-js'
import { Icon } from '../kit/icon.tsx'
import { watch } from '../kit/reactive.ts'
import type { FieldFacts } from './field-facts.ts'
import { checkQuery, type QueryProblem } from './query-check.ts'
import { createQueryCompletion } from './query-completion.ts'
import { QueryHelp } from './query-help.tsx'
import { OfferList, QueryInput } from './query-input.tsx'

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
        id="query"
        label="Search logs"
        placeholder='Search logs: timeout, "card declined", status:500'
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
      <OfferList id="query" completion={completion} onTake={take} />
      <Show when={refused() ? problem() : null}>
        {found => <ProblemNote problem={found()} onUse={use} />}
      </Show>
    </form>
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
