import { type JSX, Show } from 'solid-js'

/** A part of a page: what it is, what can be done with all of it, and the thing itself. */
export function Section(props: {
  readonly title: string
  /** The page is about this one. */
  readonly page?: boolean
  readonly about?: JSX.Element
  readonly tools?: JSX.Element
  readonly children: JSX.Element
}): JSX.Element {
  return (
    <section class="section" aria-label={props.title}>
      <header class="section-head">
        <div>
          <Show when={props.page} fallback={<h2>{props.title}</h2>}>
            <h1>{props.title}</h1>
          </Show>
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
