import { createMemo, createSignal, type JSX, Match, onCleanup, Show, Switch } from 'solid-js'
import type { Row } from '#proto/api.ts'
import type { ProjectAccess } from '#proto/people.ts'
import { ApiError } from '../api/client.ts'
import { searchLogs } from '../api/logs.ts'
import { Icon } from '../kit/icon.tsx'
import { watch } from '../kit/reactive.ts'
import { agoText } from '../kit/wall-time.ts'
import { FirstLog } from '../projects/first-log.tsx'
import { rangeText, type TimeRange } from '../time/time-range-model.ts'
import type { ExploreState } from './explore-url-model.ts'
import { rowTimeMs } from './row-order.ts'
import { newestRequest } from './search-model.ts'

export interface EmptyStateProps {
  readonly project: ProjectAccess
  readonly state: ExploreState
  readonly nowMs: number
  readonly onChange: (patch: Partial<ExploreState>) => void
}

/** Why nothing is there, and what to do about it. */
export function EmptyState(props: EmptyStateProps): JSX.Element {
  const [newest, setNewest] = createSignal<Row | null | undefined>(undefined)
  watch(
    () => props.project.id,
    id => {
      const abort = new AbortController()
      onCleanup(() => abort.abort())
      searchLogs(newestRequest(id), abort.signal).then(
        ({ logs }) => setNewest(logs[0] ?? null),
        () => {},
      )
    },
  )
  return (
    <Switch>
      <Match when={newest() === null}>
        <FirstLog project={props.project} title={`Send the first log to ${props.project.name}`} />
      </Match>
      <Match when={newest() !== undefined || isFiltered(props.state)}>
        <NoMatch {...props} newest={newest() ?? null} />
      </Match>
    </Switch>
  )
}

function NoMatch(props: EmptyStateProps & { readonly newest: Row | null }): JSX.Element {
  const filtered = createMemo(() => isFiltered(props.state))
  return (
    <div class="empty">
      <Icon name="search" />
      <h2>{filtered() ? 'No logs match' : 'No logs in this range'}</h2>
      <p>
        {filtered() ? 'Nothing here fits every filter' : 'Nothing was logged'} in{' '}
        <b>{rangePhrase(props.state)}</b>.
        <Show when={props.newest}>
          {row => <> The newest log of the project is {agoText(rowTimeMs(row()), props.nowMs)}.</>}
        </Show>
      </p>
      <div class="empty-actions">
        <Show when={filtered()}>
          <button
            type="button"
            class="button"
            onClick={() => props.onChange({ query: '', levels: [], services: [] })}
          >
            Clear all filters
          </button>
        </Show>
        <Show when={widerRange(props.state.range)}>
          {wider => (
            <button type="button" class="button" onClick={() => props.onChange({ range: wider() })}>
              Look at the {rangeText(wider(), 'utc').toLowerCase()}
            </button>
          )}
        </Show>
        <Show when={filtered() ? null : props.newest}>
          {row => (
            <button
              type="button"
              class="button button-primary"
              onClick={() => props.onChange({ live: false, range: around(row()) })}
            >
              Go to the newest log
            </button>
          )}
        </Show>
      </div>
    </div>
  )
}

/** The search itself failed. */
export function ErrorState(props: {
  readonly error: Error
  readonly onRetry: () => void
}): JSX.Element {
  const code = (): string | null => (props.error instanceof ApiError ? props.error.code : null)
  const title = (): string => {
    const status = props.error instanceof ApiError ? props.error.status : 500
    if (status === 0) return 'The server does not answer'
    return status === 400 ? 'This search cannot be run' : 'The search failed'
  }
  return (
    <div class="empty empty-error" role="alert">
      <Icon name="warning" />
      <h2>{title()}</h2>
      <p>{props.error.message}</p>
      <Show when={code()}>{text => <code class="faint">{text()}</code>}</Show>
      <div class="empty-actions">
        <button type="button" class="button button-primary" onClick={() => props.onRetry()}>
          <Icon name="refresh" />
          Try again
        </button>
      </div>
    </div>
  )
}

function isFiltered({ query, levels, services }: ExploreState): boolean {
  return query !== '' || levels.length > 0 || services.length > 0
}

function rangePhrase({ range, zone }: ExploreState): string {
  const text = rangeText(range, zone)
  return range.kind === 'relative' ? `the ${text.toLowerCase()}` : text
}

function widerRange(range: TimeRange): TimeRange | null {
  const day = 86_400
  if (range.kind === 'absolute') return { kind: 'relative', seconds: day }
  if (range.seconds < day) return { kind: 'relative', seconds: day }
  return range.seconds < 30 * day ? { kind: 'relative', seconds: 30 * day } : null
}

/** A quarter of an hour that ends just after the row. */
function around(row: Row): TimeRange {
  const toMs = rowTimeMs(row) + 1000
  return { kind: 'absolute', fromMs: toMs - 900_000, toMs }
}
