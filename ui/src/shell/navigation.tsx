import { For, type JSX } from 'solid-js'
import { Icon } from '../kit/icon.tsx'
import { address, moveTo } from './address.ts'
import { useKeys } from './keys.ts'
import { PageLink } from './page-link.tsx'
import { PAGES, pageSearch } from './pages.ts'

/** The pages of a project, side by side. */
export function Navigation(props: { readonly projectId: string }): JSX.Element {
  useKeys(
    Object.fromEntries(
      PAGES.map(({ path, key }) => [key, () => moveTo(path, pageSearch(path, props.projectId))]),
    ),
  )
  return (
    <nav class="page-links" aria-label="Pages">
      <For each={PAGES}>
        {({ path, name, icon, key }) => (
          <PageLink
            class="page-link"
            path={path}
            search={pageSearch(path, props.projectId)}
            title={`${name} (${key})`}
            label={name}
            current={address().path === path}
          >
            <Icon name={icon} />
            <span>{name}</span>
          </PageLink>
        )}
      </For>
    </nav>
  )
}
