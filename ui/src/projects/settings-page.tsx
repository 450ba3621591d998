import { createSignal, type JSX, Show } from 'solid-js'
import type { ProjectSettings } from '#proto/api.ts'
import { expectedOf, isMeanwhile } from '../api/meanwhile.ts'
import { changeProject } from '../api/projects.ts'
import { Field, FormProblem } from '../kit/field.tsx'
import { createForm, needed } from '../kit/form.ts'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { isAdministrator } from '../shell/session.ts'
import { DeleteSection } from './delete-section.tsx'
import { may, whyNot } from './permissions-model.ts'
import type { ProjectPageProps } from './project-page.ts'
import { loadProjects } from './projects.ts'
import { SchemaSection } from './schema-section.tsx'
import {
  changesOf,
  type SettingsChange,
  type SettingsDraft,
  theirChange,
  untouched,
} from './settings-model.ts'
import { wholeNumberProblem } from './whole-number.ts'

const RETENTION_DAYS_MAX = 36_500
const ZONES = Intl.supportedValuesOf('timeZone')

/** Name, retention and time zone of the project, and what its records have to fit. */
export function SettingsPage(props: ProjectPageProps): JSX.Element {
  return (
    <>
      <Section page title="Settings" about="Changes hold within a second.">
        <SettingsForm {...props} />
      </Section>
      <Show when={may(props.project, 'settings')}>
        <SchemaSection {...props} />
      </Show>
      <Show when={props.project.role === 'owner' || isAdministrator()}>
        <DeleteSection {...props} />
      </Show>
    </>
  )
}

function SettingsForm(props: ProjectPageProps): JSX.Element {
  const [read, setRead] = createSignal<ProjectSettings>(props.project)
  const form = createForm<keyof SettingsDraft>(draftOf(props.project), {
    LOGBOY_NAME_TAKEN: 'name',
  })
  const changes = (): SettingsChange => changesOf(read(), form.texts())
  const changed = (): boolean => Object.keys(changes()).length > 0
  /** What was typed stays, and the rest becomes theirs; saving once more means it. */
  const refused = async (wanted: SettingsChange): Promise<Error> => {
    const before = read()
    await loadProjects()
    const theirs = theirChange(before, props.project, wanted)
    setRead(props.project)
    form.set(untouched(draftOf(props.project), wanted))
    return new Error(`somebody else changed this meanwhile: ${theirs}. Save again to replace it`)
  }
  const submit = (event: Event): void => {
    const { name, retention_days, time_zone } = form.texts()
    const checks = {
      name: needed(name, 'a project needs a name'),
      retention_days: wholeNumberProblem(retention_days, RETENTION_DAYS_MAX),
      time_zone: needed(time_zone, 'name a time zone'),
    }
    void form.submit(event, checks, async () => {
      const wanted = changes()
      const expected = expectedOf(read(), wanted)
      try {
        await changeProject(props.project.id, { ...wanted, expected })
      } catch (error) {
        if (isMeanwhile(error)) throw await refused(wanted)
        throw error
      }
      setRead({ ...read(), ...wanted })
      await loadProjects()
      toast('Settings saved')
    })
  }
  const settings = (): string | undefined => whyNot(props.project, 'settings')
  const retention = (): string | undefined => whyNot(props.project, 'retention')
  return (
    <form novalidate class="stack card" onSubmit={submit}>
      <Field
        label="Name"
        disabled={settings() !== undefined}
        hint={settings()}
        {...form.field('name')}
      />
      <Field
        label="Retention in days"
        type="number"
        disabled={retention() !== undefined}
        hint={retention() ?? 'Older logs are deleted for good. 0 = kept for ever.'}
        {...form.field('retention_days')}
      />
      <Field
        label="Time zone"
        list="time-zones"
        disabled={settings() !== undefined}
        hint={settings() ?? 'Of times in logs that name none: Europe/Berlin, or +05:30.'}
        {...form.field('time_zone')}
      />
      <datalist id="time-zones">
        {ZONES.map(zone => (
          <option value={zone} />
        ))}
      </datalist>
      <FormProblem problem={form.problem()} />
      <div class="actions">
        <button type="submit" class="button button-primary" disabled={form.busy() || !changed()}>
          {form.busy() ? 'Saving…' : 'Save'}
        </button>
        <Show when={changed()}>
          <button type="button" class="button" onClick={() => form.set(draftOf(read()))}>
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
