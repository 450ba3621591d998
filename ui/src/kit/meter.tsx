import type { JSX } from 'solid-js'

/** How much of a limit is used, as a bar; without a limit it stays empty. */
export function Meter(props: {
  readonly label: string
  readonly used: number
  /** 0 = none. */
  readonly limit: number
}): JSX.Element {
  const share = (): number => (props.limit > 0 ? Math.min(1, props.used / props.limit) : 0)
  return (
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
  )
}
