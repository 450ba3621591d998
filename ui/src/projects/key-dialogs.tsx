import { createSignal, type JSX, Show } from 'solid-js'
import type { KeyKind, KeyScope, ProjectKey } from '#proto/api.ts'
import type { ProjectAccess } from '#proto/people.ts'
import { createKey, rotateKey } from '../api/projects.ts'
import { Expiry, expiresIn } from '../kit/expiry.tsx'
import { Choice, Field, Ticks } from '../kit/field.tsx'
import { createForm, needed } from '../kit/form.ts'
import { FormDialog } from '../kit/form-dialog.tsx'
import { secretOf } from '../kit/secret-once.tsx'
import { KIND_WORDS, OVERLAP_WORDS, SCOPE_WORDS } from './key-model.ts'

export interface KeyDialogProps {
  readonly project: ProjectAccess
  readonly onMade: () => void
  readonly onClose: () => void
}

const DAY_SECONDS = 86_400

/** Asks what the key is for, then shows it this once. */
export function CreateKeyDialog(props: KeyDialogProps): JSX.Element {
  const [kind, setKind] = createSignal<KeyKind>('bearer')
  const [scopes, setScopes] = createSignal<readonly KeyScope[]>(['ingest'])
  const [made, setMade] = createSignal<string | null>(null)
  const form = createForm({ name: '', scopes: '', expires_in: '' })
  const submit = (event: Event): void => {
    const { name, expires_in } = form.texts()
    const checks = {
      name: needed(name, 'a key needs a name'),
      scopes: scopes().length === 0 ? 'choose what the key may do' : null,
    }
    void form.submit(event, checks, async () => {
      const may = kind() === 'signing' ? (['ingest'] as const) : scopes()
      const wish = { name: name.trim(), kind: kind(), scopes: may, ...expiresIn(expires_in) }
      setMade((await createKey(props.project.id, wish)).key)
      props.onMade()
    })
  }
  return (
    <FormDialog
      title="Create key"
      form={form}
      action="Create key"
      onSubmit={submit}
      onClose={props.onClose}
      result={secretOf(kind() === 'signing' ? 'Signing secret' : 'API key', made())}
    >
      <Field
        label="Name"
        placeholder="checkout, log shipper of web-3…"
        autofocus
        {...form.field('name')}
      />
      <Choice
        label="Used"
        name="kind"
        value={kind()}
        options={Object.entries(KIND_WORDS) as [KeyKind, string][]}
        onChange={setKind}
      />
      <Show
        when={kind() === 'bearer'}
        fallback={
          <p class="soft">
            The secret is never sent: each request carries a signature of its body and of the time.
            It can send logs over HTTP, nothing else.
          </p>
        }
      >
        <Ticks
          label="May"
          words={SCOPE_WORDS}
          chosen={scopes()}
          problem={form.fieldProblem('scopes')}
          onChange={chosen => {
            setScopes(chosen)
            form.set({ scopes: '' })
          }}
        />
      </Show>
      <Expiry value={form.texts().expires_in} onChange={expires_in => form.set({ expires_in })} />
    </FormDialog>
  )
}

/** Makes another key in place of one, which stays good for a while. */
export function RotateKeyDialog(props: KeyDialogProps & { readonly old: ProjectKey }): JSX.Element {
  const [made, setMade] = createSignal<string | null>(null)
  const form = createForm({ overlap: String(DAY_SECONDS), expires_in: '' })
  const submit = (event: Event): void => {
    const { overlap, expires_in } = form.texts()
    void form.submit(event, {}, async () => {
      const wish = { overlap_seconds: Number(overlap), ...expiresIn(expires_in) }
      setMade((await rotateKey(props.project.id, props.old.id, wish)).key)
      props.onMade()
    })
  }
  return (
    <FormDialog
      title={`Rotate ${props.old.name}`}
      form={form}
      action="Rotate key"
      onSubmit={submit}
      onClose={props.onClose}
      result={secretOf(props.old.kind === 'signing' ? 'Signing secret' : 'API key', made())}
    >
      <p class="soft">
        The new key has the name and the limits of the old one and may do the same. Give it to the
        programs before the old one ends.
      </p>
      <Choice
        label="The old key ends"
        name="overlap"
        value={form.texts().overlap}
        options={OVERLAP_WORDS}
        onChange={overlap => form.set({ overlap })}
      />
      <Expiry value={form.texts().expires_in} onChange={expires_in => form.set({ expires_in })} />
    </FormDialog>
  )
}
