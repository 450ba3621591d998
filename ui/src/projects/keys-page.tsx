import { createSignal, For, type JSX, Show } from 'solid-js'
import type { KeyScope, ProjectKey } from '#proto/api.ts'
import type { ProjectAccess } from '#proto/people.ts'
import { createKey, listKeys, revokeKey } from '../api/projects.ts'
import { ConfirmDialog } from '../kit/confirm-dialog.tsx'
import { Dialog } from '../kit/dialog.tsx'
import { Expiry, expiresIn } from '../kit/expiry.tsx'
import { Field, FormProblem, Tick } from '../kit/field.tsx'
import { createForm, needed } from '../kit/form.ts'
import { Icon } from '../kit/icon.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Ago } from '../kit/moment.tsx'
import { SecretOnce } from '../kit/secret-once.tsx'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { keyState, SCOPE_WORDS } from './key-model.ts'
import type { ProjectPageProps } from './project-pages.tsx'

/** Keys of the project: what programs send and read with. */
export function KeysPage(props: ProjectPageProps): JSX.Element {
  const keys = createLoad(() => props.project.id, listKeys)
  const [making, setMaking] = createSignal<ProjectKey | 'new' | null>(null)
  const [revoking, setRevoking] = createSignal<ProjectKey | null>(null)
  return (
    <Section
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
        {list => (
          <KeyTable keys={list()} onRotate={setMaking} onRevoke={setRevoking} />
        )}
      </Loaded>
      <Show when={making()}>
        {from => (
          <KeyDialog
            project={props.project}
            like={from() === 'new' ? null : (from() as ProjectKey)}
            onMade={keys.reload}
            onClose={() => setMaking(null)}
          />
        )}
      </Show>
      <Show when={revoking()}>
        {key => (
          <ConfirmDialog
            title={`Revoke ${key().name}?`}
            action="Revoke key"
            onConfirm={async () => {
              await revokeKey(props.project.id, key().id)
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
    <div class="list-frame">
      <table class="list">
        <thead>
          <tr>
            <th>Name</th>
            <th>May</th>
            <th class="wide-only">Created</th>
            <th>Last used</th>
            <th class="wide-only">Expires</th>
            <th>
              <span class="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <For
            each={props.keys}
            fallback={
              <tr>
                <td colSpan={6} class="list-none">
                  No keys yet.
                </td>
              </tr>
            }
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
          </For>
        </tbody>
      </table>
    </div>
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
  const [name, setName] = createSignal(props.like?.name ?? '')
  const [scopes, setScopes] = createSignal<readonly KeyScope[]>(props.like?.scopes ?? ['ingest'])
  const [expiry, setExpiry] = createSignal('')
  const [made, setMade] = createSignal<string | null>(null)
  const form = createForm(['name', 'scopes'])
  const submit = (event: Event): void => {
    const checks = {
      name: needed(name(), 'a key needs a name'),
      scopes: scopes().length === 0 ? 'choose what the key may do' : null,
    }
    void form.submit(event, checks, async () => {
      const wish = { name: name().trim(), scopes: scopes(), ...expiresIn(expiry()) }
      setMade((await createKey(props.project.id, wish)).key)
      props.onMade()
    })
  }
  const choose = (scope: KeyScope, chosen: boolean): void => {
    setScopes(chosen ? [...scopes(), scope] : scopes().filter(other => other !== scope))
    form.touch('scopes')
  }
  return (
    <Dialog
      title={props.like === null ? 'Create key' : `Rotate ${props.like.name}`}
      onClose={props.onClose}
    >
      <Show
        when={made()}
        fallback={
          <form class="stack" onSubmit={submit}>
            <Show when={props.like}>
              <p class="soft">
                The old key goes on working beside the new one. Revoke it when “last used” stands
                still.
              </p>
            </Show>
            <Field
              label="Name"
              name="name"
              placeholder="checkout, log shipper of web-3…"
              autofocus
              value={name()}
              problem={form.fieldProblem('name')}
              onInput={value => {
                setName(value)
                form.touch('name')
              }}
            />
            <fieldset class="ticks">
              <legend>May</legend>
              <For each={Object.entries(SCOPE_WORDS) as [KeyScope, string][]}>
                {([scope, words]) => (
                  <Tick
                    name="scopes"
                    label={scope}
                    hint={words}
                    checked={scopes().includes(scope)}
                    onChange={chosen => choose(scope, chosen)}
                  />
                )}
              </For>
              <p class="hint hint-wrong" aria-live="polite">
                {form.fieldProblem('scopes')}
              </p>
            </fieldset>
            <Expiry value={expiry()} onChange={setExpiry} />
            <FormProblem problem={form.problem()} />
            <div class="actions">
              <button type="submit" class="button button-primary" disabled={form.busy()}>
                {form.busy() ? 'Creating…' : 'Create key'}
              </button>
              <button type="button" class="button" onClick={() => props.onClose()}>
                Cancel
              </button>
            </div>
          </form>
        }
      >
        {text => (
          <div class="stack">
            <SecretOnce what="API key" text={text()} />
            <div class="actions">
              <button type="button" class="button button-primary" onClick={() => props.onClose()}>
                Done
              </button>
            </div>
          </div>
        )}
      </Show>
    </Dialog>
  )
}
