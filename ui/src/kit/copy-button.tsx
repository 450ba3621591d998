import type { JSX } from 'solid-js'
import { copyText } from './clipboard.ts'
import { Icon } from './icon.tsx'

export function CopyButton(props: {
  readonly text: string
  /** What is copied: `Message`, `Key`. */
  readonly what: string
  readonly class?: string
}): JSX.Element {
  return (
    <button
      type="button"
      class={props.class ?? 'button button-quiet button-icon'}
      aria-label={`Copy ${props.what.toLowerCase()}`}
      title={`Copy ${props.what.toLowerCase()}`}
      onClick={() => void copyText(props.text, props.what)}
    >
      <Icon name="copy" />
    </button>
  )
}
