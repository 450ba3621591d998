import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import type { Project } from '#proto/api.ts'
import { Icon } from '../kit/icon.tsx'
import { Popover } from '../kit/popover.tsx'

/** With more projects than this one types to find one. */
const FIND_FROM = 9
/** An installation may have thousands. */
const SHOWN_MAX = 50

export interface ProjectMenuProps {
  readonly projects: readonly Project[]
  readonly project: Project
  readonly onProject: (project: Project) => void
  readonly onCreate: () => void
}

export function ProjectMenu(props: ProjectMenuProps): JSX.Element {
  return (
    <Popover
      class="button button-quiet project-button"
      title="Project"
      panelClass="menu"
      button={
        <>
          <span class="project-name">{props.project.name}</span>
          <Icon name="chevron-down" />
        </>
      }
    >
      {close => (
        <>
          <p class="menu-note">Projects</p>
          <ProjectChoice {...props} onDone={close} />
          <hr />
          <button
            type="button"
            class="menu-item"
            onClick={() => {
              close()
              props.onCreate()
            }}
          >
            <Icon name="plus" />
            New project
          </button>
        </>
      )}
    </Popover>
  )
}

function ProjectChoice(props: ProjectMenuProps & { readonly onDone: () => void }): JSX.Element {
  const [text, setText] = createSignal('')
  const long = (): boolean => props.projects.length >= FIND_FROM
  const found = createMemo(() => {
    const wanted = text().trim().toLowerCase()
    return props.projects.filter(({ name }) => name.toLowerCase().includes(wanted))
  })
  const choose = (project: Project): void => {
    props.onProject(project)
    props.onDone()
  }
  return (
    <>
      <Show when={long()}>
        <input
          class="field field-small menu-find"
          type="search"
          aria-label="Find a project"
          placeholder={`Find one of ${props.projects.length}`}
          data-autofocus=""
          value={text()}
          onInput={event => setText(event.currentTarget.value)}
          onKeyDown={event => {
            const [first] = found()
            if (event.key === 'Enter' && first !== undefined) choose(first)
          }}
        />
      </Show>
      <div class="menu-scroll">
        <For
          each={found().slice(0, SHOWN_MAX)}
          fallback={<p class="menu-note">No project of that name.</p>}
        >
          {project => (
            <button
              type="button"
              class="menu-item"
              aria-current={project.id === props.project.id ? 'true' : undefined}
              data-autofocus={!long() && project.id === props.project.id ? '' : undefined}
              onClick={() => choose(project)}
            >
              <Icon name="folder" />
              <span class="menu-text">{project.name}</span>
            </button>
          )}
        </For>
        <Show when={found().length > SHOWN_MAX}>
          <p class="menu-note">{found().length - SHOWN_MAX} more: type to find them.</p>
        </Show>
      </div>
    </>
  )
}
