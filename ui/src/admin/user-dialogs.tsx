import { createSignal, type JSX } from 'solid-js'
import type { Account, AccountLink } from '#proto/people.ts'
import { createAccount, createResetLink } from '../api/accounts.ts'
import { Field, Tick } from '../kit/field.tsx'
import { createForm, needed } from '../kit/form.ts'
import { FormDialog } from '../kit/form-dialog.tsx'
import { SecretOnce } from '../kit/secret-once.tsx'

/** Makes an account for somebody. */
export function AddUserDialog(props: {
  readonly onAdded: () => void
  readonly onClose: () => void
}): JSX.Element {
  const [administrator, setAdministrator] = createSignal(false)
  const [made, setMade] = createSignal<AccountLink | null>(null)
  const form = createForm({ name: '', email: '' }, { LOGBOY_NAME_TAKEN: 'email' })
  const submit = (event: Event): void => {
    const { name, email } = form.texts()
    const checks = {
      name: needed(name, 'enter the name'),
      email: needed(email, 'enter the address'),
    }
    void form.submit(event, checks, async () => {
      const wish = { name: name.trim(), email: email.trim(), administrator: administrator() }
      setMade(await createAccount(wish))
      props.onAdded()
    })
  }
  return (
    <FormDialog
      title="Add user"
      form={form}
      action="Add user"
      onSubmit={submit}
      onClose={props.onClose}
      result={linkOf(made())}
    >
      <Field label="Name" autofocus {...form.field('name')} />
      <Field label="Email" type="email" {...form.field('email')} />
      <Tick
        label="Administrator"
        hint="Sees every project and may do everything here."
        checked={administrator()}
        onChange={setAdministrator}
      />
    </FormDialog>
  )
}

/** A forgotten password where no mail is set up. */
export function ResetLinkDialog(props: {
  readonly person: Account
  readonly onClose: () => void
}): JSX.Element {
  const [made, setMade] = createSignal<AccountLink | null>(null)
  const form = createForm({})
  const submit = (event: Event): void => {
    void form.submit(event, {}, async () => {
      setMade(await createResetLink(props.person.id))
    })
  }
  return (
    <FormDialog
      title={`Reset link for ${props.person.name}`}
      form={form}
      action="Make the link"
      onSubmit={submit}
      onClose={props.onClose}
      result={linkOf(made())}
    >
      <p class="soft">
        It sets the password of {props.person.email} anew, once, within an hour. Until it is used
        the old password holds.
      </p>
    </FormDialog>
  )
}

function linkOf(made: AccountLink | null): (() => JSX.Element) | null {
  if (made === null) return null
  return () => (
    <SecretOnce what="Link" text={made.url}>
      Hand this link to {made.account.name}: it sets the password, once, within an hour.
    </SecretOnce>
  )
}
