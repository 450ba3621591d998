import { createSignal, type JSX, Show } from 'solid-js'
import type { ApiToken } from '#proto/people.ts'
import { createToken, deleteToken, listTokens } from '../api/accounts.ts'
import { ConfirmDialog } from '../kit/confirm-dialog.tsx'
import { Expiry, expiresIn } from '../kit/expiry.tsx'
import { Field } from '../kit/field.tsx'
import { createForm, needed } from '../kit/form.ts'
import { FormDialog } from '../kit/form-dialog.tsx'
import { Icon } from '../kit/icon.tsx'
import { ACTIONS, ListTable, wide } from '../kit/list-table.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Ago } from '../kit/moment.tsx'
import { secretOf } from '../kit/secret-once.tsx'
import { Section } from '../kit/section.tsx'

const QUARTER_SECONDS = 90 * 86_400

/** Tokens with which the person's own scripts call REST. */
export function TokensSection(): JSX.Element {
  const tokens = createLoad(
    () => true,
    (_, signal) => listTokens(signal),
  )
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
      <Show when={ending()} keyed>
        {token => (
          <ConfirmDialog
            title={`Delete ${token.name}?`}
            action="Delete token"
            onConfirm={async () => {
              await deleteToken(token.id)
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
    <ListTable
      columns={['Name', wide('Created'), 'Last used', 'Expires', ACTIONS]}
      items={props.tokens}
      none="No tokens."
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
    </ListTable>
  )
}

function TokenDialog(props: {
  readonly onMade: () => void
  readonly onClose: () => void
}): JSX.Element {
  const [made, setMade] = createSignal<string | null>(null)
  const form = createForm({ name: '', expires_in: String(QUARTER_SECONDS) })
  const submit = (event: Event): void => {
    const { name, expires_in } = form.texts()
    void form.submit(event, { name: needed(name, 'a token needs a name') }, async () => {
      setMade((await createToken({ name: name.trim(), ...expiresIn(expires_in) })).token)
      props.onMade()
    })
  }
  return (
    <FormDialog
      title="Create token"
      form={form}
      action="Create token"
      onSubmit={submit}
      onClose={props.onClose}
      result={secretOf('API token', made())}
    >
      <Field label="Name" placeholder="nightly report, laptop…" autofocus {...form.field('name')} />
      <Expiry value={form.texts().expires_in} onChange={expires_in => form.set({ expires_in })} />
    </FormDialog>
  )
}
