import { createSignal, type JSX, Show } from 'solid-js'
import { askForReset, resetPassword } from '../api/sessions.ts'
import { Field, FormProblem } from '../kit/field.tsx'
import { createForm, needed } from '../kit/form.ts'
import { address } from './address.ts'
import { Gate } from './gate.tsx'
import { Link } from './link.tsx'
import { NewPassword } from './new-password.tsx'
import { FORGOTTEN_PATH, gatePath, SIGN_IN_PATH } from './next-place.ts'
import { passwordProblem } from './password-model.ts'
import { signInOptions } from './sign-in-options.ts'

/** Asks for the link that sets a new password. */
export function ForgottenPage(): JSX.Element {
  const [sent, setSent] = createSignal(false)
  const options = signInOptions()
  const form = createForm({ email: '' })
  const email = (): string => form.texts().email.trim()
  const submit = (event: Event): void => {
    void form.submit(event, { email: needed(email(), 'enter your address') }, async () => {
      await askForReset({ email: email() })
      setSent(true)
    })
  }
  return (
    <Gate title="Forgotten password" note={<BackToSignIn />}>
      <Show
        when={!sent()}
        fallback={
          <p role="status">
            If there is an account of <b>{email()}</b>, a link is on its way:{' '}
            {options().reset === 'mail'
              ? 'look into your mail.'
              : 'it is printed where the server runs, so ask whoever runs it.'}
          </p>
        }
      >
        <form novalidate class="stack" onSubmit={submit}>
          <Field
            label="Email"
            type="email"
            autocomplete="username"
            autofocus
            hint={
              options().reset === 'mail'
                ? 'A link to set a new password is sent there.'
                : 'No mail is set up here: the link is printed where the server runs.'
            }
            {...form.field('email')}
          />
          <FormProblem problem={form.problem()} />
          <button type="submit" class="button button-primary button-wide" disabled={form.busy()}>
            Send the link
          </button>
        </form>
      </Show>
    </Gate>
  )
}

/** Where the link leads: a new password, and all sessions end. */
export function ResetPage(): JSX.Element {
  const [done, setDone] = createSignal(false)
  const options = signInOptions()
  const token = (): string => new URLSearchParams(address().search).get('token') ?? ''
  const form = createForm({ password: '' })
  const submit = (event: Event): void => {
    const { password } = form.texts()
    const checks = { password: passwordProblem(password, options().password_length_min) }
    void form.submit(event, checks, async () => {
      await resetPassword({ token: token(), password })
      setDone(true)
    })
  }
  return (
    <Gate title="New password" note={<BackToSignIn />}>
      <Show
        when={!done()}
        fallback={
          <p role="status">
            The password is set, and all sessions have ended.{' '}
            <Link class="link" href={SIGN_IN_PATH}>
              Sign in with it
            </Link>
            .
          </p>
        }
      >
        <form novalidate class="stack" onSubmit={submit}>
          <NewPassword label="New password" autofocus {...form.field('password')} />
          <FormProblem problem={form.problem()} />
          <Show when={form.problem()}>
            <p class="hint">
              Links count once and for a while.{' '}
              <Link class="link" href={FORGOTTEN_PATH}>
                Ask for a new one
              </Link>
              .
            </p>
          </Show>
          <button type="submit" class="button button-primary button-wide" disabled={form.busy()}>
            Set password
          </button>
        </form>
      </Show>
    </Gate>
  )
}

function BackToSignIn(): JSX.Element {
  return (
    <Link class="link" href={gatePath(SIGN_IN_PATH, address())}>
      Back to sign-in
    </Link>
  )
}
