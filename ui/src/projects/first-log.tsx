import { createMemo, createSignal, For, type JSX, onCleanup, Show } from 'solid-js'
import type { Row } from '#proto/api.ts'
import type { ProjectAccess } from '#proto/people.ts'
import { searchLogs } from '../api/logs.ts'
import { browserClock, every } from '../clock.ts'
import { CopyButton } from '../kit/copy-button.tsx'
import { Icon } from '../kit/icon.tsx'
import { Ago } from '../kit/moment.tsx'
import { watch } from '../kit/reactive.ts'
import { toast } from '../kit/toast.tsx'
import { Link } from '../shell/link.tsx'
import { whyNot } from './permissions-model.ts'
import { addIngestKey, ingestKeys } from './projects.ts'
import { KEY_PLACEHOLDER, type Snippet, snippets } from './snippets-model.ts'

/** Between two looks for the first log. */
const LOOK_MS = 1000

/** How to send a first log, ready to paste; turns green when it has arrived. */
export function FirstLog(props: {
  readonly project: ProjectAccess
  readonly title?: string
}): JSX.Element {
  const [chosen, setChosen] = createSignal<Snippet['id']>('curl')
  const key = createMemo(() => ingestKeys()[props.project.id] ?? null)
  const all = createMemo(() =>
    snippets({
      origin: location.origin,
      project: props.project.name,
      key: key() ?? KEY_PLACEHOLDER,
    }),
  )
  const snippet = createMemo(() => all().find(({ id }) => id === chosen()) as Snippet)
  return (
    <div class="first-log">
      <Show when={props.title}>
        <h2>{props.title}</h2>
      </Show>
      <KeyNote project={props.project} known={key() !== null} />
      <div class="tabs" role="tablist" aria-label="Ways to send logs">
        <For each={all()}>
          {({ id, title }) => (
            <button
              type="button"
              role="tab"
              class="tab"
              aria-selected={chosen() === id}
              onClick={() => setChosen(id)}
            >
              {title}
            </button>
          )}
        </For>
      </div>
      <div class="snippet">
        <pre tabindex="0">{snippet().code}</pre>
        <CopyButton text={snippet().code} what="Command" />
      </div>
      <p class="faint">{snippet().note}</p>
      <Arrival project={props.project} />
    </div>
  )
}

function KeyNote(props: { readonly project: ProjectAccess; readonly known: boolean }): JSX.Element {
  const [busy, setBusy] = createSignal(false)
  const makeKey = (): void => {
    setBusy(true)
    addIngestKey(props.project)
      .catch((error: Error) => toast(error.message))
      .finally(() => setBusy(false))
  }
  return (
    <p>
      <Show
        when={props.known}
        fallback={
          <>
            Put one of the project's ingest keys into the command, or{' '}
            <button
              type="button"
              class="link"
              disabled={busy() || whyNot(props.project, 'keys') !== undefined}
              title={whyNot(props.project, 'keys')}
              onClick={makeKey}
            >
              create a new key
            </button>
            .
          </>
        }
      >
        The key below may send logs to this project. It is shown only now: keep it where you keep
        secrets.
      </Show>
    </p>
  )
}

/** Waits for the first log of the project, and shows it. */
function Arrival(props: { readonly project: ProjectAccess }): JSX.Element {
  const first = createNewest(() => props.project.id)
  return (
    <div
      class="arrival"
      classList={{ 'arrival-good': first() !== null }}
      role="status"
      aria-live="polite"
    >
      <Show
        when={first()}
        fallback={
          <>
            <span class="live-dot" /> Waiting for the first log…
          </>
        }
      >
        {row => (
          <>
            <Icon name="check" />
            <div class="arrival-row">
              <b>Logs arrive.</b>{' '}
              <span class="soft">
                The newest, <Ago at={row().time} />:
              </span>
              <code>
                {row().level} {row().service} {row().message}
              </code>
            </div>
            <Link
              class="button button-primary"
              href={`/explore?project=${encodeURIComponent(props.project.id)}&live=1`}
            >
              Open in Explore
            </Link>
          </>
        )}
      </Show>
    </div>
  )
}

/** The newest log of a project, looked for until there is one. */
function createNewest(projectId: () => string): () => Row | null {
  const [row, setRow] = createSignal<Row | null>(null)
  watch(projectId, project => {
    setRow(null)
    const abort = new AbortController()
    onCleanup(() => abort.abort())
    let looking = false
    const look = async (): Promise<void> => {
      if (looking || document.hidden) return
      looking = true
      try {
        const wish = { project, limit: 1, include: ['logs'] as const }
        const [newest] = (await searchLogs(wish, abort.signal)).logs
        if (newest !== undefined) {
          setRow(newest)
          stop()
        }
      } catch {
        // The next look may fare better; who is not allowed sees no log.
      }
      looking = false
    }
    const stop = every(browserClock, LOOK_MS, () => void look())
    onCleanup(stop)
    void look()
  })
  return row
}
