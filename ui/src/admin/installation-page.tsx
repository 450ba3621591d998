import { createSignal, type JSX } from 'solid-js'
import type { SystemConfig } from '#proto/people.ts'
import { changeConfig, readConfig } from '../api/installation.ts'
import { expectedOf, isMeanwhile } from '../api/meanwhile.ts'
import { Choice, Field, FormProblem, Tick } from '../kit/field.tsx'
import { createForm } from '../kit/form.ts'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { wholeNumberProblem } from '../projects/whole-number.ts'
import { configChanges, daysOf } from './config-model.ts'

const DAYS_MAX = 36_500

/** Settings of the whole installation. */
export function InstallationPage(): JSX.Element {
  const config = createLoad(
    () => true,
    (_, signal) => readConfig(signal),
  )
  return (
    <Section page title="Settings" about="Of the whole installation; they hold within a second.">
      <Loaded load={config} what="The settings">
        {found => <ConfigForm config={found()} onSaved={config.setValue} />}
      </Loaded>
    </Section>
  )
}

function ConfigForm(props: {
  readonly config: SystemConfig
  readonly onSaved: (config: SystemConfig) => void
}): JSX.Element {
  const [draft, setDraft] = createSignal(props.config)
  const form = createForm(daysOf(props.config))
  const changes = (): Partial<SystemConfig> =>
    configChanges(props.config, { ...draft(), ...form.texts() })
  const save = async (wanted: Partial<SystemConfig>): Promise<SystemConfig> => {
    try {
      return await changeConfig({ ...wanted, expected: expectedOf(props.config, wanted) })
    } catch (error) {
      if (!isMeanwhile(error)) throw error
      // What was chosen stays, and the rest becomes theirs; saving once more means it.
      const now = await readConfig()
      props.onSaved(now)
      setDraft({ ...now, ...wanted })
      form.set(daysOf({ ...now, ...wanted }))
      throw new Error(`${(error as Error).message}. Save again to replace it`)
    }
  }
  const submit = (event: Event): void => {
    const { retention_days_default, audit_days } = form.texts()
    const checks = {
      retention_days_default: wholeNumberProblem(retention_days_default, DAYS_MAX),
      audit_days: wholeNumberProblem(audit_days, DAYS_MAX),
    }
    void form.submit(event, checks, async () => {
      const wanted = changes()
      const saved = await save(wanted)
      props.onSaved(saved)
      setDraft(saved)
      form.set(daysOf(saved))
      toast('Settings saved')
    })
  }
  const edit = (patch: Partial<SystemConfig>): void => {
    setDraft({ ...draft(), ...patch })
  }
  return (
    <form novalidate class="stack card" onSubmit={submit}>
      <Choice
        label="Who may make an account"
        name="sign_up"
        value={draft().sign_up}
        options={[
          ['invitation', 'Whoever is invited to a project'],
          ['open', 'Everybody who reaches this page'],
        ]}
        onChange={sign_up => edit({ sign_up })}
      />
      <Tick
        label="Everybody may create projects"
        hint="Otherwise administrators alone."
        checked={draft().projects_by_anyone}
        onChange={projects_by_anyone => edit({ projects_by_anyone })}
      />
      <Field
        label="Retention of new projects in days"
        type="number"
        hint="0 = kept for ever. Projects that exist keep their own."
        {...form.field('retention_days_default')}
      />
      <Field
        label="Audit log kept for days"
        hint="0 = kept for ever."
        type="number"
        {...form.field('audit_days')}
      />
      <Tick
        label="Searches stand in the audit log"
        hint="Who searched what, in which project."
        checked={draft().audit_searches}
        onChange={audit_searches => edit({ audit_searches })}
      />
      <FormProblem problem={form.problem()} />
      <div class="actions">
        <button
          type="submit"
          class="button button-primary"
          disabled={form.busy() || Object.keys(changes()).length === 0}
        >
          {form.busy() ? 'Saving…' : 'Save'}
        </button>
      </div>
    </form>
  )
}
