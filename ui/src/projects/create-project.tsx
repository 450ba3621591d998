import { createSignal, type JSX, Show } from 'solid-js'
import type { Project } from '#proto/api.ts'
import { Dialog } from '../kit/dialog.tsx'
import { nameProblem } from './project-choice-model.ts'
import { addProject, projects } from './projects.ts'

/** Asks for a name; what comes next is the first log. */
export function CreateProjectForm(props: {
  readonly onCreated: (project: Project) => void
}): JSX.Element {
  const [name, setName] = createSignal('')
  const [busy, setBusy] = createSignal(false)
  const [problem, setProblem] = createSignal<string | null>(null)
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    const wrong = nameProblem(name(), projects() ?? [])
    setProblem(wrong)
    if (wrong !== null) return
    setBusy(true)
    try {
      props.onCreated(await addProject(name().trim()))
    } catch (error) {
      setProblem((error as Error).message)
    }
    setBusy(false)
  }
  return (
    <form class="create-project" onSubmit={event => void submit(event)}>
      <label class="labelled">
        <span>Name</span>
        <input
          class="field"
          name="project"
          autofocus
          autocomplete="off"
          placeholder="checkout, staging, home-lab…"
          aria-invalid={problem() !== null}
          aria-describedby="project-problem"
          value={name()}
          onInput={event => {
            setName(event.currentTarget.value)
            setProblem(null)
          }}
        />
      </label>
      <p class="hint" id="project-problem" classList={{ 'hint-wrong': problem() !== null }}>
        <Show when={problem()} fallback="Logs of one project are kept and searched together.">
          {words => words()}
        </Show>
      </p>
      <button type="submit" class="button button-primary" disabled={busy()}>
        {busy() ? 'Creating…' : 'Create project'}
      </button>
    </form>
  )
}

export function CreateProjectDialog(props: {
  readonly onCreated: (project: Project) => void
  readonly onClose: () => void
}): JSX.Element {
  return (
    <Dialog title="New project" onClose={props.onClose}>
      <CreateProjectForm onCreated={props.onCreated} />
    </Dialog>
  )
}
