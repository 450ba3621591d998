import { For, type JSX } from 'solid-js'
import { Icon, type IconName } from '../kit/icon.tsx'
import { watch } from '../kit/reactive.ts'
import { address } from './address.ts'
import { Link } from './link.tsx'

export interface SideEntry {
  readonly path: string
  readonly title: string
  readonly icon: IconName
}

/** Pages that belong together: their names at the side, or above on a narrow screen. */
export function SidePage(props: {
  /** What they belong to: `Project`. */
  readonly title: string
  readonly entries: readonly SideEntry[]
  /** Kept from page to page: `?project=…`. */
  readonly search?: string
  readonly children: JSX.Element
}): JSX.Element {
  let nav: HTMLElement | undefined
  // On a narrow screen the names are a strip that may be longer than the screen.
  watch(
    () => address().path,
    () =>
      requestAnimationFrame(() =>
        nav
          ?.querySelector('[aria-current]')
          ?.scrollIntoView({ block: 'nearest', inline: 'center' }),
      ),
  )
  return (
    <div class="side-page">
      <nav
        class="side-nav"
        aria-label={props.title}
        ref={element => {
          nav = element
        }}
      >
        <h2>{props.title}</h2>
        <For each={props.entries}>
          {entry => (
            <Link
              class="side-link"
              href={`${entry.path}${props.search ?? ''}`}
              aria-current={address().path === entry.path ? 'page' : undefined}
            >
              <Icon name={entry.icon} />
              {entry.title}
            </Link>
          )}
        </For>
      </nav>
      <main class="side-main">{props.children}</main>
    </div>
  )
}
