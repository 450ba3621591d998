import { createMemo, For, type JSX, Show } from 'solid-js'
import type { Row } from '#proto/api.ts'
import { clockText, dayText, type Zone } from '../kit/wall-time.ts'
import { lightUp, type Phrase } from './highlight-model.ts'
import { inlineAttributes } from './row-detail-model.ts'
import { rowTimeMs } from './row-order.ts'

export interface RowLineProps {
  readonly row: Row
  /** Counted from 1. */
  readonly number: number
  readonly active: boolean
  readonly open: boolean
  readonly zone: Zone
  readonly dated: boolean
  readonly phrases: readonly Phrase[]
  readonly onOpen: (row: Row) => void
}

/** More of a message than this cannot be seen in one line. */
const MESSAGE_CHARS = 600

export function RowLine(props: RowLineProps): JSX.Element {
  // A row never changes: only the zone and the phrases do.
  const { row } = props
  const level = row.level.toLowerCase()
  const timeMs = rowTimeMs(row)
  const message = row.message.slice(0, MESSAGE_CHARS).replace(/\s+/g, ' ')
  const attributes = inlineAttributes(row)
  const parts = createMemo(() => lightUp(message, props.phrases))
  return (
    <div
      id={`row-${row.id}`}
      class={`row row-${level}`}
      classList={{ 'row-active': props.active, 'row-open': props.open }}
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
      <span class="cell cell-service" role="gridcell" title={row.service}>
        {row.service}
      </span>
      <span class="cell cell-host" role="gridcell" title={row.host}>
        {row.host}
      </span>
      <span class="cell cell-message" role="gridcell">
        <For each={parts()}>{part => (part.hit ? <mark>{part.text}</mark> : <>{part.text}</>)}</For>
        <span class="cell-attributes">{attributes}</span>
      </span>
    </div>
  )
}
