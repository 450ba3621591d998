import { createMemo, createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import type { InvitationLook } from '#proto/people.ts'
import { lookAtInvitation } from '../api/members.ts'
import { confirmSignUp, signUp } from '../api/sessions.ts'
import { Field, FormProblem } from '../kit/field.tsx'
import { createForm, needed } from '../kit/form.ts'
import { createLoad } from '../kit/load.tsx'
import { watch } from '../kit/reactive.ts'
import { loadProjects } from '../projects/projects.ts'
import { address } from './address.ts'
import { Gate } from './gate.tsx'
import { Link } from './link.tsx'
import { NewPassword } from './new-password.tsx'
import { gatePath, SIGN_IN_PATH } from './next-place.ts'
import { passwordProblem } from './password-model.ts'
import { enter } from './sign-in.tsx'
import { forgetSignInOptions, signInOptions } from './sign-in-options.ts'

/** Makes an account: the first one, one where anybody may, or one that was invited. */
export function SignUpPage(): JSX.Element {
  const options = signInOptions()
  const invitation = createMemo(() => new URLSearchParams(address().search).get('invitation'))
  const confirm = createMemo(() => new URLSearchParams(address().search).get('confirm'))
  const look = createLoad(invitation, lookAtInvitation)
  const signInLink = (
    <>
      You have one already?{' '}
      <Link class="link" href={gatePath(SIGN_IN_PATH, address())}>
        Sign in
      </Link>
    </>
  )
  return (
    <Switch
      fallback={
        <Gate title="By invitation" note={signInLink}>
          <p>Accounts are made by invitation here. Ask somebody who has one for a link.</p>
        </Gate>
      }
    >
      <Match when={confirm()}>
        {token => (
          <Gate title="Create an account" lead="Your address is confirmed by this link.">
            <ConfirmForm token={token()} />
          </Gate>
        )}
      </Match>
      <Match when={invitation() !== null && look.problem()}>
        {problem => (
          <Gate title="The invitation cannot be used" note={signInLink}>
            <FormProblem problem={problem().message} />
            <p>Invitations end after a while and count once. Ask for a new link.</p>
          </Gate>
        )}
      </Match>
      <Match when={invitation() !== null || options().sign_up !== 'invitation'}>
        <Gate
          title="Create an account"
          note={signInLink}
          lead={<Reason look={look.value()} first={options().sign_up === 'first'} />}
        >
          <SignUpForm invitation={invitation()} email={look.value()?.email ?? null} />
        </Gate>
      </Match>
    </Switch>
  )
}

function Reason(props: {
  readonly look: InvitationLook | null
  readonly first: boolean
}): JSX.Element {
  return (
    <Switch fallback="Then create a project, or ask to be invited to one.">
      <Match when={props.look}>
        {look => (
          <>
            You are invited to <b>{look().project.name}</b> as {look().role}.
          </>
        )}
      </Match>
      <Match when={props.first}>The first account administers this installation.</Match>
    </Switch>
  )
}

/** A button, because mail programs look at links by themselves. */
function ConfirmForm(props: { readonly token: string }): JSX.Element {
  const form = createForm({})
  const submit = (event: Event): void => {
    void form.submit(event, {}, async () => {
      await confirmSignUp(props.token)
      await loadProjects()
      await enter()
    })
  }
  return (
    <form novalidate class="stack" onSubmit={submit}>
      <FormProblem problem={form.problem()} />
      <button type="submit" class="button button-primary button-wide" disabled={form.busy()}>
        Create account
      </button>
    </form>
  )
}

function SignUpForm(props: {
  readonly invitation: string | null
  readonly email: string | null
}): JSX.Element {
  const options = signInOptions()
  const [mailedTo, setMailedTo] = createSignal<string | null>(null)
  const form = createForm({ name: '', email: '', password: '' }, { LOGBOY_NAME_TAKEN: 'email' })
  watch(
    () => props.email,
    email => {
      if (email !== null && form.texts().email === '') form.set({ email })
    },
  )
  const submit = (event: Event): void => {
    const { name, email, password } = form.texts()
    const checks = {
      name: needed(name, 'enter your name'),
      email: needed(email, 'enter your address'),
      password: passwordProblem(password, options().password_length_min),
    }
    void form.submit(event, checks, async () => {
      const invited = props.invitation === null ? {} : { invitation: props.invitation }
      const to = email.trim()
      const signedIn = await signUp({ name: name.trim(), email: to, password, ...invited })
      forgetSignInOptions()
      if (signedIn === undefined) {
        setMailedTo(to)
        return
      }
      await loadProjects()
      await enter()
    })
  }
  return (
    <Show when={mailedTo() === null} fallback={<LookIntoMail to={mailedTo() ?? ''} />}>
      <form novalidate class="stack" onSubmit={submit}>
        <Field label="Name" autocomplete="name" autofocus {...form.field('name')} />
        <Field label="Email" type="email" autocomplete="username" {...form.field('email')} />
        <NewPassword label="Password" {...form.field('password')} />
        <FormProblem problem={form.problem()} />
        <button type="submit" class="button button-primary button-wide" disabled={form.busy()}>
          {form.busy() ? 'Creating…' : 'Create account'}
        </button>
      </form>
    </Show>
  )
}

function LookIntoMail(props: { readonly to: string }): JSX.Element {
  return (
    <p role="status">
      A mail to <b>{props.to}</b> is on its way: its link makes the account.
    </p>
  )
}
