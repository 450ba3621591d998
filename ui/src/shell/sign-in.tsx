import { createSignal, type JSX, onMount, Show } from 'solid-js'
import { ApiError } from '../api/client.ts'
import { type Credentials, logIn, signIn } from '../api/sessions.ts'
import { Field, FormProblem } from '../kit/field.tsx'
import { createForm, needed } from '../kit/form.ts'
import { address, moveTo } from './address.ts'
import { Gate } from './gate.tsx'
import { Link } from './link.tsx'
import { FORGOTTEN_PATH, gatePath, nextPlace, SIGN_IN_PATH, SIGN_UP_PATH } from './next-place.ts'
import { checkSession, session } from './session.ts'
import { signInOptions } from './sign-in-options.ts'

/** With an account; or as the installation's administrator, by a link or the server's token. */
export function SignIn(): JSX.Element {
  const params = (): URLSearchParams => new URLSearchParams(address().search)
  const ticket = params().get('ticket')
  const [problem, setProblem] = createSignal<string | null>(null)
  onMount(async () => {
    if (ticket === null) return
    try {
      await enterBy({ ticket })
    } catch (error) {
      setProblem(explain(error as Error, 'ticket'))
      // Whoever opens an old link is perhaps signed in already.
      await checkSession()
    }
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

async function enterBy(credentials: Credentials): Promise<void> {
  await signIn(credentials)
  await enter()
}

/** The session is there: on to the page that was wanted. */
export async function enter(): Promise<void> {
  const { path, search } = address()
  await checkSession()
  if (!path.startsWith(SIGN_IN_PATH) && !path.startsWith(SIGN_UP_PATH)) return
  const [nextPath = '', query = ''] = nextPlace(search).split(/(?=\?)/)
  moveTo(nextPath, query, { replace: true })
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
  const [email, setEmail] = createSignal('')
  const [password, setPassword] = createSignal('')
  const options = signInOptions()
  const form = createForm(['email', 'password'])
  const submit = (event: Event): void => {
    const checks = {
      email: needed(email(), 'enter your address'),
      password: needed(password(), 'enter your password'),
    }
    void form.submit(event, checks, async () => {
      try {
        await logIn({ email: email().trim(), password: password() })
      } catch (error) {
        throw new Error(explain(error as Error, 'password'))
      }
      await enter()
    })
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
      <form class="stack" onSubmit={submit}>
        <Field
          label="Email"
          name="email"
          type="email"
          autocomplete="username"
          autofocus
          value={email()}
          problem={form.fieldProblem('email')}
          onInput={value => {
            setEmail(value)
            form.touch('email')
          }}
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autocomplete="current-password"
          value={password()}
          problem={form.fieldProblem('password')}
          onInput={value => {
            setPassword(value)
            form.touch('password')
          }}
        />
        <FormProblem problem={form.problem() ?? props.linkProblem} />
        <button type="submit" class="button button-primary button-wide" disabled={form.busy()}>
          {form.busy() ? 'Signing in…' : 'Sign in'}
        </button>
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
  const [token, setToken] = createSignal('')
  const form = createForm(['token'])
  const submit = (event: Event): void => {
    const checks = { token: needed(token(), 'enter the token') }
    void form.submit(event, checks, async () => {
      try {
        await enterBy({ token: token().trim() })
      } catch (error) {
        throw new Error(explain(error as Error, 'token'))
      }
    })
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
      <form class="stack" onSubmit={submit}>
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
          name="token"
          type="password"
          autocomplete="current-password"
          autofocus
          value={token()}
          problem={form.fieldProblem('token')}
          onInput={value => {
            setToken(value)
            form.touch('token')
          }}
        />
        <FormProblem problem={form.problem() ?? props.linkProblem} />
        <button type="submit" class="button button-primary button-wide" disabled={form.busy()}>
          {form.busy() ? 'Signing in…' : 'Sign in'}
        </button>
        <p class="gate-links">
          <Link class="link" href={gatePath(SIGN_IN_PATH, address())}>
            Sign in with an account
          </Link>
        </p>
      </form>
    </Gate>
  )
}

function explain(error: Error, by: 'password' | 'token' | 'ticket'): string {
  const status = error instanceof ApiError ? error.status : 0
  if (status === 0) return 'The server does not answer. Is it running?'
  if (status === 429) return `Too many attempts: ${error.message}`
  if (status !== 401) return `The server could not do it: ${error.message}`
  if (by === 'password') return 'Email or password is wrong.'
  return by === 'token'
    ? 'This is not the admin token of this server.'
    : 'This link was used already or is too old. Make a new one with npx logboy sign-in.'
}
