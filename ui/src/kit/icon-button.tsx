import type { JSX } from 'solid-js'
import { Icon, type IconName } from './icon.tsx'

/** A quiet button that shows a drawing; what it does is told to those who do not see it. */
export function IconButton(props: {
  readonly icon: IconName
  readonly label: string
  /** Where the mouse rests; the label unless given. */
  readonly title?: string
  readonly pressed?: boolean
  readonly class?: string
  readonly disabled?: boolean
  readonly onPress: () => void
}): JSX.Element {
  return (
    <button
      type="button"
      class={`button button-quiet button-icon ${props.class ?? ''}`}
      aria-label={props.label}
      aria-pressed={props.pressed}
      title={props.title ?? props.label}
      disabled={props.disabled}
      onClick={() => props.onPress()}
    >
      <Icon name={props.icon} />
    </button>
  )
}
