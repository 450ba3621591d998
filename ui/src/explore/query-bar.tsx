import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import { Icon } from '../kit/icon.tsx'
import { Popover } from '../kit/popover.tsx'
import { watch } from '../kit/reactive.ts'
import { checkQuery } from './query-check.ts'
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
  const [scrollLeft, setScrollLeft] = createSignal(0)
  let input: HTMLInputElement | undefined
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
  const clear = (): void => {
    change('')
    props.onSearch('')
    input?.focus()
  }

  const use = (text: string): void => {
    change(text)
    props.onSearch(text)
    input?.focus()
  }

  return (
    <form class="query-bar" role="search" onSubmit={run} classList={{ 'query-wrong': refused() }}>
      <Icon name="search" />
      <div class="query-field">
        <div class="query-mirror" aria-hidden="true">
          <span style={{ '--scrolled': `${-scrollLeft()}px` }}>
            <For each={textSpans(draft(), problem())}>
              {span => (
                <span class={`query-${span.kind}`} classList={{ 'query-error': span.wrong }}>
                  {span.text}
                </span>
              )}
            </For>
          </span>
        </div>
        <input
          ref={element => {
            input = element
          }}
          id="query"
          type="text"
          value={draft()}
          placeholder="Search logs: timeout, &quot;card declined&quot;, status:500"
          aria-label="Search logs"
          aria-invalid={refused()}
          aria-describedby={refused() ? 'query-problem' : undefined}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          onInput={event => change(event.currentTarget.value)}
          onScroll={event => setScrollLeft(event.currentTarget.scrollLeft)}
          on:keydown={event => {
            if (event.key !== 'Escape') return
            event.stopPropagation()
            event.currentTarget.blur()
          }}
        />
      </div>
      <Show when={draft() !== ''} fallback={<kbd class="query-key">/</kbd>}>
        <Show when={draft().trim() !== props.query}>
          <kbd class="query-key">Enter</kbd>
        </Show>
        <button
          type="button"
          class="button button-quiet button-icon"
          aria-label="Clear the search"
          title="Clear"
          onClick={clear}
        >
          <Icon name="close" />
        </button>
      </Show>
      <Popover
        class="button button-quiet button-icon"
        label="Query help"
        align="end"
        panelClass="query-help"
        button={<Icon name="help" />}
      >
        {close => (
          <QueryHelp
            onUse={text => {
              close()
              change(text)
              input?.focus()
            }}
          />
        )}
      </Popover>
      <Show when={refused() ? problem() : null}>
        {found => (
          <p class="query-problem" id="query-problem" role="alert">
            <Icon name="warning" />
            <span class="query-reason">{found().reason}</span>
            <Show when={found().suggestion}>
              {suggestion => (
                <button type="button" class="button button-small" onClick={() => use(suggestion())}>
                  Use <code>{suggestion()}</code>
                </button>
              )}
            </Show>
          </p>
        )}
      </Show>
    </form>
  )
}
