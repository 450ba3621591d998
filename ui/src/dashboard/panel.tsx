import { type JSX, Show } from 'solid-js'
import { PageLink } from '../shell/page-link.tsx'
import { EXPLORE_PATH } from '../shell/pages.ts'

/** A part of the dashboard: what it is, the way into the explorer, and its picture. */
export function Panel(props: {
  readonly title: string
  readonly class?: string
  /** What stands beside the title. */
  readonly note?: JSX.Element
  /** Address of the logs behind it. */
  readonly search?: string
  readonly busy?: boolean
  readonly problem?: Error | null
  readonly children: JSX.Element
}): JSX.Element {
  return (
    <section class={`panel ${props.class ?? ''}`} aria-label={props.title} aria-busy={props.busy}>
      <header class="panel-head">
        <h2>
          <Show when={props.search} fallback={props.title}>
            {search => (
              <PageLink path={EXPLORE_PATH} search={search()} title="Open in Explore">
                {props.title}
              </PageLink>
            )}
          </Show>
        </h2>
        <div class="panel-note">{props.note}</div>
      </header>
      <Show when={props.problem} fallback={props.children}>
        {problem => (
          <p class="panel-problem" role="alert">
            {problem().message}
          </p>
        )}
      </Show>
    </section>
  )
}
