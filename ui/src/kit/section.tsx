import { type JSX, Show } from 'solid-js'

/** A part of a page: what it is, what can be done with all of it, and the thing itself. */
export function Section(props: {
  readonly title: string
  readonly about?: JSX.Element
  readonly tools?: JSX.Element
  readonly children: JSX.Element
}): JSX.Element {
  return (
    <section class="section" aria-label={props.title}>
      <header class="section-head">
        <div>
          <h2>{props.title}</h2>
          <Show when={props.about}>
            <p>{props.about}</p>
          </Show>
        </div>
        <Show when={props.tools}>
          <div class="section-tools">{props.tools}</div>
        </Show>
      </header>
      {props.children}
    </section>
  )
}
