import { type JSX, Show } from 'solid-js'

/** How much of a limit is used, as a bar; without a limit there is none. */
export function Meter(props: {
  readonly label: string
  readonly used: number
  /** 0 = none. */
  readonly limit: number
}): JSX.Element {
  const share = (): number => Math.min(1, props.used / props.limit)
  return (
    <Show when={props.limit > 0}>
      <div
        class="meter"
        classList={{ 'meter-high': share() >= 0.8, 'meter-full': share() >= 1 }}
        role="meter"
        aria-label={props.label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share() * 100)}
        style={{ '--share': share() }}
      />
    </Show>
  )
}
