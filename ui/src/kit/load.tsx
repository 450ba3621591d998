import { type Accessor, createSignal, type JSX, Match, onCleanup, Switch } from 'solid-js'
import { ApiError } from '../api/client.ts'
import { Icon } from './icon.tsx'
import { watch } from './reactive.ts'

export interface Load<T> {
  /** The last answer; it stays while the next one is on its way. */
  readonly value: Accessor<T | null>
  readonly problem: Accessor<Error | null>
  readonly busy: Accessor<boolean>
  readonly reload: () => void
  readonly setValue: (value: T) => void
}

/** Fetches with each new `source`, never two answers in the wrong order; null fetches nothing. */
export function createLoad<Source, T>(
  source: Accessor<Source | null>,
  fetch: (source: Source, signal: AbortSignal) => Promise<T>,
): Load<T> {
  const [value, setValue] = createSignal<T | null>(null)
  const [problem, setProblem] = createSignal<Error | null>(null)
  const [busy, setBusy] = createSignal(false)
  const [asked, setAsked] = createSignal(0)
  watch(
    () => [source(), asked()] as const,
    ([wanted]) => {
      if (wanted === null) return
      const abort = new AbortController()
      onCleanup(() => abort.abort())
      setBusy(true)
      fetch(wanted, abort.signal).then(
        found => {
          if (abort.signal.aborted) return
          setValue(() => found)
          setProblem(null)
          setBusy(false)
        },
        (error: Error) => {
          if (abort.signal.aborted) return
          setProblem(error)
          setBusy(false)
        },
      )
    },
  )
  return {
    value,
    problem,
    busy,
    reload: () => setAsked(asked() + 1),
    setValue: found => setValue(() => found),
  }
}

/** What was loaded, or why it is not there. */
export function Loaded<T>(props: {
  readonly load: Load<T>
  /** What it is, for the words of the failure: `The keys`. */
  readonly what: string
  readonly children: (value: Accessor<T>) => JSX.Element
}): JSX.Element {
  return (
    <Switch
      fallback={
        <div class="skeleton" role="status" aria-label={`Loading ${props.what.toLowerCase()}`}>
          <i />
          <i />
          <i />
        </div>
      }
    >
      <Match when={props.load.value() === null && props.load.problem()}>
        {problem => (
          <Failure
            title={`${props.what} cannot be shown`}
            error={problem()}
            onRetry={props.load.reload}
          />
        )}
      </Match>
      {/* A box, because what is loaded may itself be nothing much. */}
      <Match when={props.load.value() !== null}>
        {props.children(() => props.load.value() as T)}
      </Match>
    </Switch>
  )
}

export function Failure(props: {
  readonly title: string
  readonly error: Error
  readonly onRetry: () => void
}): JSX.Element {
  const forbidden = (): boolean => props.error instanceof ApiError && props.error.status === 403
  return (
    <div class="empty empty-error" role="alert">
      <Icon name="warning" />
      <h2>{props.title}</h2>
      <p>{props.error.message}</p>
      <button type="button" class="button" hidden={forbidden()} onClick={() => props.onRetry()}>
        <Icon name="refresh" />
        Try again
      </button>
    </div>
  )
}
