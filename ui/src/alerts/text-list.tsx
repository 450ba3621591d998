import { For, type JSX } from 'solid-js'

const SHOWN = 100

/** What a field offers while somebody types. */
export function TextList(props: {
  readonly id: string
  readonly values: readonly string[]
}): JSX.Element {
  return (
    <datalist id={props.id}>
      <For each={props.values.slice(0, SHOWN)}>{value => <option value={value} />}</For>
    </datalist>
  )
}
