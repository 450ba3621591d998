import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import type { Row } from '#proto/api.ts'
import { readContext } from '../api/facts.ts'
import { createAsked } from '../kit/asked.ts'
import { clockText, type Zone } from '../kit/wall-time.ts'
import { rowTimeMs } from './row-order.ts'
import { lineText } from './row-text-model.ts'

const ROWS_FIRST = 15
const ROWS_MORE = 50
const ROWS_MAX = 500

/** What was logged around a row: by the same service and host, or in the same trace. */
export function ContextPane(props: {
  readonly project: string
  readonly row: Row
  readonly by: 'service' | 'trace'
  readonly zone: Zone
  readonly onOpen: (row: Row) => void
}): JSX.Element {
  const [rows, setRows] = createSignal(ROWS_FIRST)
  const question = createMemo(() => ({
    project: props.project,
    id: props.row.id,
    by: props.by,
    rows: rows(),
  }))
  const { answer, problem, busy } = createAsked(question, readContext)
  const around = createMemo(() => {
    const found = answer()
    return found === null ? [] : [...found.before, found.log, ...found.after]
  })
  const more = (): void => void setRows(Math.min(ROWS_MAX, rows() + ROWS_MORE))
  const moreButton = (text: string): JSX.Element => (
    <button type="button" class="link context-more" disabled={busy()} onClick={more}>
      {text}
    </button>
  )
  return (
    <div class="context" aria-busy={busy()}>
      <p class="faint">
        {props.by === 'trace'
          ? 'All logs of the same trace, oldest first'
          : `Before and after, of ${props.row.service}${props.row.host === '' ? '' : ` on ${props.row.host}`}`}
      </p>
      <Show when={problem()}>{error => <p class="panel-problem">{error().message}</p>}</Show>
      <Show when={answer()?.has_more_before && rows() < ROWS_MAX}>{moreButton('Earlier')}</Show>
      <ol class="context-rows">
        <For each={around()}>
          {row => (
            <li>
              <button
                type="button"
                class={`context-row row-${row.level.toLowerCase()}`}
                aria-current={row.id === props.row.id ? 'true' : undefined}
                title={props.by === 'trace' ? row.service : row.message}
                onClick={() => props.onOpen(row)}
              >
                <span class="context-time">{clockText(rowTimeMs(row), props.zone)}</span>
                <Show when={props.by === 'trace'}>
                  <span class="context-service">{row.service}</span>
                </Show>
                <span class="context-text">{lineText(row).text}</span>
              </button>
            </li>
          )}
        </For>
      </ol>
      <Show when={answer()?.has_more_after && rows() < ROWS_MAX}>{moreButton('Later')}</Show>
      <Show when={answer() === null && busy()}>
        <span class="spinner" />
      </Show>
    </div>
  )
}
