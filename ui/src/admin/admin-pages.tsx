import { type JSX, Match, Switch } from 'solid-js'
import { AuditLog } from '../audit/audit-log.tsx'
import { Icon } from '../kit/icon.tsx'
import { watch } from '../kit/reactive.ts'
import { address, moveTo } from '../shell/address.ts'
import { ADMIN_PATH } from '../shell/pages.ts'
import { isAdministrator } from '../shell/session.ts'
import { type SideEntry, SidePage } from '../shell/side-page.tsx'
import { InstallationPage } from './installation-page.tsx'
import { SystemPage } from './system-page.tsx'
import { UsersPage } from './users-page.tsx'

const PAGES: readonly (SideEntry & { readonly page: () => JSX.Element })[] = [
  { path: `${ADMIN_PATH}/users`, title: 'Users', icon: 'users', page: UsersPage },
  { path: `${ADMIN_PATH}/audit`, title: 'Audit log', icon: 'list', page: InstallationAudit },
  { path: `${ADMIN_PATH}/system`, title: 'System', icon: 'server', page: SystemPage },
  { path: `${ADMIN_PATH}/settings`, title: 'Settings', icon: 'sliders', page: InstallationPage },
]

function InstallationAudit(): JSX.Element {
  return (
    <AuditLog about="Changes and searches, newest first. How long they are kept stands in the settings." />
  )
}

/** The installation as a whole, for those who run it. */
export function AdminPages(): JSX.Element {
  const page = (): (typeof PAGES)[number] | undefined =>
    PAGES.find(({ path }) => path === address().path)
  const search = (): string => {
    const project = new URLSearchParams(address().search).get('project')
    return project === null ? '' : `?project=${encodeURIComponent(project)}`
  }
  watch(page, found => {
    if (found === undefined) moveTo(PAGES[0]?.path ?? '', search(), { replace: true })
  })
  return (
    <SidePage title="Administration" entries={isAdministrator() ? PAGES : []} search={search()}>
      <Switch
        fallback={
          <div class="empty">
            <Icon name="shield" />
            <h2>For administrators</h2>
            <p>Ask somebody who administers this installation.</p>
          </div>
        }
      >
        <Match when={isAdministrator() && page()} keyed>
          {found => found.page()}
        </Match>
      </Switch>
    </SidePage>
  )
}
