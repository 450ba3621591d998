import { type JSX, Show } from 'solid-js'
import { Logo } from '../kit/icon.tsx'

/** The card that people meet before they are signed in. */
export function Gate(props: {
  readonly title: string
  readonly lead?: JSX.Element
  readonly note?: JSX.Element
  readonly children: JSX.Element
}): JSX.Element {
  return (
    <main class="gate">
      <div class="gate-card">
        <div class="gate-brand">
          <Logo />
          <h1>{props.title}</h1>
        </div>
        <Show when={props.lead}>
          <p class="gate-lead">{props.lead}</p>
        </Show>
        {props.children}
        <Show when={props.note}>
          <div class="gate-note">{props.note}</div>
        </Show>
      </div>
    </main>
  )
}
