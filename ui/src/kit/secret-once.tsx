import type { JSX } from 'solid-js'
import { CopyButton } from './copy-button.tsx'

/** A text that the server tells only once. */
export function SecretOnce(props: {
  /** `API key`. */
  readonly what: string
  readonly text: string
  readonly children?: JSX.Element
}): JSX.Element {
  return (
    <div class="secret" role="status">
      <p>
        <b>Copy it now.</b> {props.children ?? <>This {props.what} is not shown again.</>}
      </p>
      <div class="secret-text">
        <code>{props.text}</code>
        <CopyButton text={props.text} what={props.what} />
      </div>
    </div>
  )
}

/** What a dialog shows once there is a secret. */
export function secretOf(what: string, text: string | null): (() => JSX.Element) | null {
  return text === null ? null : () => <SecretOnce what={what} text={text} />
}
