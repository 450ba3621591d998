import { createSignal, type JSX, Show } from 'solid-js'
import type { InvitationCreated, ProjectAccess, Role } from '#proto/people.ts'
import { BUILT_IN_ROLES } from '#proto/permissions.ts'
import { invite } from '../api/members.ts'
import { Dialog } from '../kit/dialog.tsx'
import { Expiry, expiresIn } from '../kit/expiry.tsx'
import { Choice, Field, FormProblem } from '../kit/field.tsx'
import { createForm } from '../kit/form.ts'
import { SecretOnce } from '../kit/secret-once.tsx'

/** Makes an invitation's link, and shows it this once. */
export function InviteDialog(props: {
  readonly project: ProjectAccess
  readonly roles: readonly Role[]
  readonly onInvited: () => void
  readonly onClose: () => void
}): JSX.Element {
  const [email, setEmail] = createSignal('')
  const [role, setRole] = createSignal('viewer')
  const [expiry, setExpiry] = createSignal(String(7 * 86_400))
  const [made, setMade] = createSignal<InvitationCreated | null>(null)
  const form = createForm(['email', 'role'])
  const names = (): string[] =>
    props.roles.length > 0
      ? props.roles.map(({ name }) => name)
      : Object.keys(BUILT_IN_ROLES)
  const submit = (event: Event): void => {
    void form.submit(event, {}, async () => {
      const to = email().trim()
      const wish = { role: role(), ...(to === '' ? {} : { email: to }), ...expiresIn(expiry()) }
      setMade(await invite(props.project.id, wish))
      props.onInvited()
    })
  }
  return (
    <Dialog title={`Invite to ${props.project.name}`} onClose={props.onClose}>
      <Show
        when={made()}
        fallback={
          <form class="stack" onSubmit={submit}>
            <Field
              label="Email (optional)"
              name="email"
              type="email"
              autofocus
              value={email()}
              problem={form.fieldProblem('email')}
              hint="With an address the link is for that person alone, and mailed where mail is set up."
              onInput={value => {
                setEmail(value)
                form.touch('email')
              }}
            />
            <Choice
              label="Role"
              name="role"
              value={role()}
              options={names().map(name => [name, name] as const)}
              problem={form.fieldProblem('role')}
              onChange={setRole}
            />
            <Expiry value={expiry()} onChange={setExpiry} required />
            <FormProblem problem={form.problem()} />
            <div class="actions">
              <button type="submit" class="button button-primary" disabled={form.busy()}>
                {form.busy() ? 'One moment…' : 'Create invitation'}
              </button>
              <button type="button" class="button" onClick={() => props.onClose()}>
                Cancel
              </button>
            </div>
          </form>
        }
      >
        {invitation => (
          <div class="stack">
            <SecretOnce what="Invitation link" text={invitation().url}>
              {invitation().mailed
                ? `The link was mailed to ${invitation().email}; here it is once more.`
                : 'Send this link yourself; it is not shown again.'}
            </SecretOnce>
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
