import { For, type JSX } from 'solid-js'
import { Icon } from '../kit/icon.tsx'
import { address, moveTo } from './address.ts'
import { useKeys } from './keys.ts'
import { PageLink } from './page-link.tsx'
import { isOn, PAGES, pageSearch } from './pages.ts'

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
        {page => (
          <PageLink
            class="page-link"
            path={page.path}
            search={pageSearch(page.path, props.projectId)}
            title={`${page.name} (${page.key})`}
            label={page.name}
            current={isOn(page, address().path)}
          >
            <Icon name={page.icon} />
            <span>{page.name}</span>
          </PageLink>
        )}
      </For>
    </nav>
  )
}
