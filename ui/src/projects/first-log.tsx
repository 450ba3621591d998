import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import type { Project } from '#proto/api.ts'
import { CopyButton } from '../kit/copy-button.tsx'
import { toast } from '../kit/toast.tsx'
import { addIngestKey, ingestKeys } from './projects.ts'
import { KEY_PLACEHOLDER, type Snippet, snippets } from './snippets-model.ts'

/** A project without logs: how to send the first one, which then appears by itself. */
export function FirstLog(props: {
  readonly project: Project
  readonly live: boolean
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
  const makeKey = (): void => {
    addIngestKey(props.project).catch((error: Error) => toast(error.message))
  }
  return (
    <div class="first-log">
      <h2>Send the first log to {props.project.name}</h2>
      <p>
        <Show
          when={key()}
          fallback={
            <>
              This project has no logs yet. Put one of its ingest keys into the command, or{' '}
              <button type="button" class="link" onClick={makeKey}>
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
        <pre>{snippet().code}</pre>
        <CopyButton text={snippet().code} what="Command" />
      </div>
      <p class="faint">{snippet().note}</p>
      <p class="first-log-wait" role="status">
        <Show
          when={props.live}
          fallback={<>Switch on live (l) and the first log appears here by itself.</>}
        >
          <span class="live-dot" /> Waiting for the first log…
        </Show>
      </p>
    </div>
  )
}
