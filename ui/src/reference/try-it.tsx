import { createSignal, For, type JSX, Show } from 'solid-js'
import { type ReferenceRoute, requestPath } from './reference-model.ts'

/** Longer answers are cut: a page is no place to read them. */
const SHOWN_CHARS_MAX = 100_000

interface Tried {
  readonly status: string
  readonly text: string
}

/** Sends a request with the session of this browser, and shows what comes back. */
export function TryIt(props: { readonly route: ReferenceRoute }): JSX.Element {
  const [values, setValues] = createSignal<Readonly<Record<string, string>>>({})
  const [body, setBody] = createSignal('{}')
  const [tried, setTried] = createSignal<Tried | null>(null)
  const [busy, setBusy] = createSignal(false)
  const fields = () => props.route.parameters.filter(each => each.in !== 'header')
  const send = async (event: Event): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setTried(await request(props.route, values(), body()))
    setBusy(false)
  }
  return (
    <form class="reference-try" onSubmit={event => void send(event)}>
      <h3>Try it</h3>
      <For each={fields()}>
        {({ name, required }) => (
          <label class="labelled">
            <span>{name}</span>
            <input
              class="field"
              required={required}
              value={values()[name] ?? ''}
              onInput={({ currentTarget }) =>
                setValues(known => ({ ...known, [name]: currentTarget.value }))
              }
            />
          </label>
        )}
      </For>
      <Show when={props.route.body !== null}>
        <label class="labelled">
          <span>Body</span>
          <textarea
            class="field reference-json"
            rows={4}
            spellcheck={false}
            value={body()}
            onInput={event => setBody(event.currentTarget.value)}
          />
        </label>
      </Show>
      <button type="submit" class="button" disabled={busy()}>
        {busy() ? 'Sending…' : `Send ${props.route.method}`}
      </button>
      <Show when={tried()}>
        {answer => (
          <div class="reference-answer" role="status">
            <p>
              <code>{answer().status}</code>
            </p>
            <pre>{answer().text}</pre>
          </div>
        )}
      </Show>
    </form>
  )
}

async function request(
  route: ReferenceRoute,
  values: Readonly<Record<string, string>>,
  body: string,
): Promise<Tried> {
  try {
    const reply = await fetch(requestPath(route, values), {
      method: route.method,
      credentials: 'same-origin',
      ...(route.body === null ? {} : { body, headers: { 'content-type': 'application/json' } }),
    })
    return {
      status: `${reply.status} ${reply.statusText}`,
      text: readable(await reply.text()).slice(0, SHOWN_CHARS_MAX),
    }
  } catch (error) {
    return { status: 'no answer', text: (error as Error).message }
  }
}

/** JSON with its lines; numbers that JavaScript would round stay as they came. */
function readable(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text)
    return /\d{16}/.test(text) ? text : JSON.stringify(parsed, null, 2)
  } catch {
    return text
  }
}
