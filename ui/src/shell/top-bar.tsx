import { createSignal, For, type JSX, Show } from 'solid-js'
import type { Project } from '#proto/api.ts'
import { Icon, type IconName, Logo } from '../kit/icon.tsx'
import { Popover } from '../kit/popover.tsx'
import { ProjectMenu } from '../projects/project-menu.tsx'
import { HelpDialog } from './help-dialog.tsx'
import { useKeys } from './keys.ts'
import { Navigation } from './navigation.tsx'
import { leaveSession } from './session.ts'
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
        <button
          type="button"
          class="button button-quiet button-icon"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          onClick={() => setHelp(true)}
        >
          <Icon name="help" />
        </button>
        <ThemeMenu />
        <AccountMenu />
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

function AccountMenu(): JSX.Element {
  return (
    <Popover
      class="button button-quiet button-icon"
      label="Account"
      title="Account"
      align="end"
      panelClass="menu"
      button={<Icon name="user" />}
    >
      {() => (
        <>
          <p class="menu-note">Signed in as administrator</p>
          <button
            type="button"
            class="menu-item"
            data-autofocus=""
            onClick={() => void leaveSession()}
          >
            <Icon name="sign-out" />
            Sign out
          </button>
        </>
      )}
    </Popover>
  )
}
