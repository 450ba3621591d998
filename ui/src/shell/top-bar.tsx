import { createSignal, For, type JSX, Show } from 'solid-js'
import type { Project } from '#proto/api.ts'
import { Bell } from '../alerts/bell.tsx'
import { Icon, type IconName, Logo } from '../kit/icon.tsx'
import { Popover } from '../kit/popover.tsx'
import { ProjectMenu } from '../projects/project-menu.tsx'
import { HelpDialog } from './help-dialog.tsx'
import { useKeys } from './keys.ts'
import { Link } from './link.tsx'
import { Navigation } from './navigation.tsx'
import { ACCOUNT_PATH, ADMIN_PATH } from './pages.ts'
import { account, isAdministrator, leaveSession } from './session.ts'
import { setTheme, THEMES, type Theme, theme } from './theme.ts'

const THEME_ICONS: Readonly<Record<Theme, IconName>> = {
  system: 'screen',
  light: 'sun',
  dark: 'moon',
}

export interface TopBarProps {
  readonly projects: readonly Project[]
  readonly project: Project | null
  readonly onProject: (project: Project) => void
  readonly onCreate: () => void
}

/** Where one is, and the way to everything that is not the page itself. */
export function TopBar(props: TopBarProps): JSX.Element {
  const [help, setHelp] = createSignal(false)
  useKeys({ '?': () => setHelp(true) })
  return (
    <header class="top-bar">
      <a class="brand" href="/explore" aria-label="Logboy">
        <Logo />
        <span>Logboy</span>
      </a>
      <Show when={props.project}>
        {project => (
          <>
            <span class="top-slash" aria-hidden="true">
              /
            </span>
            <ProjectMenu
              projects={props.projects}
              project={project()}
              onProject={props.onProject}
              onCreate={props.onCreate}
            />
            <Navigation projectId={project().id} />
          </>
        )}
      </Show>
      <div class="top-tools">
        <Bell projectId={props.project?.id ?? null} />
        <button
          type="button"
          class="button button-quiet button-icon top-help"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          onClick={() => setHelp(true)}
        >
          <Icon name="help" />
        </button>
        <ThemeMenu />
        <AccountMenu projectId={props.project?.id ?? null} />
      </div>
      <Show when={help()}>
        <HelpDialog onClose={() => setHelp(false)} />
      </Show>
    </header>
  )
}

function ThemeMenu(): JSX.Element {
  return (
    <Popover
      class="button button-quiet button-icon"
      label="Appearance"
      title="Appearance"
      align="end"
      panelClass="menu"
      button={<Icon name={THEME_ICONS[theme()]} />}
    >
      {close => (
        <For each={THEMES}>
          {name => (
            <button
              type="button"
              class="menu-item"
              aria-pressed={theme() === name}
              data-autofocus={theme() === name ? '' : undefined}
              onClick={() => {
                setTheme(name)
                close()
              }}
            >
              <Icon name={THEME_ICONS[name]} />
              {name === 'system' ? 'As the system' : name === 'light' ? 'Light' : 'Dark'}
            </button>
          )}
        </For>
      )}
    </Popover>
  )
}

function AccountMenu(props: { readonly projectId: string | null }): JSX.Element {
  const search = (): string =>
    props.projectId === null ? '' : `?project=${encodeURIComponent(props.projectId)}`
  return (
    <Popover
      class="button button-quiet button-icon"
      label="Account"
      title="Account"
      align="end"
      panelClass="menu"
      button={<Icon name="user" />}
    >
      {close => (
        <>
          <Show when={account()} fallback={<p class="menu-note">Signed in as administrator</p>}>
            {person => (
              <p class="menu-note menu-person">
                <b class="menu-text">{person().name}</b>
                <span class="menu-text">{person().email}</span>
              </p>
            )}
          </Show>
          <Link
            class="menu-item"
            href={`${ACCOUNT_PATH}${search()}`}
            data-autofocus=""
            on:click={close}
          >
            <Icon name="sliders" />
            Account
          </Link>
          <Show when={isAdministrator()}>
            <Link class="menu-item" href={`${ADMIN_PATH}${search()}`} on:click={close}>
              <Icon name="server" />
              Administration
            </Link>
          </Show>
          <hr />
          <button type="button" class="menu-item" onClick={() => void leaveSession()}>
            <Icon name="sign-out" />
            Sign out
          </button>
        </>
      )}
    </Popover>
  )
}
