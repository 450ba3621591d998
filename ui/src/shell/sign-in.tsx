import { createSignal, type JSX, onMount, Show } from 'solid-js'
import { ApiError } from '../api/client.ts'
import { logIn, signIn } from '../api/sessions.ts'
import { Field, FormProblem } from '../kit/field.tsx'
import { createForm, needed } from '../kit/form.ts'
import { address, moveTo } from './address.ts'
import { Gate } from './gate.tsx'
import { Link } from './link.tsx'
import { FORGOTTEN_PATH, gatePath, nextPlace, SIGN_IN_PATH, SIGN_UP_PATH } from './next-place.ts'
import { checkSession, session } from './session.ts'
import { signInOptions } from './sign-in-options.ts'

type Way = 'password' | 'token' | 'ticket'

/** With an account; or as the installation's administrator, by a link or the server's token. */
export function SignIn(): JSX.Element {
  const params = (): URLSearchParams => new URLSearchParams(address().search)
  const ticket = params().get('ticket')
  const [problem, setProblem] = createSignal<string | null>(null)
  onMount(() => {
    if (ticket === null) return
    explained('ticket', () => signIn({ ticket })).then(enter, (error: Error) => {
      setProblem(error.message)
      // Whoever opens an old link is perhaps signed in already.
      void checkSession()
    })
  })
  return (
    <Show
      when={params().get('with') === 'token'}
      fallback={<PasswordSignIn linkProblem={problem()} />}
    >
      <TokenSignIn linkProblem={problem()} />
    </Show>
  )
}

/** The session is there: on to the page that was wanted. */
export async function enter(): Promise<void> {
  const { path, search } = address()
  await checkSession()
  if (path !== SIGN_IN_PATH && path !== SIGN_UP_PATH) return
  moveTo(...nextPlace(search), { replace: true })
}

/** What stands above the form: that the server is away, or why one is here. */
function Lead(): JSX.Element {
  return (
    <Show when={session() === 'away'} fallback="Sign in to see the logs.">
      <span role="alert">
        The server does not answer.{' '}
        <button type="button" class="link" onClick={() => void checkSession()}>
          Try again
        </button>
      </span>
    </Show>
  )
}

function PasswordSignIn(props: { readonly linkProblem: string | null }): JSX.Element {
  const options = signInOptions()
  const form = createForm({ email: '', password: '' })
  const submit = (event: Event): void => {
    const { email, password } = form.texts()
    const checks = {
      email: needed(email, 'enter your address'),
      password: needed(password, 'enter your password'),
    }
    const send = (): Promise<unknown> => logIn({ email: email.trim(), password })
    void form.submit(event, checks, () => explained('password', send).then(enter))
  }
  return (
    <Gate title="Logboy" lead={<Lead />} note={<OtherWays />}>
      <Show when={options().sign_up === 'first'}>
        <p class="gate-first">
          Nobody has an account here yet.{' '}
          <Link class="link" href={gatePath(SIGN_UP_PATH, address())}>
            Create the first one
          </Link>
          : it administers the installation.
        </p>
      </Show>
      <form novalidate class="stack" onSubmit={submit}>
        <Field
          label="Email"
          type="email"
          autocomplete="username"
          autofocus
          {...form.field('email')}
        />
        <Field
          label="Password"
          type="password"
          autocomplete="current-password"
          {...form.field('password')}
        />
        <SignInButton busy={form.busy()} problem={form.problem() ?? props.linkProblem} />
        <p class="gate-links">
          <Link class="link" href={gatePath(FORGOTTEN_PATH, address())}>
            Forgotten password
          </Link>
          <Show when={options().sign_up === 'open'}>
            <Link class="link" href={gatePath(SIGN_UP_PATH, address())}>
              Create an account
            </Link>
          </Show>
        </p>
      </form>
    </Gate>
  )
}

function SignInButton(props: {
  readonly busy: boolean
  readonly problem: string | null
}): JSX.Element {
  return (
    <>
      <FormProblem problem={props.problem} />
      <button type="submit" class="button button-primary button-wide" disabled={props.busy}>
        {props.busy ? 'Signing in…' : 'Sign in'}
      </button>
    </>
  )
}

function OtherWays(): JSX.Element {
  const path = (): string => {
    const place = gatePath(SIGN_IN_PATH, address())
    return `${place}${place.includes('?') ? '&' : '?'}with=token`
  }
  return (
    <>
      You run this server?{' '}
      <Link class="link" href={path()}>
        Sign in with its token
      </Link>{' '}
      or by the link of <code>npx logboy sign-in</code>.
    </>
  )
}

function TokenSignIn(props: { readonly linkProblem: string | null }): JSX.Element {
  const form = createForm({ token: '' })
  const submit = (event: Event): void => {
    const token = form.texts().token.trim()
    const send = (): Promise<unknown> => signIn({ token })
    void form.submit(event, { token: needed(token, 'enter the token') }, () =>
      explained('token', send).then(enter),
    )
  }
  return (
    <Gate
      title="Logboy"
      lead={<Lead />}
      note={
        <>
          The token stands in <code>admin.token</code> in the server's data folder. Or run{' '}
          <code>npx logboy sign-in</code> there and open the link that it prints.
        </>
      }
    >
      <form novalidate class="stack" onSubmit={submit}>
        {/* Password managers file a secret under a name. */}
        <input
          class="off-screen"
          name="username"
          autocomplete="username"
          value="administrator"
          readonly
          tabIndex={-1}
          aria-hidden="true"
        />
        <Field
          label="Admin token"
          type="password"
          autocomplete="current-password"
          autofocus
          {...form.field('token')}
        />
        <SignInButton busy={form.busy()} problem={form.problem() ?? props.linkProblem} />
        <p class="gate-links">
          <Link class="link" href={gatePath(SIGN_IN_PATH, address())}>
            Sign in with an account
          </Link>
        </p>
      </form>
    </Gate>
  )
}

/** Fails with words that people understand. */
async function explained(by: Way, send: () => Promise<unknown>): Promise<void> {
  try {
    await send()
  } catch (error) {
    throw new Error(explain(error as Error, by))
  }
}

function explain(error: Error, by: Way): string {
  const status = error instanceof ApiError ? error.status : 0
  if (status === 0) return 'The server does not answer. Is it running?'
  if (status === 429) return `Too many attempts: ${error.message}`
  if (status !== 401) return `The server could not do it: ${error.message}`
  if (by === 'password') return 'Email or password is wrong.'
  return by === 'token'
    ? 'This is not the admin token of this server.'
    : 'This link was used already or is too old. Make a new one with npx logboy sign-in.'
}
