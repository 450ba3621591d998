import { createSignal, type JSX, Show } from 'solid-js'
import { deleteProject } from '../api/projects.ts'
import { ConfirmDialog } from '../kit/confirm-dialog.tsx'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { moveTo } from '../shell/address.ts'
import { EXPLORE_PATH } from '../shell/pages.ts'
import type { ProjectPageProps } from './project-page.ts'
import { loadProjects } from './projects.ts'

/** The end of a project; owners and administrators see it. */
export function DeleteSection(props: ProjectPageProps): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  const remove = async (): Promise<void> => {
    const { id, name } = props.project
    await deleteProject(id)
    moveTo(EXPLORE_PATH, '')
    await loadProjects()
    toast(`${name} is deleted`)
  }
  return (
    <Section
      title="Delete the project"
      about="Its keys end at once, its logs are found by nobody any more, and nothing brings them back."
    >
      <div class="actions">
        <button type="button" class="button button-warn" onClick={() => setAsking(true)}>
          Delete {props.project.name}
        </button>
      </div>
      <Show when={asking()}>
        <ConfirmDialog
          title={`Delete ${props.project.name}?`}
          action="Delete project"
          typed={props.project.name}
          onConfirm={remove}
          onClose={() => setAsking(false)}
        >
          All its logs, keys, members, alerts and saved views go with it, for good.
        </ConfirmDialog>
      </Show>
    </Section>
  )
}
