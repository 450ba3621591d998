import { For, type JSX } from 'solid-js'
import type { Project } from '#proto/api.ts'
import { Icon } from '../kit/icon.tsx'
import { Popover } from '../kit/popover.tsx'

export function ProjectMenu(props: {
  readonly projects: readonly Project[]
  readonly project: Project
  readonly onProject: (project: Project) => void
  readonly onCreate: () => void
}): JSX.Element {
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
          <div class="menu-scroll">
            <For each={props.projects}>
              {project => (
                <button
                  type="button"
                  class="menu-item"
                  aria-current={project.id === props.project.id ? 'true' : undefined}
                  data-autofocus={project.id === props.project.id ? '' : undefined}
                  onClick={() => {
                    props.onProject(project)
                    close()
                  }}
                >
                  <Icon name="folder" />
                  <span class="menu-text">{project.name}</span>
                </button>
              )}
            </For>
          </div>
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
