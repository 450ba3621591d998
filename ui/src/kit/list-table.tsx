import { For, type JSX } from 'solid-js'

/** A heading, or a heading with the class of its column. */
export type Column = string | { readonly title: JSX.Element; readonly class: string }

/** A last column of buttons, whose heading is only read out. */
export const ACTIONS = 'Actions'

/** A list with columns in a frame; what stands there when it is empty is `none`. */
export function ListTable<Item>(props: {
  readonly columns: readonly Column[]
  readonly items: readonly Item[]
  readonly none: string
  /** The row of an item. */
  readonly children: (item: Item) => JSX.Element
}): JSX.Element {
  return (
    <div class="list-frame">
      <table class="list">
        <thead>
          <tr>
            <For each={props.columns}>{column => <Heading column={column} />}</For>
          </tr>
        </thead>
        <tbody>
          <For
            each={props.items}
            fallback={
              <tr>
                <td colSpan={props.columns.length} class="list-none">
                  {props.none}
                </td>
              </tr>
            }
          >
            {item => props.children(item)}
          </For>
        </tbody>
      </table>
    </div>
  )
}

function Heading(props: { readonly column: Column }): JSX.Element {
  const { column } = props
  if (typeof column !== 'string') return <th class={column.class}>{column.title}</th>
  return <th>{column === ACTIONS ? <span class="unseen">{column}</span> : column}</th>
}

/** A column that narrow screens leave out. */
export function wide(title: string): Column {
  return { title, class: 'wide-only' }
}
