import { createSignal, For, type JSX, Show } from 'solid-js'
import { Icon } from '../kit/icon.tsx'
import { Popover } from '../kit/popover.tsx'
import {
  COLUMN_WIDTH_MAX,
  COLUMN_WIDTH_MIN,
  type Column,
  movedColumn,
  resizedColumn,
  withoutColumn,
} from './columns-model.ts'

export interface RowsHeadProps {
  readonly columns: readonly Column[]
  /** While a column is drawn wider: nothing for the history of the browser yet. */
  readonly onPreview: (columns: readonly Column[] | null) => void
  readonly onColumns: (columns: readonly Column[]) => void
}

const KEY_STEP = 16

/** Names of the columns: to be dragged, drawn wider, and with a menu for those who use keys. */
export function RowsHead(props: RowsHeadProps): JSX.Element {
  const [dragged, setDragged] = createSignal<string | null>(null)
  const drop = (at: number): void => {
    const name = dragged()
    if (name !== null) props.onColumns(movedColumn(props.columns, name, at))
    setDragged(null)
  }
  return (
    <div class="rows-head" role="row">
      <span class="cell" role="columnheader">
        Time
      </span>
      <span class="cell" role="columnheader">
        Level
      </span>
      <For each={props.columns.map(({ name }) => name)}>
        {(name, index) => (
          <span
            class="head-cell"
            classList={{ 'head-dragged': dragged() === name }}
            role="columnheader"
            draggable="true"
            onDragStart={() => setDragged(name)}
            onDragEnd={() => setDragged(null)}
            onDragOver={event => dragged() !== null && event.preventDefault()}
            onDrop={event => {
              event.preventDefault()
              drop(index())
            }}
          >
            <ColumnMenu {...props} name={name} at={index()} />
            <Resizer {...props} name={name} />
          </span>
        )}
      </For>
      <span
        class="cell"
        role="columnheader"
        onDragOver={event => dragged() !== null && event.preventDefault()}
        onDrop={() => drop(props.columns.length)}
      >
        Message
      </span>
    </div>
  )
}

function ColumnMenu(props: RowsHeadProps & { readonly name: string; at: number }): JSX.Element {
  const move = (by: number): void =>
    props.onColumns(movedColumn(props.columns, props.name, props.at + by))
  return (
    <Popover
      class="head-button"
      panelClass="menu"
      label={`Column ${props.name}`}
      button={<span class="head-name">{props.name}</span>}
    >
      {close => {
        const item = (
          text: string,
          icon: 'arrow-left' | 'arrow-right' | 'close',
          run: () => void,
        ) => (
          <button
            type="button"
            class="menu-item"
            onClick={() => {
              close()
              run()
            }}
          >
            <Icon name={icon} />
            {text}
          </button>
        )
        return (
          <>
            <Show when={props.at > 0}>{item('Move left', 'arrow-left', () => move(-1))}</Show>
            <Show when={props.at < props.columns.length - 1}>
              {item('Move right', 'arrow-right', () => move(1))}
            </Show>
            {item('Remove', 'close', () =>
              props.onColumns(withoutColumn(props.columns, props.name)),
            )}
          </>
        )
      }}
    </Popover>
  )
}

function Resizer(props: RowsHeadProps & { readonly name: string }): JSX.Element {
  const width = (): number =>
    props.columns.find(column => column.name === props.name)?.width ?? COLUMN_WIDTH_MIN
  let from: { readonly x: number; readonly width: number } | null = null
  const resized = (event: PointerEvent): readonly Column[] | null =>
    from === null
      ? null
      : resizedColumn(props.columns, props.name, from.width + event.clientX - from.x)
  return (
    <span
      class="head-resizer"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={`Width of ${props.name}`}
      aria-valuemin={COLUMN_WIDTH_MIN}
      aria-valuemax={COLUMN_WIDTH_MAX}
      aria-valuenow={width()}
      onPointerDown={event => {
        event.preventDefault()
        event.currentTarget.setPointerCapture(event.pointerId)
        from = { x: event.clientX, width: width() }
      }}
      onPointerMove={event => {
        const columns = resized(event)
        if (columns !== null) props.onPreview(columns)
      }}
      onPointerUp={event => {
        const columns = resized(event)
        from = null
        props.onPreview(null)
        if (columns !== null) props.onColumns(columns)
      }}
      onPointerCancel={() => {
        from = null
        props.onPreview(null)
      }}
      on:keydown={event => {
        const by = event.key === 'ArrowRight' ? KEY_STEP : event.key === 'ArrowLeft' ? -KEY_STEP : 0
        if (by === 0) return
        event.preventDefault()
        event.stopPropagation()
        props.onColumns(resizedColumn(props.columns, props.name, width() + by))
      }}
    />
  )
}
