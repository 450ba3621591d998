import { createSignal, type JSX } from 'solid-js'
import type { InvitationCreated, ProjectAccess, Role } from '#proto/people.ts'
import { BUILT_IN_ROLES } from '#proto/permissions.ts'
import { invite } from '../api/members.ts'
import { Expiry, expiresIn } from '../kit/expiry.tsx'
import { Choice, Field } from '../kit/field.tsx'
import { createForm } from '../kit/form.ts'
import { FormDialog } from '../kit/form-dialog.tsx'
import { SecretOnce } from '../kit/secret-once.tsx'

const WEEK_SECONDS = 7 * 86_400

/** Makes an invitation's link, and shows it this once. */
export function InviteDialog(props: {
  readonly project: ProjectAccess
  readonly roles: readonly Role[]
  readonly onInvited: () => void
  readonly onClose: () => void
}): JSX.Element {
  const [made, setMade] = createSignal<InvitationCreated | null>(null)
  const form = createForm({ email: '', role: 'viewer', expires_in: String(WEEK_SECONDS) })
  const names = (): string[] =>
    props.roles.length > 0 ? props.roles.map(({ name }) => name) : Object.keys(BUILT_IN_ROLES)
  const submit = (event: Event): void => {
    void form.submit(event, {}, async () => {
      const { email, role, expires_in } = form.texts()
      const to = email.trim() === '' ? {} : { email: email.trim() }
      setMade(await invite(props.project.id, { role, ...to, ...expiresIn(expires_in) }))
      props.onInvited()
    })
  }
  return (
    <FormDialog
      title={`Invite to ${props.project.name}`}
      form={form}
      action="Create invitation"
      onSubmit={submit}
      onClose={props.onClose}
      result={resultOf(made())}
    >
      <Field
        label="Email (optional)"
        type="email"
        autofocus
        hint="With an address the link is for that person alone, and mailed where mail is set up."
        {...form.field('email')}
      />
      <Choice
        label="Role"
        name="role"
        value={form.texts().role}
        options={names().map(name => [name, name] as const)}
        hint={form.fieldProblem('role')}
        onChange={role => form.set({ role })}
      />
      <Expiry
        value={form.texts().expires_in}
        onChange={expires_in => form.set({ expires_in })}
        required
      />
    </FormDialog>
  )
}

function resultOf(invitation: InvitationCreated | null): (() => JSX.Element) | null {
  if (invitation === null) return null
  const { url, mailed, email } = invitation
  return () => (
    <SecretOnce what="Invitation link" text={url}>
      {mailed
        ? `The link was mailed to ${email}; here it is once more.`
        : 'Send this link yourself; it is not shown again.'}
    </SecretOnce>
  )
}
