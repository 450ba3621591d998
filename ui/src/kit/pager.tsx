/** From page to page of a list that begins at its newest. */
import { type JSX, Show } from 'solid-js'

export function Pager(props: {
  /** The page shown is not the first. */
  readonly isOlder: boolean
  /** Where the next page begins; null = there is none. */
  readonly next: string | number | null
  readonly onNewest: () => void
  readonly onOlder: (next: string) => void
}): JSX.Element {
  return (
    <p class="pager">
      <Show when={props.isOlder}>
        <button type="button" class="button" onClick={() => props.onNewest()}>
          Newest
        </button>
      </Show>
      <Show when={props.next}>
        {next => (
          <button type="button" class="button" onClick={() => props.onOlder(String(next()))}>
            Older
          </button>
        )}
      </Show>
    </p>
  )
}
