import { type JSX, Show } from 'solid-js'
import type { Account } from '#proto/people.ts'
import { changeOwnName } from '../api/accounts.ts'
import { changePassword } from '../api/sessions.ts'
import { Field, FormProblem } from '../kit/field.tsx'
import { createForm, needed } from '../kit/form.ts'
import { Icon } from '../kit/icon.tsx'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { Link } from '../shell/link.tsx'
import { NewPassword } from '../shell/new-password.tsx'
import { SIGN_UP_PATH } from '../shell/next-place.ts'
import { passwordProblem } from '../shell/password-model.ts'
import { account, leaveSession, tellAccount } from '../shell/session.ts'
import { signInOptions } from '../shell/sign-in-options.ts'
import { TokensSection } from './tokens-section.tsx'

/** What belongs to the person who is signed in. */
export function AccountPage(): JSX.Element {
  return (
    <main class="side-main narrow-page">
      <Show when={account()} fallback={<Nobody />}>
        {person => (
          <>
            <h1>Account</h1>
            <NameSection person={person()} />
            <PasswordSection />
            <TokensSection />
            <SessionsSection />
          </>
        )}
      </Show>
    </main>
  )
}

function Nobody(): JSX.Element {
  return (
    <div class="empty">
      <Icon name="user" />
      <h2>You are here by the administrator's token</h2>
      <p>It may do everything and is nobody in particular. An account has a name and a password.</p>
      <Link class="button button-primary" href={SIGN_UP_PATH}>
        Create an account
      </Link>
    </div>
  )
}

function NameSection(props: { readonly person: Account }): JSX.Element {
  const form = createForm({ name: props.person.name })
  const name = (): string => form.texts().name.trim()
  const submit = (event: Event): void => {
    void form.submit(event, { name: needed(name(), 'enter your name') }, async () => {
      tellAccount(await changeOwnName(name()))
      toast('Name changed')
    })
  }
  return (
    <Section title="You">
      <form novalidate class="stack card" onSubmit={submit}>
        <Field
          label="Email"
          name="email"
          type="email"
          value={props.person.email}
          problem={null}
          disabled
          onInput={() => {}}
        />
        <Field label="Name" autocomplete="name" {...form.field('name')} />
        <FormProblem problem={form.problem()} />
        <div class="actions">
          <button
            type="submit"
            class="button button-primary"
            disabled={form.busy() || name() === props.person.name}
          >
            Save name
          </button>
        </div>
      </form>
    </Section>
  )
}

function PasswordSection(): JSX.Element {
  const options = signInOptions()
  const form = createForm({ current: '', next: '' }, { LOGBOY_SIGN_IN_FAILED: 'current' })
  const submit = (event: Event): void => {
    const { current, next } = form.texts()
    const checks = {
      current: needed(current, 'enter the password you have'),
      next: passwordProblem(next, options().password_length_min),
    }
    void form.submit(event, checks, async () => {
      await changePassword({ current, next })
      form.set({ current: '', next: '' })
      toast('Password changed; your other sessions have ended')
    })
  }
  return (
    <Section title="Password" about="Your other sessions end when it changes.">
      <form novalidate class="stack card" onSubmit={submit}>
        <Field
          label="Current password"
          type="password"
          autocomplete="current-password"
          {...form.field('current')}
        />
        <NewPassword label="New password" {...form.field('next')} />
        <FormProblem problem={form.problem()} />
        <div class="actions">
          <button type="submit" class="button button-primary" disabled={form.busy()}>
            Change password
          </button>
        </div>
      </form>
    </Section>
  )
}

function SessionsSection(): JSX.Element {
  return (
    <Section
      title="Sessions"
      about="Lost a device, or not sure? Every session ends at once, this one too."
    >
      <div class="actions">
        <button
          type="button"
          class="button button-warn"
          onClick={() => {
            leaveSession(true).catch((error: Error) => toast(error.message))
          }}
        >
          <Icon name="sign-out" />
          Sign out everywhere
        </button>
      </div>
    </Section>
  )
}
