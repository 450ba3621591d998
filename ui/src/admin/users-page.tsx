import { createMemo, createSignal, type JSX, Show } from 'solid-js'
import type { Account, AccountChange } from '#proto/people.ts'
import { changeAccount, listAccounts } from '../api/accounts.ts'
import { ConfirmDialog } from '../kit/confirm-dialog.tsx'
import { Icon } from '../kit/icon.tsx'
import { ACTIONS, ListTable, wide } from '../kit/list-table.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Ago } from '../kit/moment.tsx'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { address, moveTo } from '../shell/address.ts'
import { account } from '../shell/session.ts'
import { AddUserDialog, ResetLinkDialog } from './user-dialogs.tsx'

/** A change of somebody's account that is asked for first. */
interface Change {
  readonly person: Account
  readonly body: AccountChange
  readonly title: string
  readonly action: string
  readonly consequence: string
}

/** Everybody who has an account here. */
export function UsersPage(): JSX.Element {
  const accounts = createLoad(
    () => true,
    (_, signal) => listAccounts(signal),
  )
  const [change, setChange] = createSignal<Change | null>(null)
  const [adding, setAdding] = createSignal(false)
  const [resetting, setResetting] = createSignal<Account | null>(null)
  const filter = createMemo(() => new URLSearchParams(address().search).get('q') ?? '')
  const shown = createMemo(() => {
    const wanted = filter().toLowerCase()
    return (accounts.value() ?? []).filter(({ name, email }) =>
      `${name} ${email}`.toLowerCase().includes(wanted),
    )
  })
  const setFilter = (text: string): void => {
    const params = new URLSearchParams(address().search)
    if (text === '') params.delete('q')
    else params.set('q', text)
    moveTo(address().path, `?${params}`, { replace: true })
  }
  return (
    <Section
      page
      title="Users"
      about="People come by invitation to a project, or by themselves where the settings allow it."
      tools={
        <button type="button" class="button button-primary" onClick={() => setAdding(true)}>
          <Icon name="plus" />
          Add user
        </button>
      }
    >
      <div class="filters">
        <label class="labelled">
          <span>Name or email</span>
          <input
            class="field"
            type="search"
            value={filter()}
            onInput={event => setFilter(event.currentTarget.value)}
          />
        </label>
      </div>
      <Loaded load={accounts} what="The users">
        {() => <UserTable people={shown()} onChange={setChange} onReset={setResetting} />}
      </Loaded>
      <Show when={adding()}>
        <AddUserDialog onAdded={accounts.reload} onClose={() => setAdding(false)} />
      </Show>
      <Show when={resetting()} keyed>
        {person => <ResetLinkDialog person={person} onClose={() => setResetting(null)} />}
      </Show>
      <Show when={change()} keyed>
        {wanted => (
          <ConfirmDialog
            title={wanted.title}
            action={wanted.action}
            onConfirm={async () => {
              await changeAccount(wanted.person.id, wanted.body)
              toast('Changed')
              accounts.reload()
            }}
            onClose={() => setChange(null)}
          >
            {wanted.consequence}
          </ConfirmDialog>
        )}
      </Show>
    </Section>
  )
}

function UserTable(props: {
  readonly people: readonly Account[]
  readonly onChange: (change: Change) => void
  readonly onReset: (person: Account) => void
}): JSX.Element {
  return (
    <ListTable
      columns={['Person', wide('Joined'), 'Last sign-in', ACTIONS]}
      items={props.people}
      none="Nobody of that name."
    >
      {person => (
        <tr classList={{ 'list-off': person.disabled_at !== null }}>
          <td>
            <b class="cut">{person.name}</b>
            <span class="faint cut">{person.email}</span>
            <Show when={person.administrator}>
              <span class="tag tag-accent">administrator</span>
            </Show>
            <Show when={person.disabled_at !== null}>
              <span class="tag tag-off">disabled</span>
            </Show>
          </td>
          <td class="wide-only">
            <Ago at={person.created_at} />
          </td>
          <td>
            <Ago at={person.last_sign_in_at} />
          </td>
          <td class="list-actions">
            <UserActions person={person} onChange={props.onChange} onReset={props.onReset} />
          </td>
        </tr>
      )}
    </ListTable>
  )
}

function UserActions(props: {
  readonly person: Account
  readonly onChange: (change: Change) => void
  readonly onReset: (person: Account) => void
}): JSX.Element {
  const own = (): boolean => props.person.id === account()?.id
  const reason = (): string | undefined => (own() ? 'Another administrator can do that' : undefined)
  return (
    <>
      <button
        type="button"
        class="button button-small"
        title="A link that sets the password anew, to be handed to the person"
        onClick={() => props.onReset(props.person)}
      >
        Reset link
      </button>
      <button
        type="button"
        class="button button-small"
        disabled={own()}
        title={reason()}
        onClick={() => props.onChange(administratorChange(props.person))}
      >
        {props.person.administrator ? 'Take administration' : 'Make administrator'}
      </button>
      <button
        type="button"
        class="button button-small button-warn"
        disabled={own()}
        title={reason()}
        onClick={() => props.onChange(disabledChange(props.person))}
      >
        {props.person.disabled_at === null ? 'Disable' : 'Enable'}
      </button>
    </>
  )
}

function administratorChange(person: Account): Change {
  return person.administrator
    ? {
        person,
        body: { administrator: false },
        title: `Take administration from ${person.name}?`,
        action: 'Take it',
        consequence: 'What remains are the projects whose member the person is.',
      }
    : {
        person,
        body: { administrator: true },
        title: `Make ${person.name} an administrator?`,
        action: 'Make administrator',
        consequence: 'Administrators see every project and may do everything here.',
      }
}

function disabledChange(person: Account): Change {
  return person.disabled_at === null
    ? {
        person,
        body: { disabled: true },
        title: `Disable ${person.name}?`,
        action: 'Disable',
        consequence: 'All sessions and tokens of the person end at once. Nothing is deleted.',
      }
    : {
        person,
        body: { disabled: false },
        title: `Enable ${person.name}?`,
        action: 'Enable',
        consequence: 'The person may sign in again, with the same roles as before.',
      }
}
