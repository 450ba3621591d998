import { type Accessor, createSignal, type JSX, onMount, Show } from 'solid-js'
import { ApiError } from '../api/client.ts'
import { type Credentials, signIn } from '../api/sessions.ts'
import { Icon, Logo } from '../kit/icon.tsx'
import { address, moveTo } from './address.ts'
import { checkSession, enterSession, session } from './session.ts'

export const SIGN_IN_PATH = '/sign-in'

interface SignInForm {
  readonly busy: Accessor<boolean>
  readonly problem: Accessor<string | null>
  readonly enter: (credentials: Credentials) => Promise<void>
}

function createSignInForm(): SignInForm {
  const [busy, setBusy] = createSignal(false)
  const [problem, setProblem] = createSignal<string | null>(null)
  const enter = async (credentials: Credentials): Promise<void> => {
    setBusy(true)
    setProblem(null)
    try {
      await signIn(credentials)
      if (address().path === SIGN_IN_PATH) moveTo('/explore', '', { replace: true })
      enterSession()
    } catch (error) {
      setProblem(explain(error as Error, 'ticket' in credentials))
      // Whoever opens an old link is perhaps signed in already.
      if ('ticket' in credentials) await checkSession()
    }
    setBusy(false)
  }
  return { busy, problem, enter }
}

/** By the link that the server or `logboy sign-in` prints, or with the admin token. */
export function SignIn(): JSX.Element {
  const [token, setToken] = createSignal('')
  const { busy, problem, enter } = createSignInForm()
  const ticket = new URLSearchParams(address().search).get('ticket')
  onMount(() => {
    if (ticket !== null) void enter({ ticket })
  })
  const submit = (event: Event): void => {
    event.preventDefault()
    if (token().trim() !== '') void enter({ token: token().trim() })
  }
  return (
    <main class="gate">
      <form class="gate-card" onSubmit={submit}>
        <div class="gate-brand">
          <Logo />
          <h1>Logboy</h1>
        </div>
        <Show when={session() === 'away'} fallback={<p>Sign in to see the logs.</p>}>
          <p role="alert">
            The server does not answer.{' '}
            <button type="button" class="link" onClick={() => void checkSession()}>
              Try again
            </button>
          </p>
        </Show>
        <TokenField token={token()} wrong={problem() !== null} onToken={setToken} />
        <Show when={problem()}>
          {words => (
            <p class="gate-problem" role="alert">
              <Icon name="warning" />
              {words()}
            </p>
          )}
        </Show>
        <button
          type="submit"
          class="button button-primary button-wide"
          disabled={busy() || token().trim() === ''}
        >
          {busy() ? 'Signing in…' : 'Sign in'}
        </button>
        <p class="gate-note" id="sign-in-note">
          The token stands in <code>admin.token</code> in the server's data folder. Or run{' '}
          <code>npx logboy sign-in</code> there and open the link that it prints.
        </p>
      </form>
    </main>
  )
}

function TokenField(props: {
  readonly token: string
  readonly wrong: boolean
  readonly onToken: (token: string) => void
}): JSX.Element {
  return (
    <>
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
      <label class="labelled">
        <span>Admin token</span>
        <input
          class="field"
          type="password"
          name="token"
          autocomplete="current-password"
          autofocus
          aria-invalid={props.wrong}
          aria-describedby="sign-in-note"
          value={props.token}
          onInput={event => props.onToken(event.currentTarget.value)}
        />
      </label>
    </>
  )
}

function explain(error: Error, byTicket: boolean): string {
  const status = error instanceof ApiError ? error.status : 0
  if (status === 0) return 'The server does not answer. Is it running?'
  if (status >= 500) return `The server could not do it: ${error.message}`
  return byTicket
    ? 'This link was used already or is too old. Make a new one with npx logboy sign-in.'
    : 'This is not the admin token of this server.'
}
