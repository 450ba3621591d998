import { createSignal, For, type JSX, Show } from 'solid-js'
import type { ApiToken } from '#proto/people.ts'
import { createToken, deleteToken, listTokens } from '../api/accounts.ts'
import { ConfirmDialog } from '../kit/confirm-dialog.tsx'
import { Dialog } from '../kit/dialog.tsx'
import { Expiry, expiresIn } from '../kit/expiry.tsx'
import { Field, FormProblem } from '../kit/field.tsx'
import { createForm, needed } from '../kit/form.ts'
import { Icon } from '../kit/icon.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Ago } from '../kit/moment.tsx'
import { SecretOnce } from '../kit/secret-once.tsx'
import { Section } from '../kit/section.tsx'

/** Tokens with which the person's own scripts call REST. */
export function TokensSection(): JSX.Element {
  const tokens = createLoad(() => true, (_, signal) => listTokens(signal))
  const [making, setMaking] = createSignal(false)
  const [ending, setEnding] = createSignal<ApiToken | null>(null)
  return (
    <Section
      title="API tokens"
      about="Your scripts may do with a token what you may do. Programs that send logs take a project's key instead."
      tools={
        <button type="button" class="button" onClick={() => setMaking(true)}>
          <Icon name="plus" />
          Create token
        </button>
      }
    >
      <Loaded load={tokens} what="The tokens">
        {list => <TokenTable tokens={list()} onEnd={setEnding} />}
      </Loaded>
      <Show when={making()}>
        <TokenDialog onMade={tokens.reload} onClose={() => setMaking(false)} />
      </Show>
      <Show when={ending()}>
        {token => (
          <ConfirmDialog
            title={`Delete ${token().name}?`}
            action="Delete token"
            onConfirm={async () => {
              await deleteToken(token().id)
              tokens.reload()
            }}
            onClose={() => setEnding(null)}
          >
            Scripts that use it are refused at once.
          </ConfirmDialog>
        )}
      </Show>
    </Section>
  )
}

function TokenTable(props: {
  readonly tokens: readonly ApiToken[]
  readonly onEnd: (token: ApiToken) => void
}): JSX.Element {
  return (
    <div class="list-frame">
      <table class="list">
        <thead>
          <tr>
            <th>Name</th>
            <th class="wide-only">Created</th>
            <th>Last used</th>
            <th>Expires</th>
            <th>
              <span class="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <For
            each={props.tokens}
            fallback={
              <tr>
                <td colSpan={5} class="list-none">
                  No tokens.
                </td>
              </tr>
            }
          >
            {token => (
              <tr>
                <td>
                  <b class="cut">{token.name}</b>
                </td>
                <td class="wide-only">
                  <Ago at={token.created_at} />
                </td>
                <td>
                  <Ago at={token.last_used_at} />
                </td>
                <td>
                  <Ago at={token.expires_at} />
                </td>
                <td class="list-actions">
                  <button
                    type="button"
                    class="button button-small button-warn"
                    onClick={() => props.onEnd(token)}
                  >
                    Delete
                  </button>
                </td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  )
}

function TokenDialog(props: {
  readonly onMade: () => void
  readonly onClose: () => void
}): JSX.Element {
  const [name, setName] = createSignal('')
  const [expiry, setExpiry] = createSignal(String(90 * 86_400))
  const [made, setMade] = createSignal<string | null>(null)
  const form = createForm(['name'])
  const submit = (event: Event): void => {
    void form.submit(event, { name: needed(name(), 'a token needs a name') }, async () => {
      setMade((await createToken({ name: name().trim(), ...expiresIn(expiry()) })).token)
      props.onMade()
    })
  }
  return (
    <Dialog title="Create token" onClose={props.onClose}>
      <Show
        when={made()}
        fallback={
          <form class="stack" onSubmit={submit}>
            <Field
              label="Name"
              name="name"
              placeholder="nightly report, laptop…"
              autofocus
              value={name()}
              problem={form.fieldProblem('name')}
              onInput={value => {
                setName(value)
                form.touch('name')
              }}
            />
            <Expiry value={expiry()} onChange={setExpiry} />
            <FormProblem problem={form.problem()} />
            <div class="actions">
              <button type="submit" class="button button-primary" disabled={form.busy()}>
                {form.busy() ? 'Creating…' : 'Create token'}
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
            <SecretOnce what="API token" text={text()} />
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
