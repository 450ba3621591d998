import { createMemo, createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import type { Json, Table, TableColumn } from '#proto/api.ts'
import { BarList } from '../charts/bar-list.tsx'
import { TimechartView } from '../charts/timechart.tsx'
import { type Timechart, timechartOf } from '../charts/timechart-model.ts'
import { countText, numberText } from '../kit/number-text.ts'
import type { Zone } from '../kit/wall-time.ts'
import type { Interval } from '../time/time-range-model.ts'
import { CHART_FORMS, type ChartForm } from './explore-url-model.ts'
import { barsOf, cellText, groupTerms } from './table-model.ts'

export interface TableViewProps {
  readonly table: Table
  readonly zone: Zone
  readonly form: ChartForm | null
  readonly busy: boolean
  readonly hasMore: boolean
  readonly onMore: () => void
  readonly onForm: (form: ChartForm) => void
  /** The logs of some bars. */
  readonly onSelect: (interval: Interval) => void
  /** The logs of a group: terms of a query. */
  readonly onGroup: (terms: readonly string[]) => void
}

/** Lines drawn at first, and with each press on the button below. */
const LINES = 500
const FORM_NAMES: Readonly<Record<ChartForm, string>> = {
  line: 'Line',
  bar: 'Bars',
  table: 'Table only',
}

/** What an analysis answered: a table, above it a chart where there is one to draw. */
export function TableView(props: TableViewProps): JSX.Element {
  const timechart = createMemo(() => timechartOf(props.table, props.form))
  const bars = createMemo(() => (timechart() === null ? barsOf(props.table) : []))
  const forms = (): readonly ChartForm[] => {
    if (timechart() !== null) return CHART_FORMS
    return bars().length > 0 ? ['bar', 'table'] : []
  }
  const shown = (): ChartForm => {
    if (props.form !== null && forms().includes(props.form)) return props.form
    if (timechart() !== null) return timechart()?.isStacked === true ? 'bar' : 'line'
    return 'table'
  }
  return (
    <div
      class="table-pane"
      classList={{ 'table-busy': props.busy }}
      tabIndex={0}
      role="region"
      aria-label="Analysis"
    >
      <Show when={forms().length > 0}>
        <div class="segments form-switch" role="group" aria-label="Drawn as">
          <For each={forms()}>
            {form => (
              <button
                type="button"
                class="segment"
                aria-pressed={shown() === form}
                onClick={() => props.onForm(form)}
              >
                {FORM_NAMES[form]}
              </button>
            )}
          </For>
        </div>
      </Show>
      <Switch>
        <Match when={shown() === 'table'}>{null}</Match>
        <Match when={timechart()}>
          {(chart: () => Timechart) => (
            <TimechartView chart={chart()} zone={props.zone} onSelect={props.onSelect} />
          )}
        </Match>
        <Match when={bars().length > 0}>
          <div class="analysis-bars">
            <BarList
              label="Groups"
              empty=""
              items={bars()}
              text={numberText}
              onChoose={name => {
                const row = props.table.rows[bars().findIndex(bar => bar.name === name)]
                if (row !== undefined) props.onGroup(groupTerms(props.table, row))
              }}
            />
          </div>
        </Match>
      </Switch>
      <Lines {...props} />
    </div>
  )
}

function Lines(props: TableViewProps): JSX.Element {
  const [shown, setShown] = createSignal(LINES)
  const more = (): void => {
    setShown(shown() + LINES)
    if (props.hasMore && shown() >= props.table.rows.length) props.onMore()
  }
  return (
    <>
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
        {props.hasMore || props.table.truncated
          ? ' and more rows'
          : props.table.rows.length === 1
            ? ' row'
            : ' rows'}
        <Show when={props.hasMore || shown() < props.table.rows.length}>
          <button type="button" class="button button-small" onClick={more}>
            Show more
          </button>
        </Show>
      </p>
    </>
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
