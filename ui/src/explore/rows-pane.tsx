import { createMemo, For, type JSX, Match, Switch } from 'solid-js'
import type { ProjectAccess } from '#proto/people.ts'
import { EmptyState, ErrorState } from './empty-state.tsx'
import type { Explorer } from './explorer.ts'
import { phrasesOf } from './highlight-model.ts'
import { NewRows } from './live-status.tsx'
import { conditionsOf } from './query-check.ts'
import { withTerm } from './query-text-model.ts'
import { ROW_HEIGHT, RowList, type RowListControl } from './row-list.tsx'
import { type RowPlace, rowTimeMs } from './row-order.ts'
import type { RowSequence } from './row-sequence.ts'
import { RowsFooter } from './rows-footer.tsx'
import { TableView } from './table-view.tsx'

export interface RowsPaneProps {
  readonly explorer: Explorer
  readonly project: ProjectAccess
  readonly nowMs: number
  readonly control: (control: RowListControl) => void
  readonly onShowNew: () => void
}

/** What was found: rows, the table of an analysis, or why there is nothing. */
export function RowsPane(props: RowsPaneProps): JSX.Element {
  const { state, view, session, change } = props.explorer
  const rows = createMemo(() => view().rows)
  return (
    <section class="rows-pane" aria-label="Logs">
      <div
        class="rows-progress"
        classList={{ 'rows-loading': view().loading || view().fetching }}
      />
      <Switch>
        <Match when={view().error}>
          {error => <ErrorState error={error()} onRetry={() => props.explorer.refresh()} />}
        </Match>
        <Match when={view().table}>
          {table => (
            <TableView
              table={table()}
              zone={state().zone}
              form={state().form}
              busy={view().loading}
              hasMore={view().more === 'idle' || view().more === 'failed'}
              onMore={() => session.loadMore()}
              onForm={form => change({ form }, { replace: true })}
              onSelect={interval => change({ range: { kind: 'absolute', ...interval } })}
              onGroup={terms =>
                change({ query: terms.reduce(withTerm, conditionsOf(state().query)) })
              }
            />
          )}
        </Match>
        <Match when={rows().count > 0}>
          <Rows {...props} />
        </Match>
        <Match when={view().loading}>
          <SkeletonRows />
        </Match>
        <Match when={view().scope !== null}>
          <EmptyState
            project={props.project}
            state={state()}
            nowMs={props.nowMs}
            onChange={patch => change(patch)}
          />
        </Match>
      </Switch>
    </section>
  )
}

function Rows(props: RowsPaneProps): JSX.Element {
  const { state, view, session, change } = props.explorer
  const rows = createMemo(() => view().rows)
  const phrases = createMemo(() => phrasesOf(state().query))
  const dated = createMemo(() => spansDays(rows(), state().zone === 'utc'))
  return (
    <>
      <RowList
        rows={rows()}
        activeId={props.explorer.activeId()}
        openId={state().row}
        zone={state().zone}
        dated={dated()}
        columns={state().columns}
        density={state().density}
        wrap={state().wrap}
        phrases={phrases()}
        busy={view().loading}
        control={props.control}
        footer={<RowsFooter view={view()} onMore={() => session.loadMore()} />}
        onColumns={columns => change({ columns }, { replace: true })}
        onOpen={row => props.explorer.open(row)}
        onAway={away => session.lookAway(away)}
        onNearEnd={() => session.loadMore()}
        onLook={(first, end) => session.look(first, end)}
      />
      <NewRows
        count={view().waitingCount}
        paused={view().paused}
        onShow={() => props.onShowNew()}
      />
    </>
  )
}

/** Grey lines in the place of the first rows, so that nothing jumps when they come. */
function SkeletonRows(): JSX.Element {
  const count = Math.ceil(window.innerHeight / ROW_HEIGHT)
  return (
    <div class="skeleton" role="status" aria-label="Loading logs">
      <For each={Array.from({ length: count }, (_, index) => index % 5)}>
        {kind => (
          <div class="skeleton-row">
            <span />
            <span />
            <span />
            <span class={`skeleton-${kind}`} />
          </div>
        )}
      </For>
    </div>
  )
}

function spansDays(rows: RowSequence, utc: boolean): boolean {
  const [first, last] = [rows.at(0), rows.last]
  if (first === undefined || last === undefined) return false
  const day = (row: RowPlace): string =>
    utc ? row.time.slice(0, 10) : new Date(rowTimeMs(row)).toDateString()
  return day(first) !== day(last)
}
