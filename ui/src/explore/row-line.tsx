import { createMemo, For, type JSX, Show } from 'solid-js'
import type { Row } from '#proto/api.ts'
import { clockText, dayText, type Zone } from '../kit/wall-time.ts'
import { type Column, cellOf } from './columns-model.ts'
import type { Phrase } from './highlight-model.ts'
import { inlineAttributes } from './row-detail-model.ts'
import { rowTimeMs } from './row-order.ts'
import { ATTRIBUTES_GAP, lineText, textParts, wrappedText } from './row-text-model.ts'

export interface RowLineProps {
  readonly row: Row
  /** Counted from 1. */
  readonly number: number
  readonly active: boolean
  readonly open: boolean
  readonly zone: Zone
  readonly dated: boolean
  readonly columns: readonly Column[]
  readonly wrapped: boolean
  /** Pixels, where rows differ in it. */
  readonly height: number | null
  readonly phrases: readonly Phrase[]
  readonly onOpen: (row: Row) => void
}

/** More of a value than this cannot be seen in a cell. */
const CELL_CHARS = 300

export function RowLine(props: RowLineProps): JSX.Element {
  // A row never changes: only the way it is shown does.
  const { row } = props
  const level = row.level.toLowerCase()
  const timeMs = rowTimeMs(row)
  const text = createMemo(() => (props.wrapped ? wrappedText(row) : lineText(row)))
  const parts = createMemo(() => textParts(text(), props.phrases))
  return (
    <div
      id={`row-${row.id}`}
      class={`row row-${level}`}
      classList={{ 'row-active': props.active, 'row-open': props.open }}
      style={props.height === null ? {} : { '--row-height': `${props.height}px` }}
      role="row"
      aria-rowindex={props.number}
      aria-selected={props.active}
      onClick={() => {
        // Who marks text to copy it does not want it moved away.
        if (getSelection()?.type !== 'Range') props.onOpen(row)
      }}
    >
      <span class="cell cell-time" role="gridcell">
        <Show when={props.dated}>
          <span class="cell-day">{dayText(timeMs, props.zone)} </span>
        </Show>
        {clockText(timeMs, props.zone).slice(0, 8)}
        <span class="cell-milli">{clockText(timeMs, props.zone).slice(8)}</span>
      </span>
      <span class={`cell cell-level level-${level}`} role="gridcell">
        {row.level}
      </span>
      <For each={props.columns.map(({ name }) => name)}>
        {name => {
          const value = cellOf(row, name).slice(0, CELL_CHARS)
          return (
            <span class="cell cell-field" role="gridcell" title={value}>
              {value}
            </span>
          )
        }}
      </For>
      <span class="cell cell-message" role="gridcell">
        <For each={parts()}>
          {({ text: piece, hit, style }) =>
            hit ? (
              <mark class={style}>{piece}</mark>
            ) : style === '' ? (
              <>{piece}</>
            ) : (
              <span class={style}>{piece}</span>
            )
          }
        </For>
        <span class="cell-attributes">
          {ATTRIBUTES_GAP}
          {inlineAttributes(row)}
        </span>
      </span>
    </div>
  )
}
