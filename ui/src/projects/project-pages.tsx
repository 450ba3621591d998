import { createMemo, type JSX, Match, Switch } from 'solid-js'
import type { ProjectAccess } from '#proto/people.ts'
import { AuditLog } from '../audit/audit-log.tsx'
import { Icon } from '../kit/icon.tsx'
import { watch } from '../kit/reactive.ts'
import { address, moveTo } from '../shell/address.ts'
import { PROJECT_PATH } from '../shell/pages.ts'
import { isAdministrator } from '../shell/session.ts'
import { type SideEntry, SidePage } from '../shell/side-page.tsx'
import { DeadLettersPage } from './dead-letters-page.tsx'
import { KeysPage } from './keys-page.tsx'
import { MembersPage } from './members-page.tsx'
import { may } from './permissions-model.ts'
import type { ProjectPageProps } from './project-page.ts'
import { RolesPage } from './roles-page.tsx'
import { SendPage } from './send-page.tsx'
import { SettingsPage } from './settings-page.tsx'
import { UsagePage } from './usage-page.tsx'

interface ProjectEntry extends SideEntry {
  readonly page: (props: ProjectPageProps) => JSX.Element
  /** Whether the person has any business there. */
  readonly open: (project: ProjectAccess) => boolean
}

const ENTRIES: readonly ProjectEntry[] = [
  {
    path: '/project/send',
    title: 'Send logs',
    icon: 'send',
    page: SendPage,
    open: project => may(project, 'logs.read'),
  },
  {
    path: '/project/keys',
    title: 'API Keys',
    icon: 'key',
    page: KeysPage,
    open: project => may(project, 'keys'),
  },
  {
    path: '/project/members',
    title: 'Members',
    icon: 'users',
    page: MembersPage,
    open: () => true,
  },
  {
    path: '/project/roles',
    title: 'Roles',
    icon: 'shield',
    page: RolesPage,
    open: () => true,
  },
  {
    path: '/project/usage',
    title: 'Usage and quotas',
    icon: 'gauge',
    page: UsagePage,
    open: project => may(project, 'logs.read'),
  },
  {
    path: '/project/dead-letters',
    title: 'Dead letters',
    icon: 'inbox',
    page: DeadLettersPage,
    open: project => may(project, 'settings'),
  },
  {
    path: '/project/audit',
    title: 'Audit log',
    icon: 'list',
    page: ProjectAudit,
    open: project => may(project, 'members'),
  },
  {
    path: '/project/settings',
    title: 'Settings',
    icon: 'sliders',
    page: SettingsPage,
    open: project => may(project, 'settings') || may(project, 'retention') || isAdministrator(),
  },
]

function ProjectAudit(props: ProjectPageProps): JSX.Element {
  return (
    <AuditLog
      project={props.project.id}
      about="What was changed and searched in this project, newest first."
    />
  )
}

/** Everything about a project that is not its logs. */
export function ProjectPages(props: ProjectPageProps): JSX.Element {
  const open = (): readonly ProjectEntry[] => ENTRIES.filter(entry => entry.open(props.project))
  // Anew for each project, because what was typed for one is not for another; but not for each
  // change of it.
  const shown = createMemo(
    () => {
      const entry = open().find(({ path }) => path === address().path)
      return entry === undefined ? null : { entry, id: props.project.id }
    },
    null,
    { equals: (a, b) => a?.entry === b?.entry && a?.id === b?.id },
  )
  const search = (): string => `?project=${encodeURIComponent(props.project.id)}`
  watch(
    () => (address().path === PROJECT_PATH ? open()[0]?.path : undefined),
    first => {
      if (first !== undefined) moveTo(first, search(), { replace: true })
    },
  )
  return (
    <SidePage title={props.project.name} entries={open()} search={search()}>
      <Switch
        fallback={
          <div class="empty">
            <Icon name="shield" />
            <h2>This page is not open to you</h2>
            <p>
              Your role in {props.project.name} is {props.project.role}. Somebody who manages its
              members can change that.
            </p>
          </div>
        }
      >
        <Match when={shown()} keyed>
          {({ entry }) =>
            entry.page({
              get project() {
                return props.project
              },
            })
          }
        </Match>
      </Switch>
    </SidePage>
  )
}
