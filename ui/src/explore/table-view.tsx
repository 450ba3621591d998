import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import type { Json, Table, TableColumn } from '#proto/api.ts'
import { TimechartView } from '../charts/timechart.tsx'
import { timechartOf } from '../charts/timechart-model.ts'
import { countText } from '../kit/number-text.ts'
import type { Zone } from '../kit/wall-time.ts'
import { cellText } from './table-model.ts'

/** Lines drawn at first, and with each press on the button below. */
const LINES = 500

/** What an analysis answered: a table, above it a chart where it is about time. */
export function TableView(props: {
  readonly table: Table
  readonly zone: Zone
  readonly busy: boolean
  readonly hasMore: boolean
  readonly onMore: () => void
}): JSX.Element {
  const [shown, setShown] = createSignal(LINES)
  const chart = createMemo(() => timechartOf(props.table))
  const more = (): void => {
    setShown(shown() + LINES)
    if (props.hasMore && shown() >= props.table.rows.length) props.onMore()
  }
  return (
    <div class="table-pane" classList={{ 'table-busy': props.busy }} tabIndex={0}>
      <Show when={chart()}>{known => <TimechartView chart={known()} zone={props.zone} />}</Show>
      <table class="analysis">
        <thead>
          <tr>
            <For each={props.table.columns}>
              {column => (
                <th scope="col" class={cellClass(column)}>
                  {column.name}
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={props.table.rows.slice(0, shown())}>
            {row => (
              <tr>
                <For each={props.table.columns}>
                  {(column, index) => (
                    <Cell cell={row[index()]} column={column} zone={props.zone} />
                  )}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
      <p class="table-end faint">
        {countText(Math.min(shown(), props.table.rows.length))} of{' '}
        {countText(props.table.rows.length)}
        {props.hasMore || props.table.truncated ? ' and more' : ''} rows
        <Show when={props.hasMore || shown() < props.table.rows.length}>
          <button type="button" class="button button-small" onClick={more}>
            Show more
          </button>
        </Show>
      </p>
    </div>
  )
}

function Cell(props: {
  readonly cell: Json | undefined
  readonly column: TableColumn
  readonly zone: Zone
}): JSX.Element {
  const text = createMemo(() => cellText(props.cell, props.column, props.zone))
  const exact = (): string => (typeof props.cell === 'number' ? String(props.cell) : text())
  return (
    <td class={cellClass(props.column)} classList={{ faint: props.cell === null }} title={exact()}>
      <Show when={props.column.type === 'level'} fallback={text()}>
        <span class={`level level-${text().toLowerCase()}`}>{text()}</span>
      </Show>
    </td>
  )
}

function cellClass({ type }: TableColumn): string {
  return `analysis-${type}`
}
