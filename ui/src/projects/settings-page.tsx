import { createSignal, type JSX, Show } from 'solid-js'
import type { ProjectSettings } from '#proto/api.ts'
import { changeProject, listProjects } from '../api/projects.ts'
import { Field, FormProblem } from '../kit/field.tsx'
import { createForm, needed } from '../kit/form.ts'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { whyNot } from './permissions-model.ts'
import type { ProjectPageProps } from './project-pages.tsx'
import { loadProjects } from './projects.ts'
import { changesOf, type SettingsDraft, theirChange } from './settings-model.ts'
import { wholeNumberProblem } from './whole-number.ts'

const RETENTION_DAYS_MAX = 36_500
const ZONES = Intl.supportedValuesOf('timeZone')

/** Name, retention and time zone of the project. */
export function SettingsPage(props: ProjectPageProps): JSX.Element {
  return (
    <Section title="Settings" about="Changes hold within a second.">
      <SettingsForm {...props} />
    </Section>
  )
}

function SettingsForm(props: ProjectPageProps): JSX.Element {
  const [read, setRead] = createSignal<ProjectSettings>(props.project)
  const [draft, setDraft] = createSignal<SettingsDraft>(draftOf(props.project))
  const form = createForm(['name', 'retention_days', 'time_zone'], { LOGBOY_NAME_TAKEN: 'name' })
  const edit = (name: keyof SettingsDraft, value: string): void => {
    setDraft({ ...draft(), [name]: value })
    form.touch(name)
  }
  const changed = (): boolean => Object.keys(changesOf(read(), draft())).length > 0
  const submit = (event: Event): void => {
    const checks = {
      name: needed(draft().name, 'a project needs a name'),
      retention_days: wholeNumberProblem(draft().retention_days, RETENTION_DAYS_MAX),
      time_zone: needed(draft().time_zone, 'name a time zone'),
    }
    void form.submit(event, checks, async () => {
      const wanted = changesOf(read(), draft())
      const now = (await listProjects()).find(({ id }) => id === props.project.id)
      const theirs = now === undefined ? null : theirChange(read(), now, wanted)
      if (now !== undefined && theirs !== null) {
        // What was typed stays; saving once more means it.
        setRead(now)
        throw new Error(
          `somebody else changed this meanwhile: ${theirs}. Save again to replace it.`,
        )
      }
      await changeProject(props.project.id, wanted)
      await loadProjects()
      setRead({ ...read(), ...wanted })
      toast('Settings saved')
    })
  }
  return (
    <form class="stack card" onSubmit={submit}>
      <Field
        label="Name"
        name="name"
        value={draft().name}
        disabled={whyNot(props.project, 'settings') !== undefined}
        problem={form.fieldProblem('name')}
        hint={whyNot(props.project, 'settings')}
        onInput={value => edit('name', value)}
      />
      <Field
        label="Retention in days"
        name="retention_days"
        type="number"
        value={draft().retention_days}
        disabled={whyNot(props.project, 'retention') !== undefined}
        problem={form.fieldProblem('retention_days')}
        hint={
          whyNot(props.project, 'retention') ?? 'Older logs are deleted for good. 0 = kept for ever.'
        }
        onInput={value => edit('retention_days', value)}
      />
      <Field
        label="Time zone"
        name="time_zone"
        list="time-zones"
        value={draft().time_zone}
        disabled={whyNot(props.project, 'settings') !== undefined}
        problem={form.fieldProblem('time_zone')}
        hint={
          whyNot(props.project, 'settings') ??
          'Of times in logs that name none: Europe/Berlin, or +05:30.'
        }
        onInput={value => edit('time_zone', value)}
      />
      <datalist id="time-zones">
        {ZONES.map(zone => (
          <option value={zone} />
        ))}
      </datalist>
      <FormProblem problem={form.problem()} />
      <div class="actions">
        <button
          type="submit"
          class="button button-primary"
          disabled={form.busy() || !changed()}
        >
          {form.busy() ? 'Saving…' : 'Save'}
        </button>
        <Show when={changed()}>
          <button type="button" class="button" onClick={() => setDraft(draftOf(read()))}>
            Discard
          </button>
        </Show>
      </div>
    </form>
  )
}

function draftOf({ name, retention_days, time_zone }: ProjectSettings): SettingsDraft {
  return { name, retention_days: String(retention_days), time_zone }
}
