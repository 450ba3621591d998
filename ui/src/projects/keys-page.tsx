import { createSignal, For, type JSX, Show } from 'solid-js'
import type { KeyScope, ProjectKey } from '#proto/api.ts'
import type { ProjectAccess } from '#proto/people.ts'
import { createKey, listKeys, revokeKey } from '../api/projects.ts'
import { ConfirmDialog } from '../kit/confirm-dialog.tsx'
import { Expiry, expiresIn } from '../kit/expiry.tsx'
import { Field, Ticks } from '../kit/field.tsx'
import { createForm, needed } from '../kit/form.ts'
import { FormDialog } from '../kit/form-dialog.tsx'
import { Icon } from '../kit/icon.tsx'
import { ACTIONS, ListTable, wide } from '../kit/list-table.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Ago } from '../kit/moment.tsx'
import { secretOf } from '../kit/secret-once.tsx'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { keyState, SCOPE_WORDS } from './key-model.ts'
import type { ProjectPageProps } from './project-page.ts'

/** Keys of the project: what programs send and read with. */
export function KeysPage(props: ProjectPageProps): JSX.Element {
  const keys = createLoad(() => props.project.id, listKeys)
  const [making, setMaking] = createSignal<ProjectKey | 'new' | null>(null)
  const [revoking, setRevoking] = createSignal<ProjectKey | null>(null)
  return (
    <Section
      page
      title="API Keys"
      about="Programs send and read logs with a key. Give each program one of its own."
      tools={
        <button type="button" class="button button-primary" onClick={() => setMaking('new')}>
          <Icon name="plus" />
          Create key
        </button>
      }
    >
      <Loaded load={keys} what="The keys">
        {list => <KeyTable keys={list()} onRotate={setMaking} onRevoke={setRevoking} />}
      </Loaded>
      <Show when={making()} keyed>
        {from => (
          <KeyDialog
            project={props.project}
            like={from === 'new' ? null : from}
            onMade={keys.reload}
            onClose={() => setMaking(null)}
          />
        )}
      </Show>
      <Show when={revoking()} keyed>
        {key => (
          <ConfirmDialog
            title={`Revoke ${key.name}?`}
            action="Revoke key"
            onConfirm={async () => {
              await revokeKey(props.project.id, key.id)
              toast('Key revoked')
              keys.reload()
            }}
            onClose={() => setRevoking(null)}
          >
            Programs that use it are refused within a second, also on streams and tails that are
            open. This cannot be undone.
          </ConfirmDialog>
        )}
      </Show>
    </Section>
  )
}

function KeyTable(props: {
  readonly keys: readonly ProjectKey[]
  readonly onRotate: (key: ProjectKey) => void
  readonly onRevoke: (key: ProjectKey) => void
}): JSX.Element {
  return (
    <ListTable
      columns={['Name', 'May', wide('Created'), 'Last used', wide('Expires'), ACTIONS]}
      items={props.keys}
      none="No keys yet."
    >
      {key => (
        <tr classList={{ 'list-off': keyState(key) !== 'active' }}>
          <td>
            <b class="cut">{key.name}</b>
            <code class="faint cut">{key.id}</code>
          </td>
          <td>
            <For each={key.scopes}>{scope => <span class="tag">{scope}</span>}</For>
          </td>
          <td class="wide-only">
            <Ago at={key.created_at} />
          </td>
          <td>
            <Ago at={key.last_used_at} />
          </td>
          <td class="wide-only">
            <Ago at={key.expires_at} />
          </td>
          <td class="list-actions">
            <Show
              when={keyState(key) === 'active'}
              fallback={<span class="tag tag-off">{keyState(key)}</span>}
            >
              <button
                type="button"
                class="button button-small"
                title="A new key beside it; revoke the old one when nobody uses it any more"
                onClick={() => props.onRotate(key)}
              >
                Rotate
              </button>
              <button
                type="button"
                class="button button-small button-warn"
                onClick={() => props.onRevoke(key)}
              >
                Revoke
              </button>
            </Show>
          </td>
        </tr>
      )}
    </ListTable>
  )
}

/** Asks what the key is for, then shows it this once. */
function KeyDialog(props: {
  readonly project: ProjectAccess
  /** The key that it will replace. */
  readonly like: ProjectKey | null
  readonly onMade: () => void
  readonly onClose: () => void
}): JSX.Element {
  const [scopes, setScopes] = createSignal<readonly KeyScope[]>(props.like?.scopes ?? ['ingest'])
  const [made, setMade] = createSignal<string | null>(null)
  const form = createForm({ name: props.like?.name ?? '', scopes: '', expires_in: '' })
  const submit = (event: Event): void => {
    const { name, expires_in } = form.texts()
    const checks = {
      name: needed(name, 'a key needs a name'),
      scopes: scopes().length === 0 ? 'choose what the key may do' : null,
    }
    void form.submit(event, checks, async () => {
      const wish = { name: name.trim(), scopes: scopes(), ...expiresIn(expires_in) }
      setMade((await createKey(props.project.id, wish)).key)
      props.onMade()
    })
  }
  return (
    <FormDialog
      title={props.like === null ? 'Create key' : `Rotate ${props.like.name}`}
      form={form}
      action="Create key"
      onSubmit={submit}
      onClose={props.onClose}
      result={secretOf('API key', made())}
    >
      <Show when={props.like}>
        <p class="soft">
          The old key goes on working beside the new one. Revoke it when “last used” stands still.
        </p>
      </Show>
      <Field
        label="Name"
        placeholder="checkout, log shipper of web-3…"
        autofocus
        {...form.field('name')}
      />
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
      <Expiry value={form.texts().expires_in} onChange={expires_in => form.set({ expires_in })} />
    </FormDialog>
  )
}
