import { type JSX, Match, Switch } from 'solid-js'
import { countOf, countText } from '../kit/number-text.ts'
import type { SessionView } from './explore-session.ts'

/** Below the last row: more is coming, this was all, or it failed. */
export function RowsFooter(props: {
  readonly view: SessionView
  readonly onMore: () => void
}): JSX.Element {
  return (
    <div class="rows-footer">
      <Switch>
        <Match when={props.view.more === 'loading'}>
          <span class="spinner" /> Loading more…
        </Match>
        <Match when={props.view.more === 'failed'}>
          More rows could not be loaded.
          <button type="button" class="button button-small" onClick={() => props.onMore()}>
            Try again
          </button>
        </Match>
        <Match when={props.view.more === 'full'}>
          The newest {countText(props.view.rows.count)} rows are shown. Choose an earlier time range
          to go further back.
        </Match>
        <Match when={props.view.more === 'end'}>
          {countOf(props.view.rows.count, 'row')}, all of this range
        </Match>
      </Switch>
    </div>
  )
}
